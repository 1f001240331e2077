/** Find the Python that runs the server: the first candidate that is new enough. */

export const MINIMUM_PYTHON = [3, 11] as const;

/** The page with Python's installers. */
export const INSTALL_HELP = 'https://www.python.org/downloads/';

export type Command = readonly [program: string, ...args: string[]];

/** The version that a command reports, such as `3.11.7`. Rejects, with the reason, if it is not a working Python. */
export type Probe = (command: Command) => Promise<string>;

/** The candidates, in the order in which they are tried. */
export interface PythonSources {
  /** The setting `layergPin.python`; empty if it is not set. */
  readonly setting: string;
  /** The Python that is selected in the Python extension, if that is installed. */
  readonly chosen: string | undefined;
  /** The commands of the installed Pythons. */
  readonly installed: readonly Command[];
}

export interface Interpreter {
  readonly command: Command;
  readonly version: string;
}

/** No suitable Python was found. The message is a sentence for the user; `tried` lists all candidates, for the log. */
export class PythonNotFound extends Error {
  constructor(
    message: string,
    readonly tried: readonly string[],
  ) {
    super(message);
  }
}

/** The Python to use. If the setting names one, no other is tried. Rejects with PythonNotFound. */
export async function findPython(sources: PythonSources, probe: Probe): Promise<Interpreter> {
  const tried: string[] = [];
  let newest: string | undefined;
  for (const command of candidates(sources)) {
    try {
      refuseBatchFile(command);
      const version = await probe(command);
      if (isNewEnough(version)) {
        return { command, version };
      }
      newest ??= `${command.join(' ')} is ${version}`;
      tried.push(`${command.join(' ')}: ${version}`);
    } catch (error) {
      tried.push(`${command.join(' ')}: ${reason(error)}`);
    }
  }
  throw new PythonNotFound(refusal(sources, newest, tried), tried);
}

/** Whether the server supports a version such as `3.12.1`. */
export function isNewEnough(version: string): boolean {
  const found = /^(\d+)\.(\d+)\b/.exec(version);
  if (!found) {
    return false;
  }
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > MINIMUM_PYTHON[0] || (major === MINIMUM_PYTHON[0] && minor >= MINIMUM_PYTHON[1]);
}

function candidates(sources: PythonSources): Command[] {
  if (sources.setting) {
    return [[sources.setting]];
  }
  return [...(sources.chosen ? [[sources.chosen] as const] : []), ...sources.installed];
}

/** Batch files, such as the shims of pyenv-win, run only in cmd, which would read arguments as commands. */
function refuseBatchFile([program]: Command): void {
  if (/\.(bat|cmd)$/i.test(program)) {
    throw new Error('is a batch file; name the python.exe that it runs');
  }
}

function refusal(sources: PythonSources, newest: string | undefined, tried: readonly string[]): string {
  const needed = `layerg-pin needs Python ${MINIMUM_PYTHON.join('.')} or newer`;
  if (sources.setting) {
    return newest
      ? `${needed}, but the setting layergPin.python is an older one: ${newest}`
      : `${needed}, but the setting layergPin.python does not run: ${tried.join('')}`;
  }
  return newest ? `${needed}, but the newest one found is older: ${newest}` : `${needed}, but none was found`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
