/** Shared by the suites: run a suite, wait for a state, and the findings of the example plugin. */

import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import Mocha from 'mocha';

import * as vscode from 'vscode';
import type { Api } from '../../src/extension';
import type { State } from '../../src/supervisor';

const PATIENCE = 30_000;
const IDLE = 1_500;
const ID = 'layerg-pin.layerg-pin';

/** Run the suite that `define` describes; rejects if a test fails. */
export async function runSuite(define: () => void): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 2 * PATIENCE, reporter: 'spec', color: false, bail: false });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  define();
  await new Promise<void>((resolve, reject) => {
    mocha.run(failures => {
      if (failures > 0) {
        reject(new Error(`${failures} tests failed`));
      } else {
        resolve();
      }
    });
  });
}

/** Wait for a value. The error after the time limit contains `what`. */
export async function until<T>(
  what: string,
  value: () => T | undefined | false | PromiseLike<T | undefined | false>,
  patience = PATIENCE,
): Promise<T> {
  const end = Date.now() + patience;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await value();
      if (found !== undefined && found !== false) {
        return found;
      }
      last = found;
    } catch (error) {
      last = error;
    }
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  throw new Error(`timed out: ${what} (${String(last)})`);
}

/** Resolves after `number` seconds. */
export function seconds(number: number): Promise<undefined> {
  return new Promise(resolve => setTimeout(resolve, number * 1000, undefined));
}

export async function activated(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>(ID);
  assert.ok(extension, `${ID} is not installed`);
  return until('activation', () => (extension.isActive ? extension.exports : undefined));
}

/** Wait until the server is in a state, and return the state with its details. */
export async function inState<K extends State['kind']>(api: Api, kind: K): Promise<State & { kind: K }> {
  return until(`the state ${kind}`, () => {
    const { state } = api;
    assert.ok(isOf(state, kind), `it is ${JSON.stringify(state)}`);
    return state;
  });
}

function isOf<K extends State['kind']>(state: State, kind: K): state is State & { kind: K } {
  return state.kind === kind;
}

/** Check that no program that the workspace names was run, after a server has started. */
export async function noProgramOf(workspace: vscode.Uri): Promise<void> {
  const api = await activated();
  await until('that a server was started', () => !['stopped', 'starting'].includes(api.state.kind));
  const left = vscode.Uri.joinPath(workspace, 'left-by-a-program').fsPath;
  assert.equal(fs.existsSync(left), false, 'a program was run that the workspace names, or Go');
}

export interface Mismatch {
  readonly module: string;
  readonly plugin: string;
  readonly host: string;
}

/** In the order of the plugin's go.mod. */
export const MISMATCHES: readonly Mismatch[] = [
  { module: 'github.com/gofrs/uuid', plugin: 'v3.3.0+incompatible', host: 'v4.0.0+incompatible' },
  { module: 'go.uber.org/zap', plugin: 'v1.26.0', host: 'v1.27.0' },
  { module: 'google.golang.org/protobuf', plugin: 'v1.34.2', host: 'v1.36.1' },
  { module: 'go.uber.org/multierr', plugin: 'v1.10.0', host: 'v1.11.0' },
];
export const ALIGN = 'Align all 4 modules with the host';

export function folder(index = 0): vscode.Uri {
  const found = vscode.workspace.workspaceFolders?.[index];
  assert.ok(found, 'no folder is open');
  return found.uri;
}

export async function show(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  return document;
}

/** The position of a module's version in go.mod. */
export function place(document: vscode.TextDocument, module: string): vscode.Range {
  for (let line = 0; line < document.lineCount; line += 1) {
    const words = /^(\s*(?:require\s+)?)(\S+)(\s+)(\S+)/.exec(document.lineAt(line).text);
    const [, indent = '', path, space = '', version = ''] = words ?? [];
    if (path === module) {
      const start = indent.length + path.length + space.length;
      return new vscode.Range(line, start, line, start + version.length);
    }
  }
  throw new Error(`no require of ${module} in\n${document.getText()}`);
}

/** The extension's diagnostics of a document, in text order. */
export function findings(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(each => each.source === 'layerg-pin')
    .sort((one, other) => one.range.start.compareTo(other.range.start));
}

export function codeOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}

/** Wait until exactly these modules are shown as mismatches, each at its version. */
export async function mismatches(
  document: vscode.TextDocument,
  expected: readonly Mismatch[],
  severity = vscode.DiagnosticSeverity.Error,
): Promise<vscode.Diagnostic[]> {
  return until(`${expected.length} mismatches`, () => {
    const found = findings(document);
    assert.deepEqual(
      found.map(each => [codeOf(each), each.severity, rangeText(each.range)]),
      expected.map(each => ['version-mismatch', severity, rangeText(place(document, each.module))]),
    );
    return found;
  });
}

export function rangeText({ start, end }: vscode.Range): string {
  return `${start.line}:${start.character}-${end.line}:${end.character}`;
}

export async function actions(
  document: vscode.TextDocument,
  range: vscode.Range,
  kind = vscode.CodeActionKind.QuickFix,
) {
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    kind.value,
  );
  return found;
}

/** The action with this title at a range; fails if there is none. Repeats requests, because VS Code may cancel them. */
export async function action(
  document: vscode.TextDocument,
  range: vscode.Range,
  title: string,
  kind = vscode.CodeActionKind.QuickFix,
): Promise<vscode.CodeAction> {
  return until(`the action ${title}`, async () => {
    const found = await actions(document, range, kind);
    const one = found.find(each => each.title === title);
    assert.ok(one, `only ${found.map(each => each.title).join(', ')}`);
    return one;
  });
}

/** Apply an action as the editor does. */
export async function carryOut(chosen: vscode.CodeAction): Promise<void> {
  if (chosen.edit) {
    assert.ok(
      await vscode.workspace.applyEdit(chosen.edit),
      `the edit of ${chosen.title} changes nothing, or cannot be applied`,
    );
  }
  if (chosen.command) {
    await vscode.commands.executeCommand(chosen.command.command, ...((chosen.command.arguments ?? []) as unknown[]));
  }
}

/** The text of go.mod with the host's versions of some modules. */
export function pinned(text: string, modules: readonly Mismatch[]): string {
  return modules.reduce(
    (done, each) => done.replace(`${each.module} ${each.plugin}`, `${each.module} ${each.host}`),
    text,
  );
}

/** The process ids of the servers that this extension host started. */
export function servers(): number[] {
  return below(process.pid)
    .filter(each => each.command.includes('layerg_pin'))
    .map(each => each.pid);
}

/** Wait until the servers have run no process for longer than their delay before they ask Go. */
export async function idle(): Promise<void> {
  let since = Date.now();
  await until('that the server has nothing to do', () => {
    if (servers().some(pid => below(pid).length > 0)) {
      since = Date.now();
    }
    return Date.now() - since > IDLE;
  });
}

/** The running child processes of a process. */
function below(parent: number): { pid: number; command: string }[] {
  return fs
    .readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, found] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ');
        return state !== 'Z' && Number(found) === parent ? [{ pid: Number(name), command }] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

export async function runProgram(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    cwd,
    env: { ...process.env, GOFLAGS: '', GOSUMDB: 'off' },
  });
  return stdout;
}

/** Change a setting of the user, the workspace or the folder; returns a function that restores it. */
export async function set(
  key: string,
  value: unknown,
  target = vscode.ConfigurationTarget.Workspace,
  scope?: vscode.Uri,
): Promise<void> {
  await vscode.workspace.getConfiguration('layergPin', scope).update(key, value, target);
}

/** The host's folder beside the plugin's, outside the workspace. */
export function hostBeside(plugin: vscode.Uri): string {
  return path.join(path.dirname(plugin.fsPath), 'host');
}
