/** Programs are run here and nowhere else. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import type { Launch } from './launch';
import type { Command, Probe } from './python';

const PROBE_MILLISECONDS = 10_000;
const VERSION = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
const KEPT_LINES = 20;

/** Ask a Python for its version; `cwd` is a folder in which nobody leaves modules. */
export function prober(cwd: string): Probe {
  return async ([program, ...args]) => {
    await refuseStub(program);
    // Python's install manager for Windows must not install one.
    const env = { ...process.env, PYTHON_MANAGER_AUTOMATIC_INSTALL: 'false' };
    const version = await output([program, ...args, '-c', VERSION], { cwd, env });
    if (!/^\d+\.\d+\.\d+$/.test(version)) {
      throw new Error('it is no Python');
    }
    return version;
  };
}

/** Reject where a program is Apple's stub, and would ask the user to install the developer tools that it needs. */
async function refuseStub(program: string): Promise<void> {
  if (isStub(program, process.platform)) {
    await output(['/usr/bin/xcode-select', '-p'], {}).catch((error: unknown) => {
      throw new Error('the developer tools of Xcode are not installed', { cause: error });
    });
  }
}

/** Whether a program is in the folder where macOS has stubs, directly or by a link. */
export function isStub(program: string, platform: NodeJS.Platform, realpath = fs.realpathSync): boolean {
  if (platform !== 'darwin') {
    return false;
  }
  try {
    return realpath(program).startsWith('/usr/bin/');
  } catch {
    return false; // it is not there
  }
}

/** What a program writes to standard output, without the spaces around it. */
function output([program, ...args]: Command, options: { cwd?: string; env?: NodeJS.ProcessEnv }): Promise<string> {
  return new Promise((resolve, reject) => {
    const all = { ...options, timeout: PROBE_MILLISECONDS, windowsHide: true };
    execFile(program, args, all, (error, stdout, stderr) => {
      if (error) {
        reject(new Error(stderr.trim().split('\n').at(-1) || error.message, { cause: error }));
      } else {
        resolve(stdout.trim());
      }
    });
  });
}

/** A process of the server, with the last that it wrote to standard error. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** How it ended, in words; settles once, and never rejects. */
  readonly ended: Promise<string>;
}

/** Start the server. Rejects where the program cannot be started at all. */
export async function startServer(launch: Launch): Promise<ServerProcess> {
  const child = spawn(launch.program, launch.args, { cwd: launch.cwd, env: launch.env, windowsHide: true });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', error => {
      reject(new Error(`${launch.program} cannot be started: ${error.message}`, { cause: error }));
    });
  });
  const last = new LastLines(KEPT_LINES);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    last.add(text);
  });
  child.stdin.on('error', () => {
    // It is gone: `ended` says so.
  });
  const ended = new Promise<string>(resolve => {
    // `close` and not `exit`: only then has all of standard error been read.
    child.once('close', (code, signal) => {
      resolve(howItEnded(code, signal, last.text));
    });
  });
  return { child, ended };
}

/** The end of a process in words, and its last line on standard error, which mostly says why. */
export function howItEnded(code: number | null, signal: string | null, stderr: string): string {
  const how = signal ? `it was killed by ${signal}` : `it exited with code ${code ?? 'unknown'}`;
  const why = stderr.trimEnd().split('\n').at(-1)?.trim();
  return why ? `${how}: ${why}` : how;
}

class LastLines {
  text = '';

  constructor(private readonly lines: number) {}

  add(text: string): void {
    this.text = (this.text + text).split('\n').slice(-this.lines).join('\n');
  }
}
