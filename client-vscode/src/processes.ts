/** Run programs; no other file does. */

import { type ChildProcess, type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import type { Launch } from './launch';
import type { Command, Probe } from './python';

const PROBE_MILLISECONDS = 10_000;
const VERSION = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
const KEPT_LINES = 20;
/** Otherwise Python writes to pipes in the encoding of the system, on Windows for example cp1252. */
const IN_UTF8 = { PYTHONIOENCODING: 'utf-8' };

/** A function that asks a Python for its version. `cwd` is a folder that contains no Python modules. */
export function prober(cwd: string): Probe {
  return async ([program, ...args]) => {
    await refuseStub(program);
    // Python's install manager for Windows must not install a Python.
    const env = { ...process.env, ...IN_UTF8, PYTHON_MANAGER_AUTOMATIC_INSTALL: 'false' };
    const version = await output([program, ...args, '-c', VERSION], { cwd, env });
    if (!/^\d+\.\d+\.\d+$/.test(version)) {
      throw new Error('it is not Python');
    }
    return version;
  };
}

/** Reject if a program is Apple's stub, which would ask the user to install the developer tools. */
async function refuseStub(program: string): Promise<void> {
  if (isStub(program, process.platform)) {
    await output(['/usr/bin/xcode-select', '-p'], {}).catch((error: unknown) => {
      throw new Error('the developer tools of Xcode are not installed', { cause: error });
    });
  }
}

/** Whether a program is in the folder of macOS's stubs, directly or through a link. */
export function isStub(program: string, platform: NodeJS.Platform, realpath = fs.realpathSync): boolean {
  if (platform !== 'darwin') {
    return false;
  }
  try {
    return realpath(program).startsWith('/usr/bin/');
  } catch {
    return false; // it does not exist
  }
}

/** A program's standard output, trimmed. */
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

/** A server process. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** The way in which it ended, in words. Resolves once, and never rejects. */
  readonly ended: Promise<string>;
}

/** Start the server. Rejects if the program cannot be started. */
export async function startServer(launch: Launch): Promise<ServerProcess> {
  const child = await spawned(launch).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${launch.program} cannot be started: ${why}`, { cause: error });
  });
  const last = new LastLines(KEPT_LINES);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    last.add(text);
  });
  child.stdin.on('error', () => {
    // The process has ended, which `ended` reports.
  });
  const ended = new Promise<string>(resolve => {
    // `close`, not `exit`: only then has all of standard error been read.
    child.once('close', (code, signal) => {
      resolve(howItEnded(code, signal, last.text));
    });
  });
  return { child, ended };
}

/** Start a program. `spawn` throws some errors and emits others: both reject. */
function spawned({ program, args, cwd, env }: Launch): Promise<ChildProcessWithoutNullStreams> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...env, ...IN_UTF8 }, windowsHide: true });
    child.once('spawn', () => {
      resolve(child);
    });
    child.once('error', reject);
  });
}

/** The end of a process in words, with its last line on standard error, which is usually the reason. */
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
