/** A workspace of three plugins of which one is open: the problems of all three are listed, each once. */

import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  codeOf,
  findings,
  folder,
  MISMATCHES,
  mismatches,
  pinned,
  rangeText,
  runSuite,
  set,
  show,
  until,
} from './support';

const NAMES = ['first', 'second', 'third'];

export const run = () =>
  runSuite(() => {
    describe(`a monorepo in VS Code ${vscode.version}`, () => {
      const gomods = NAMES.map(name => vscode.Uri.joinPath(folder(), name, 'go.mod'));
      const [first, second, third] = gomods as [vscode.Uri, vscode.Uri, vscode.Uri];
      let document: vscode.TextDocument;

      before(async () => {
        document = await show(first);
      });

      it('lists the problems of all plugins, each once', async () => {
        await mismatches(document, MISMATCHES);
        await listed(gomods, MISMATCHES.length);
        const texts = problems(second).map(each => `${rangeText(each.range)} ${codeOf(each)}`);
        assert.deepEqual(
          texts,
          problems(first).map(each => `${rangeText(each.range)} ${codeOf(each)}`),
        );
        assert.equal(new Set(texts).size, MISMATCHES.length);
        assert.deepEqual(vscode.workspace.textDocuments.filter(each => each.uri.path.endsWith('go.mod')).length, 1);
      });

      it('shows nothing twice when another one is opened, edited and closed', async () => {
        const opened = await show(second);
        await mismatches(opened, MISMATCHES);
        const original = opened.getText();
        await replaceText(opened, pinned(original, MISMATCHES));
        await until('no problem', () => findings(opened).length === 0);
        await replaceText(opened, original);
        await mismatches(opened, MISMATCHES);
        await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
        await listed(gomods, MISMATCHES.length);
      });

      it('follows changes of files that are not open', async () => {
        const text = Buffer.from(await vscode.workspace.fs.readFile(third)).toString();
        await vscode.workspace.fs.writeFile(third, Buffer.from(pinned(text, MISMATCHES)));
        await listed([third], 0);
        await vscode.workspace.fs.writeFile(third, Buffer.from(text));
        await listed(gomods, MISMATCHES.length);
      });

      it('follows the settings', async () => {
        await set('severity', { 'version-mismatch': 'off' });
        await listed(gomods, 0);
        await set('severity', undefined);
        await listed(gomods, MISMATCHES.length);
      });

      it('forgets a plugin whose folder is deleted', async () => {
        await vscode.workspace.fs.delete(vscode.Uri.joinPath(third, '..'), { recursive: true });
        await listed([third], 0);
      });
    });
  });

function problems(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(each => each.source === 'layerg-pin')
    .sort((one, other) => one.range.start.compareTo(other.range.start));
}

async function listed(uris: readonly vscode.Uri[], count: number): Promise<void> {
  await until(`${count} problems in each of ${uris.length} files`, () => {
    assert.deepEqual(
      uris.map(uri => problems(uri).length),
      uris.map(() => count),
    );
    return true;
  });
}

async function replaceText(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}
