import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { installations, located, type Machine, thisMachine } from '../../src/installations';
import { prober } from '../../src/processes';

/** A machine with these files and no others. */
function machine(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, files: readonly string[]): Machine {
  const system = platform === 'win32' ? path.win32 : path.posix;
  const home = platform === 'win32' ? 'C:\\Users\\Jürgen Müller' : '/Users/jürgen müller';
  const names = (folder: string) => {
    const inside = files.filter(each => each.startsWith(folder + system.sep));
    return [...new Set(inside.map(each => each.slice(folder.length + 1).split(system.sep)[0] ?? ''))];
  };
  return { platform, home, env, exists: file => files.includes(file), names };
}

const found = (...args: Parameters<typeof machine>) => installations(machine(...args)).map(each => each.join(' '));

const USER = 'C:\\Users\\Jürgen Müller';
const ROAMING = `${USER}\\AppData\\Roaming`;
const LOCAL = `${USER}\\AppData\\Local`;

test("Windows' launcher comes first, on PATH or where installers put it", () => {
  const python = 'D:\\my python\\python.exe';
  const env = { PATH: '"D:\\my python";C:\\tools', SYSTEMROOT: 'C:\\Windows' };
  assert.deepEqual(found('win32', env, [python, 'C:\\tools\\py.exe']), ['C:\\tools\\py.exe -3', python]);
  assert.deepEqual(found('win32', env, [python, 'C:\\Windows\\py.exe']), ['C:\\Windows\\py.exe -3', python]);
  const own = `${LOCAL}\\Programs\\Python\\Launcher\\py.exe`;
  assert.deepEqual(found('win32', env, [python, own]), [`${own} -3`, python]);
});

test("a Python behind the Store's stub on PATH is found", () => {
  const stub = `${LOCAL}\\Microsoft\\WindowsApps`;
  const files = [`${stub}\\python.exe`, `${stub}\\python3.exe`, 'C:\\conda\\python.exe'];
  const expected = [`${stub}\\python3.exe`, `${stub}\\python.exe`, 'C:\\conda\\python.exe'];
  assert.deepEqual(found('win32', { PATH: `${stub};C:\\conda` }, files), expected);
});

test("pyenv-win's versions are found, its shims are not", () => {
  const pyenv = `${USER}\\.pyenv\\pyenv-win`;
  const files = ['3.9.13', '3.12.1', '3.11.9'].map(version => `${pyenv}\\versions\\${version}\\python.exe`);
  const env = { PATH: `${pyenv}\\shims` };
  const newestFirst = [files[1], files[2], files[0]];
  assert.deepEqual(
    found('win32', env, [`${pyenv}\\shims\\python.bat`, `${pyenv}\\shims\\python`, ...files]),
    newestFirst,
  );
  assert.deepEqual(found('win32', { PYENV: 'D:\\pyenv\\' }, ['D:\\pyenv\\versions\\3.12.1\\python.exe']), [
    'D:\\pyenv\\versions\\3.12.1\\python.exe',
  ]);
});

test('on Windows, installations of python.org, uv and conda are found without PATH', () => {
  const files = [
    `${LOCAL}\\Programs\\Python\\Python313\\python.exe`,
    `${LOCAL}\\Python\\pythoncore-3.14-64\\python.exe`,
    `${ROAMING}\\uv\\python\\cpython-3.12.5-windows-x86_64-none\\python.exe`,
    `${USER}\\miniconda3\\python.exe`,
    'C:\\ProgramData\\anaconda3\\python.exe',
  ];
  assert.deepEqual(found('win32', {}, files), files);
  const moved = 'D:\\uv\\cpython-3.12.5-windows-x86_64-none\\python.exe';
  assert.deepEqual(found('win32', { UV_PYTHON_INSTALL_DIR: 'D:\\uv' }, [moved]), [moved]);
});

test('on macOS, installations of Homebrew, pyenv, uv and conda are found without PATH', () => {
  const home = '/Users/jürgen müller';
  const files = [
    '/usr/bin/python3',
    `${home}/.local/bin/python3.12`,
    `${home}/.pyenv/versions/3.13.1/bin/python3`,
    `${home}/.pyenv/versions/3.9.1/bin/python3`,
    `${home}/.local/share/uv/python/cpython-3.12.5-macos-aarch64-none/bin/python3`,
    `${home}/miniforge3/bin/python3`,
  ];
  const env = { PATH: '/usr/bin:/bin' };
  assert.deepEqual(found('darwin', env, files), files);
  for (const brew of ['/opt/homebrew/bin/python3', '/usr/local/bin/python3']) {
    assert.deepEqual(found('darwin', env, [...files, brew]), ['/usr/bin/python3', brew, ...files.slice(1)]);
  }
});

test('the working folder is not searched', () => {
  const everywhere = (platform: NodeJS.Platform, PATH: string) =>
    installations({ ...machine(platform, { PATH, UV_PYTHON_INSTALL_DIR: 'uv' }, []), exists: () => true })
      .map(([program]) => program)
      .filter(program => !program.startsWith(platform === 'win32' ? 'C:\\' : '/'));
  assert.deepEqual(everywhere('win32', '.;;\\bin;C:bin;bin;"."'), []);
  assert.deepEqual(everywhere('linux', '.::bin:./bin'), []);
});

test('a program that the setting names without a folder is looked up on PATH', () => {
  const windows = machine('win32', { PATH: '.;C:\\a b' }, ['C:\\a b\\python3.exe', '.\\python.exe']);
  assert.equal(located(windows, 'python3'), 'C:\\a b\\python3.exe');
  assert.equal(located(windows, 'python3.EXE'), 'python3.EXE');
  assert.equal(located(windows, 'python'), 'python');
  assert.equal(located(windows, 'D:\\x\\python.exe'), 'D:\\x\\python.exe');
  const mac = machine('darwin', { PATH: '/opt/homebrew/bin' }, ['/opt/homebrew/bin/python3.13']);
  assert.equal(located(mac, 'python3.13'), '/opt/homebrew/bin/python3.13');
  assert.equal(located(mac, ''), '');
});

test('a Python of this machine runs even in a folder with blanks and other special characters', async () => {
  const [first] = installations(thisMachine());
  assert.ok(first);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'Jürgen Müller 世界 '));
  try {
    const code = `import sys, venv; venv.create(sys.argv[1], symlinks=sys.platform != "win32")`;
    execFileSync(first[0], [...first.slice(1), '-c', code, folder]);
    const program = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python3'];
    assert.match(await prober(folder)([path.join(folder, ...program)]), /^3\.\d+\.\d+$/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
