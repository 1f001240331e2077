/** The texts of the status item and the menu. Pure: does not use the editor's API. */

import type { State } from './supervisor';

/** The answer of the command `layergPin.status` about a plugin. */
export interface PluginStatus {
  readonly host: string | null;
  /** The release of this machine's Go, such as `go1.26.8`. */
  readonly go: string | null;
  readonly errors: number;
  readonly warnings: number;
  /** Whether Go has listed all packages of the plugin. */
  readonly complete: boolean;
  readonly fits: boolean;
  /** The verdict in the server's words. */
  readonly words: string | null;
}

export interface StatusInput {
  readonly server: State;
  readonly trusted: boolean;
  /** Whether `go` or another long task is running. */
  readonly busy: boolean;
  /** The folder name of the active plugin; undefined if there is none. */
  readonly folder: string | undefined;
  /** The server's answer about it. */
  readonly plugin: PluginStatus | undefined;
}

export interface StatusText {
  readonly text: string;
  readonly detail: string;
  readonly severity: 'information' | 'warning' | 'error';
  readonly busy: boolean;
}

export const NOT_TRUSTED = 'workspace not trusted: Go is not run, and the workspace cannot use a host outside it';

export function statusOf(input: StatusInput): StatusText {
  const { server } = input;
  switch (server.kind) {
    case 'starting':
      return { text: 'starting', detail: '', severity: 'information', busy: true };
    case 'waiting':
      return {
        text: `crashed, restarting in ${server.seconds} s`,
        detail: server.why,
        severity: 'warning',
        busy: true,
      };
    case 'failed':
      return { text: 'not running', detail: server.why, severity: 'error', busy: false };
    case 'stopped':
      return { text: 'not started', detail: 'starts when a go.mod is opened', severity: 'information', busy: false };
    case 'running':
      return { ...pluginStatusText(input), busy: input.busy };
  }
}

function pluginStatusText({ folder, plugin, trusted }: StatusInput): Omit<StatusText, 'busy'> {
  const limits = trusted ? [] : [NOT_TRUSTED];
  if (!plugin) {
    const text = folder === undefined ? 'no plugin open' : `${folder}: not a plugin`;
    return { text, detail: limits.join(' · '), severity: 'information' };
  }
  const host = fits(plugin) ? undefined : (plugin.host ?? undefined);
  const known = [host, plugin.complete ? undefined : 'incomplete: Go has not listed all packages'].filter(
    each => each !== undefined,
  );
  const severity = plugin.errors > 0 ? 'error' : plugin.warnings > 0 || !trusted ? 'warning' : 'information';
  return { text: verdict(plugin), detail: [...limits, ...known].join(' · '), severity };
}

function verdict(plugin: PluginStatus): string {
  const counts = [count(plugin.errors, 'error'), count(plugin.warnings, 'warning')].filter(each => each !== '');
  if (counts.length > 0) {
    return counts.join(', ');
  }
  return fits(plugin) ? `fits ${plugin.host}` : (plugin.words ?? 'not checked yet');
}

/** Whether the text names the host that the plugin fits. */
function fits(plugin: PluginStatus): boolean {
  return plugin.fits && plugin.host !== null && plugin.errors === 0 && plugin.warnings === 0;
}

function count(number: number, noun: string): string {
  return number === 0 ? '' : `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The answer of `layergPin.status`; undefined if it has another form, as from another version of the server. */
export function readStatus(value: unknown): PluginStatus | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const text = (key: string) => {
    const found = fields.get(key);
    return typeof found === 'string' ? found : null;
  };
  const number = (key: string) => {
    const found = fields.get(key);
    return typeof found === 'number' ? found : 0;
  };
  return {
    host: text('host'),
    go: text('go'),
    errors: number('errors'),
    warnings: number('warnings'),
    complete: fields.get('complete') === true,
    fits: fields.get('fits') === true,
    words: text('words'),
  };
}
