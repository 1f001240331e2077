import assert from 'node:assert/strict';
import type { realpathSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type ComparedDiagnostic, withoutDuplicates } from '../../src/duplicates';
import { asHost, atPath, hostChoices, referenceFor, remembered } from '../../src/hosts';
import { bundledServer, expandHome, ownServer } from '../../src/launch';
import { entries } from '../../src/menu';
import { own, server } from '../../src/names';
import { gomodFor, gomodsAbove } from '../../src/plugins';
import { howItEnded, isStub, prober } from '../../src/processes';
import { applied, errorLine } from '../../src/texts';
import { fileCount, readPlan, releaseChoices } from '../../src/upgrades';

test('the bundled libraries precede all others', () => {
  const python = { command: ['py', '-3'], version: '3.12.0' } as const;
  const { program, args, env, cwd } = bundledServer(python, '/ext', { PATH: '/bin', PYTHONPATH: '/elsewhere' });
  assert.deepEqual([program, ...args], ['py', '-3', '-P', '-m', 'layerg_pin', 'lsp']);
  assert.deepEqual(env, { PATH: '/bin', PYTHONPATH: path.join('/ext', 'bundled', 'libs') });
  assert.equal(cwd, '/ext');
});

test('the server of the setting is run as it is', () => {
  const { program, args, env } = ownServer('/usr/bin/layerg-pin', '/ext', { PATH: '/bin' });
  assert.deepEqual([program, ...args], ['/usr/bin/layerg-pin', 'lsp']);
  assert.deepEqual(env, { PATH: '/bin' });
  assert.equal(expandHome('~/bin/x', '/home/me'), path.join('/home/me', 'bin', 'x'));
  assert.equal(expandHome('~other/x', '/home/me'), '~other/x');
});

test('the end of a server is described with its last line of output', () => {
  assert.equal(
    howItEnded(1, null, 'Traceback\n  …\nModuleNotFoundError: pygls\n'),
    'it exited with code 1: ModuleNotFoundError: pygls',
  );
  assert.equal(howItEnded(null, 'SIGKILL', ''), 'it was killed by SIGKILL');
});

test('the menu contains the commands that the server lists', () => {
  const labels = (commands: readonly string[], hasPlugin = true) =>
    entries({ kind: 'running' }, commands, hasPlugin).map(each => each.command);
  assert.deepEqual(labels([]), [own.selectHost, own.showLog, own.restart]);
  assert.deepEqual(labels([server.alignAll, server.explain, server.predict, server.tidyAndVendor]), [
    server.alignAll,
    own.previewAlignAll,
    server.tidyAndVendor,
    own.selectHost,
    own.explainLine,
    own.predictPlugin,
    own.showLog,
    own.restart,
  ]);
  assert.deepEqual(labels([server.alignAll, server.explain], false), [own.explainLine, own.showLog, own.restart]);
});

test('without a server, the menu contains the commands that start it', () => {
  const commands = entries({ kind: 'failed', why: 'no Python' }, [server.alignAll], true).map(each => each.command);
  assert.deepEqual(commands, [own.choosePython, own.showLog, own.restart]);
});

test('recent hosts are listed once, newest first', () => {
  assert.deepEqual(remembered(['/a', '/b'], '/b'), ['/b', '/a']);
  const many = Array.from({ length: 20 }, (_, index) => `/${index}`);
  assert.equal(remembered(many, '/new').length, 8);
});

test('a host near the plugin gets a relative path', () => {
  const { posix, win32 } = path;
  assert.equal(referenceFor('/srv/host', '/srv/plugin', posix), '../host');
  assert.equal(referenceFor('/srv/plugin', '/srv/plugin', posix), '.');
  assert.equal(referenceFor('/srv/host/bin/server', '/home/me/game/plugin', posix), '/srv/host/bin/server');
  assert.equal(referenceFor('C:\\work\\host', 'C:\\work\\plugin', win32), '../host');
  assert.equal(referenceFor('D:\\host', 'C:\\work\\plugin', win32), 'D:\\host');
});

test('the active go.mod is the nearest open one above the file, else the only one', () => {
  assert.deepEqual(gomodsAbove('/a/b/x.go', path.posix), ['/a/b/go.mod', '/a/go.mod', '/go.mod']);
  const open = [path.resolve('/a/go.mod'), path.resolve('/c/go.mod')];
  assert.equal(gomodFor(path.resolve('/a/b/x.go'), open), open[0]);
  assert.equal(gomodFor(path.resolve('/a/go.mod'), open), open[0]);
  assert.equal(gomodFor(path.resolve('/d/x.go'), open), undefined);
  assert.equal(gomodFor(undefined, open.slice(1)), open[1]);
  assert.equal(gomodFor(undefined, []), undefined);
});

test('edits are applied as the protocol requires', () => {
  const edit = (line: number, from: number, to: number, newText: string, last = line) => ({
    range: { start: { line, character: from }, end: { line: last, character: to } },
    newText,
  });
  assert.equal(applied('one\r\ntwo\nthree', [edit(2, 0, 5, '3'), edit(0, 0, 3, '1')]), '1\r\ntwo\n3');
  assert.equal(applied('a\nb\n', [edit(2, 0, 0, 'c\n')]), 'a\nb\nc\n');
  assert.equal(applied('a\nb\n', [edit(0, 0, 0, '', 1)]), 'b\n');
  assert.equal(applied('é𝄞x', [edit(0, 3, 4, 'y')]), 'é𝄞y');
  assert.equal(applied('a', [edit(0, 1, 1, 'b'), edit(0, 1, 1, 'c')]), 'abc');
});

test('the error is found in copied text', () => {
  const copied = `\u001b[31mstarting\u001b[0m\n{"error":"plugin.Open(\\"x\\"): plugin was built with a different version of package a/b"}\nbye`;
  assert.match(errorLine(copied), /^\{"error":"plugin\.Open/);
  assert.equal(errorLine('  only this \n'), 'only this');
  assert.equal(errorLine(''), '');
});

test('a diagnostic that another source reports at the same line is omitted', () => {
  const diagnostic = (source: string, line: number, message: string, severity = 0): ComparedDiagnostic => ({
    source,
    message,
    severity,
    range: { start: { line } },
  });
  const ours = [diagnostic('layerg-pin', 3, 'unknown directive: requir'), diagnostic('layerg-pin', 5, 'zap differs')];
  const [syntax, mismatch] = ours;
  const left = (...others: ComparedDiagnostic[]) => withoutDuplicates(ours, [...ours, ...others]);
  assert.deepEqual(left(diagnostic('syntax', 3, 'unknown directive: requir')), [mismatch]);
  // No other source reports it at this line, with this message and at least this severity.
  assert.deepEqual(left(), [syntax, mismatch]);
  assert.deepEqual(left(diagnostic('syntax', 4, 'unknown directive: requir')), ours);
  assert.deepEqual(left(diagnostic('syntax', 3, 'no such thing'), diagnostic('gopls', 5, 'zap can be upgraded')), ours);
  assert.deepEqual(left(diagnostic('syntax', 3, 'unknown directive: requir', 3)), ours);
});

test('the error of a Python that cannot be started is reported', async () => {
  await assert.rejects(prober('.')(['/nowhere/python']), /ENOENT/);
});

test('a program that does not print a version is not Python', async () => {
  await assert.rejects(prober('.')([process.execPath, '-p', '"Python was not found"', '--']), /it is not Python/);
});

test("Apple's stub is known by its path, and by that of its target", () => {
  const links = new Map([['/Users/jürgen müller/bin/python3', '/usr/bin/python3']]);
  const realpath = ((file: string) => links.get(file) ?? file) as typeof realpathSync;
  for (const [file, platform, expected] of [
    ['/usr/bin/python3', 'darwin', true],
    ['/Users/jürgen müller/bin/python3', 'darwin', true],
    ['/opt/homebrew/bin/python3', 'darwin', false],
    ['/usr/bin/python3', 'linux', false],
  ] as const) {
    assert.equal(isStub(file, platform, realpath), expected, `${file} on ${platform}`);
  }
});

test('a host that the server offers is saved in the right form', () => {
  const choice = (reference: string, isRelease = false) =>
    asHost({ reference, label: reference, detail: '', likely: true, is_release: isRelease }, '/w/plugin').inSettings;
  const root = path.resolve('/'); // on Windows it has a drive
  assert.equal(choice('nakama@3.22.0', true), 'nakama@3.22.0');
  assert.equal(choice('../nakama'), path.join(root, 'w', 'nakama'));
  assert.equal(choice('oci:../image'), `oci:${path.join(root, 'w', 'image')}`);
  assert.equal(choice('docker://heroiclabs/nakama:3.22.0'), 'docker://heroiclabs/nakama:3.22.0');
  assert.deepEqual(hostChoices('no list'), []);
});

test('a recent host is saved in the right form for another plugin', () => {
  const inProject = (recent: string) => atPath(recent, '/w/other/plugin').inProject;
  assert.equal(inProject('/w/nakama'), '../../nakama');
  assert.equal(inProject('oci:/w/image'), 'oci:../../image');
  assert.equal(inProject('docker://heroiclabs/nakama:3.22.0'), 'docker://heroiclabs/nakama:3.22.0');
});

test("an upgrade plan is read from the server's answer", () => {
  const plan = { key: 'k', title: 'Upgrade to Nakama 3.40.0', report: '## Nakama', files: 4 };
  assert.equal(readPlan(plan), plan);
  assert.equal(readPlan(null), undefined);
  assert.equal(readPlan('k'), undefined);
  assert.equal(readPlan({ key: 'k' }), undefined);
  const choice = { reference: 'nakama@3.40.0', label: 'Nakama 3.40.0', detail: '', likely: false, is_release: true };
  const folder = { ...choice, reference: '../nakama', likely: true, is_release: false };
  assert.deepEqual(releaseChoices([folder, choice]), [choice]);
  assert.deepEqual([fileCount(1), fileCount(4)], ['1 file', '4 files']);
});
