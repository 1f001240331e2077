/** The program, arguments and environment with which the server is started. */

import * as os from 'node:os';
import * as path from 'node:path';
import type { Interpreter } from './python';

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The extension's folder, so that programs and modules in the workspace are never found. */
  readonly cwd: string;
}

/** The bundled server. Its libraries precede those that are installed in the Python. */
export function bundledServer(python: Interpreter, extension: string, env: NodeJS.ProcessEnv): Launch {
  const [program, ...args] = python.command;
  const libraries = path.join(extension, 'bundled', 'libs');
  return {
    program,
    // -P: do not import modules from the working folder (Python 3.11).
    args: [...args, '-P', '-m', 'layerg_pin', 'lsp'],
    env: { ...env, PYTHONPATH: libraries },
    cwd: extension,
  };
}

/** The server that the setting `layergPin.serverPath` names. */
export function ownServer(serverPath: string, extension: string, env: NodeJS.ProcessEnv): Launch {
  return { program: expandHome(serverPath), args: ['lsp'], env, cwd: extension };
}

/** Replace `~` at the start of a path by the home folder. */
export function expandHome(file: string, home: string = os.homedir()): string {
  return file === '~' || /^~[/\\]/.test(file) ? path.join(home, file.slice(1)) : file;
}
