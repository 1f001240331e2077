/** Which Python runs the server: the first that is new enough, of those that the user or the machine names. */

export const OLDEST = [3, 11] as const;

/** Where to get a Python, for who has none. */
export const INSTALL_HELP = 'https://www.python.org/downloads/';

export type Command = readonly [program: string, ...args: string[]];

/** The version that a command says it has, as `3.11.7`. Rejects, with the reason, where it is no Python that runs. */
export type Probe = (command: Command) => Promise<string>;

/** Where a Python can come from, in the order in which they are tried. */
export interface PythonSources {
  /** The setting `layergPin.python`; empty where it is not set. */
  readonly setting: string;
  /** What the Python extension has chosen for this workspace, if that extension is there. */
  readonly chosen: string | undefined;
  /** The Pythons that the machine has. */
  readonly installed: readonly Command[];
}

export interface Interpreter {
  readonly command: Command;
  readonly version: string;
}

/** No Python serves. The message is one sentence for a person; `tried` is what was looked at, for the log. */
export class NoPython extends Error {
  constructor(
    message: string,
    readonly tried: readonly string[],
  ) {
    super(message);
  }
}

/** The Python to use. What the setting names is used or refused; nothing else is tried then. Rejects with NoPython. */
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
  throw new NoPython(refusal(sources, newest, tried), tried);
}

/** Whether a version such as `3.12.1` is one that the server runs on. */
export function isNewEnough(version: string): boolean {
  const found = /^(\d+)\.(\d+)\b/.exec(version);
  if (!found) {
    return false;
  }
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
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
  const needed = `layerg-pin needs Python ${OLDEST.join('.')} or newer`;
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
