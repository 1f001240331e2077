/** Find the Python installations of a machine: on PATH, and where installers put them without changing PATH. */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Command } from './python';

/** The parts of a machine that the search reads. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether a file exists. */
  exists(file: string): boolean;
  /** The names in a folder; none if it cannot be read. */
  names(folder: string): string[];
}

const VERSIONED = ['3.14', '3.13', '3.12', '3.11'].map(version => `python${version}`);
const CONDA = ['miniforge3', 'miniconda3', 'anaconda3'];

/** The machine on which the extension runs. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    home: os.homedir(),
    env: process.env,
    // Not `stat`, which fails for the aliases in the folder WindowsApps.
    exists: fs.existsSync,
    names: folder => {
      try {
        return fs.readdirSync(folder);
      } catch {
        return [];
      }
    },
  };
}

/**
 * The commands of the installed Pythons, in the order in which to try them. Their programs are absolute paths, so that
 * nothing depends on the working folder.
 */
export function installations(machine: Machine): Command[] {
  const files = machine.platform === 'win32' ? onWindows(machine) : onPosix(machine);
  return files.filter(([program]) => isAbsolute(machine, program) && machine.exists(program));
}

/** The absolute path of a program that is named without a folder; the name itself if it is not on PATH. */
export function located(machine: Machine, name: string): string {
  if (/[/\\]/.test(name) || name === '') {
    return name;
  }
  const file = machine.platform === 'win32' && !/\.exe$/i.test(name) ? `${name}.exe` : name;
  return named(machine, [file], onPath(machine)).find(each => machine.exists(each)) ?? name;
}

function onWindows(machine: Machine): Command[] {
  const { env, home } = machine;
  const join = (...parts: string[]) => path.win32.join(...parts);
  const local = env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
  const roaming = env['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  const programs = join(local, 'Programs', 'Python');
  const folders = onPath(machine);
  const launchers = [...folders, env['SYSTEMROOT'] ?? 'C:\\Windows', join(programs, 'Launcher')];
  // The shims of pyenv-win are batch files, which cannot be started without cmd.
  const pyenv = env['PYENV_ROOT'] || env['PYENV'] || join(home, '.pyenv', 'pyenv-win');
  return [
    ...launchers.map((folder): Command => [join(folder, 'py.exe'), '-3']),
    ...[
      ...named(machine, ['python3', 'python', ...VERSIONED], [...folders, join(home, '.local', 'bin')]),
      ...versions(machine, programs, 'python'),
      ...versions(machine, join(local, 'Python'), 'python'),
      ...versions(machine, join(pyenv, 'versions'), 'python'),
      ...versions(machine, env['UV_PYTHON_INSTALL_DIR'] || join(roaming, 'uv', 'python'), 'python'),
      ...[home, local, env['PROGRAMDATA'] ?? 'C:\\ProgramData'].flatMap(folder =>
        CONDA.map(name => join(folder, name, 'python')),
      ),
    ].map((file): Command => [`${file}.exe`]),
  ];
}

function onPosix(machine: Machine): Command[] {
  const { env, home } = machine;
  const join = (...parts: string[]) => path.posix.join(...parts);
  const data = env['XDG_DATA_HOME'] || join(home, '.local', 'share');
  // An editor that is started from the Dock may not have the shell's PATH.
  const brew = machine.platform === 'darwin' ? ['/opt/homebrew/bin', '/usr/local/bin'] : [];
  const folders = [...onPath(machine), join(home, '.local', 'bin'), ...brew];
  return [
    // python3 may be the system's old one, and a newer one may exist only with its version in the name.
    ...named(machine, ['python3', 'python', ...VERSIONED], folders),
    ...versions(machine, join(env['PYENV_ROOT'] || join(home, '.pyenv'), 'versions'), 'bin/python3'),
    ...versions(machine, env['UV_PYTHON_INSTALL_DIR'] || join(data, 'uv', 'python'), 'bin/python3'),
    ...CONDA.map(name => join(home, name, 'bin', 'python3')),
  ].map((file): Command => [file]);
}

/** The folders of PATH, without those that depend on the working folder. */
function onPath(machine: Machine): string[] {
  const folders = (machine.env['PATH'] ?? '').split(system(machine).delimiter);
  return folders.map(each => each.replace(/^"(.*)"$/, '$1')).filter(each => isAbsolute(machine, each));
}

/** The first name in each folder, then the second in each. */
function named(machine: Machine, names: readonly string[], folders: readonly string[]): string[] {
  const files = names.flatMap(name => folders.map(folder => system(machine).join(folder, name)));
  return [...new Set(files)];
}

/** A file in each folder of a folder that has one for each version, the newest first. */
function versions(machine: Machine, folder: string, file: string): string[] {
  const newestFirst = new Intl.Collator('en', { numeric: true }).compare;
  const names = machine.names(folder).sort((one, other) => newestFirst(other, one));
  return names.map(name => system(machine).join(folder, name, file));
}

function isAbsolute(machine: Machine, file: string): boolean {
  // On Windows `\bin` is on the drive of the working folder.
  return machine.platform === 'win32' ? path.win32.parse(file).root.length > 2 : path.posix.isAbsolute(file);
}

function system(machine: Machine): path.PlatformPath {
  return machine.platform === 'win32' ? path.win32 : path.posix;
}
