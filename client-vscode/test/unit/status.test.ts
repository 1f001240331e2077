import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOT_TRUSTED, type PluginStatus, readStatus, type StatusInput, statusOf } from '../../src/status';

const PLUGIN: PluginStatus = {
  host: 'gameserver, go 1.23',
  go: 'go1.26.8',
  errors: 0,
  warnings: 0,
  complete: true,
  fits: true,
  words: null,
};
const INPUT: StatusInput = {
  server: { kind: 'running' },
  trusted: true,
  busy: false,
  folder: 'plugin',
  plugin: PLUGIN,
};

test('a plugin that fits', () => {
  assert.deepEqual(statusOf(INPUT), {
    text: 'fits gameserver, go 1.23',
    detail: '',
    severity: 'information',
    busy: false,
  });
});

test('errors and warnings are counted', () => {
  const textOf = (errors: number, warnings: number) => {
    const { text, severity } = statusOf({ ...INPUT, plugin: { ...PLUGIN, errors, warnings, fits: false } });
    return [text, severity];
  };
  assert.deepEqual(textOf(1, 0), ['1 error', 'error']);
  assert.deepEqual(textOf(4, 2), ['4 errors, 2 warnings', 'error']);
  assert.deepEqual(textOf(0, 1), ['1 warning', 'warning']);
  assert.deepEqual(textOf(0, 0), ['not checked yet', 'information']);
});

test('unknown facts are shown as unknown, and absent ones are omitted', () => {
  const plugin = { ...PLUGIN, complete: false };
  const incomplete = { ...plugin, fits: false, words: 'no known differences' };
  const { text, detail } = statusOf({ ...INPUT, plugin: incomplete });
  assert.equal(text, 'no known differences');
  assert.equal(detail, 'gameserver, go 1.23 · incomplete: Go has not listed all packages');
});

test('an untrusted workspace is shown first', () => {
  const { detail, severity } = statusOf({ ...INPUT, trusted: false, plugin: { ...PLUGIN, fits: false } });
  assert.ok(detail.startsWith(`${NOT_TRUSTED} · gameserver`));
  assert.equal(severity, 'warning');
  assert.equal(statusOf({ ...INPUT, trusted: false, plugin: undefined }).detail, NOT_TRUSTED);
});

test('without a plugin', () => {
  assert.equal(statusOf({ ...INPUT, plugin: undefined }).text, 'plugin: not a plugin');
  assert.equal(statusOf({ ...INPUT, plugin: undefined, folder: undefined }).text, 'no plugin open');
});

test('the reason is shown if the server does not run', () => {
  const textOf = (server: StatusInput['server']) => statusOf({ ...INPUT, server });
  assert.equal(textOf({ kind: 'starting' }).busy, true);
  const waiting = textOf({ kind: 'waiting', why: 'it was killed by SIGKILL', seconds: 2 });
  assert.deepEqual([waiting.text, waiting.detail], ['crashed, restarting in 2 s', 'it was killed by SIGKILL']);
  const failed = textOf({ kind: 'failed', why: 'no Python' });
  assert.deepEqual([failed.text, failed.detail, failed.severity], ['not running', 'no Python', 'error']);
});

test('any answer of the server can be read', () => {
  assert.deepEqual(readStatus({ ...PLUGIN, more: 1 }), PLUGIN);
  assert.equal(readStatus(null), undefined);
  assert.equal(readStatus('no'), undefined);
  assert.deepEqual(readStatus({}), {
    host: null,
    go: null,
    errors: 0,
    warnings: 0,
    complete: false,
    fits: false,
    words: null,
  });
});
