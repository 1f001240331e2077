/** Programs are run here and nowhere else. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { Launch } from './launch';
import type { Probe } from './python';

const PROBE_MILLISECONDS = 10_000;
const VERSION = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
const KEPT_LINES = 20;

/** Ask a Python for its version; `cwd` is a folder in which nobody leaves modules. */
export function prober(cwd: string): Probe {
  return ([program, ...args]) =>
    new Promise((resolve, reject) => {
      const options = { cwd, timeout: PROBE_MILLISECONDS, windowsHide: true };
      execFile(program, [...args, '-c', VERSION], options, (error, stdout, stderr) => {
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
