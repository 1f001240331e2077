import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { installations, thisMachine } from '../../src/installations';
import { bundledServer, ownServer } from '../../src/launch';
import { prober, startServer } from '../../src/processes';
import { findPython } from '../../src/python';

/** A Python with layerg-pin, which `make test` and `make test-windows` name. */
const PYTHON = process.env['LAYERG_PIN_TEST_PYTHON'];
const NO_PYTHON = 'LAYERG_PIN_TEST_PYTHON names no Python: run these tests with make test-client';
const ON_WINDOWS = process.platform === 'win32';

let root: string;

before(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'Jürgen Müller 世界 '));
});

after(() => {
  fs.rmSync(root, { recursive: true });
});

function folder(name: string): string {
  const made = path.join(root, name);
  fs.mkdirSync(made, { recursive: true });
  return made;
}

/** Make a program, on POSIX a script, and on Windows an empty file. */
function program(file: string, script: string): void {
  fs.writeFileSync(ON_WINDOWS ? `${file}.exe` : file, ON_WINDOWS ? '' : script, { mode: 0o755 });
}

/** A folder with a program that only says how to install Python, as in the Store's folder WindowsApps. */
function storeStub(): string {
  if (ON_WINDOWS) {
    return path.join(process.env['LOCALAPPDATA'] ?? '', 'Microsoft', 'WindowsApps');
  }
  const made = folder('WindowsApps');
  program(path.join(made, 'python'), '#!/bin/sh\necho Python was not found >&2\nexit 49\n');
  return made;
}

/** A folder with a Python that runs another one. */
function pythonIn(python: string): string {
  if (ON_WINDOWS) {
    const made = path.join(root, 'Python 3');
    const code = 'import sys, venv; venv.create(sys.argv[1], system_site_packages=True)';
    execFileSync(python, ['-c', code, made]);
    return path.join(made, 'Scripts');
  }
  const made = folder('Python 3');
  program(path.join(made, 'python'), `#!/bin/sh\nexec '${python}' "$@"\n`);
  return made;
}

/** Send messages to a server, and wait until it ends. Returns its output. */
async function outputOf(server: Awaited<ReturnType<typeof startServer>>, messages: readonly object[]): Promise<string> {
  let output = '';
  server.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  for (const message of messages) {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  assert.equal(await server.ended, 'it exited with code 0');
  return output;
}

const SESSION = [
  { id: 1, method: 'initialize', params: { processId: process.pid, rootUri: null, capabilities: {} } },
  { method: 'initialized', params: {} },
  { id: 2, method: 'shutdown' },
  { method: 'exit' },
];

test('a Python is found after programs on PATH that are not Python, and its server answers', async () => {
  assert.ok(PYTHON, NO_PYTHON);
  const [empty, stub, good] = [folder('no program'), storeStub(), pythonIn(PYTHON)];
  program(path.join(empty, 'python3'), '');
  const machine = thisMachine();
  const PATH = [stub, empty, good].join(path.delimiter);
  const installed = installations({ ...machine, env: { ...machine.env, PATH } });
  const extension = folder('extension');
  for (const other of installed.filter(([file]) => [empty, stub].includes(path.dirname(file)))) {
    await assert.rejects(prober(extension)(other), /Python was not found|it is not Python|spawn/, other[0]);
  }
  const python = await findPython({ setting: '', chosen: undefined, installed }, prober(extension));
  assert.deepEqual(python.command, [path.join(good, ON_WINDOWS ? 'python.exe' : 'python')]);
  const server = await startServer(bundledServer(python, extension, process.env));
  const output = await outputOf(server, SESSION);
  assert.match(output, /"id": ?1\b/);
  assert.match(output, /"codeActionProvider"/);
});

test('what a Python says before it ends is read, whatever the encoding of the system', async () => {
  assert.ok(PYTHON, NO_PYTHON);
  const env = { ...process.env, LC_ALL: 'C', PYTHONCOERCECLOCALE: '0', PYTHONUTF8: '0' };
  const args = ['-c', 'exit("J\\xfcrgen \\u4e16\\u754c")'];
  const server = await startServer({ program: PYTHON, args, env, cwd: root });
  assert.equal(await server.ended, 'it exited with code 1: Jürgen 世界');
});

test('a program that cannot be started is named', async () => {
  const file = path.join(root, 'empty.exe');
  fs.writeFileSync(file, '');
  // Node.js throws some of these errors and emits the others; on POSIX it throws the one of the last path.
  for (const each of [file, path.join(root, 'missing.exe'), path.join(file, 'layerg-pin.exe')]) {
    await assert.rejects(startServer(ownServer(each, root, process.env)), (error: Error) =>
      error.message.startsWith(`${each} cannot be started: spawn `),
    );
  }
});
