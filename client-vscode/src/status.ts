/** What the status item and the menu say, from what is known. Pure: no editor here. */

import type { State } from './supervisor';

/** What the command `layergPin.status` tells of a plugin. */
export interface PluginStatus {
  readonly host: string | null;
  /** The release of this machine's Go, as `go1.26.8`. */
  readonly go: string | null;
  readonly errors: number;
  readonly warnings: number;
  /** Whether Go has said all that there is to know. */
  readonly complete: boolean;
  readonly fits: boolean;
  /** How it stands in the server's own words. */
  readonly words: string | null;
}

export interface Seen {
  readonly server: State;
  readonly trusted: boolean;
  /** Whether a run of Go, or another long work, goes on. */
  readonly busy: boolean;
  /** The folder's name of the plugin that is looked at; undefined where none is. */
  readonly folder: string | undefined;
  /** What the server says of it. */
  readonly plugin: PluginStatus | undefined;
}

export interface Said {
  readonly text: string;
  readonly detail: string;
  readonly severity: 'information' | 'warning' | 'error';
  readonly busy: boolean;
}

export const NOT_TRUSTED = 'workspace not trusted: Go is not run, and the workspace cannot name a host outside of it';

export function statusOf(seen: Seen): Said {
  const { server } = seen;
  switch (server.kind) {
    case 'starting':
      return { text: 'starting', detail: '', severity: 'information', busy: true };
    case 'waiting':
      return {
        text: `crashed, starts again in ${server.seconds} s`,
        detail: server.why,
        severity: 'warning',
        busy: true,
      };
    case 'failed':
      return { text: 'not running', detail: server.why, severity: 'error', busy: false };
    case 'stopped':
      return { text: 'not started', detail: 'it starts with the first go.mod', severity: 'information', busy: false };
    case 'running':
      return { ...pluginSaid(seen), busy: seen.busy };
  }
}

function pluginSaid({ folder, plugin, trusted }: Seen): Omit<Said, 'busy'> {
  const limits = trusted ? [] : [NOT_TRUSTED];
  if (!plugin) {
    const text = folder === undefined ? 'no plugin' : `${folder}: no plugin`;
    return { text, detail: limits.join(' · '), severity: 'information' };
  }
  const known = [plugin.host ?? undefined, plugin.complete ? undefined : 'not all is known'].filter(
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
  return plugin.fits ? 'fits its host' : (plugin.words ?? 'not judged yet');
}

function count(number: number, noun: string): string {
  return number === 0 ? '' : `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The answer of `layergPin.status`, if it is one: another version of the server may say something else. */
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
