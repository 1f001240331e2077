/** How the server is started: the program, its arguments and its environment. */

import * as os from 'node:os';
import * as path from 'node:path';
import type { Interpreter } from './python';

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A folder of ours: programs and modules are not to be found in the workspace by accident. */
  readonly cwd: string;
}

/** The server that travels with the extension, its libraries ahead of all that the Python has itself. */
export function bundledServer(python: Interpreter, extension: string, env: NodeJS.ProcessEnv): Launch {
  const [program, ...args] = python.command;
  const libraries = path.join(extension, 'bundled', 'libs');
  return {
    program,
    // -P: what lies in the working folder never comes before the libraries (Python 3.11).
    args: [...args, '-P', '-m', 'layerg_pin', 'lsp'],
    env: { ...env, PYTHONPATH: libraries },
    cwd: extension,
  };
}

/** The server that the setting `layergPin.serverPath` names. */
export function ownServer(serverPath: string, extension: string, env: NodeJS.ProcessEnv): Launch {
  return { program: expandHome(serverPath), args: ['lsp'], env, cwd: extension };
}

/** A path as a person writes it, with `~` for the home folder. */
export function expandHome(file: string, home: string = os.homedir()): string {
  return file === '~' || /^~[/\\]/.test(file) ? path.join(home, file.slice(1)) : file;
}
