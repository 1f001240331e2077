/** Together with gopls, and with the extension in `neighbour`, which replaces those for Go and Python. */

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { activated, folder, MISMATCHES, mismatches, runSuite, servers, show, until } from './support';

export const run = () =>
  runSuite(() => {
    describe(`beside other extensions in VS Code ${vscode.version}`, () => {
      const asked = () => fs.readFileSync(process.env['NEIGHBOUR_LOG'] ?? '', 'utf8').split('\n');

      it('uses the Python that is selected in the Python extension', async () => {
        const document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        await mismatches(document, MISMATCHES);
        assert.ok(asked().includes('run: -P -m layerg_pin lsp'), asked().join('\n'));
      });

      it('changes to another Python when that is selected there', async () => {
        const api = await activated();
        const [server] = servers();
        await vscode.commands.executeCommand('neighbour.chooseAnother');
        await until(
          'another server',
          () => api.state.kind === 'running' && servers().length === 1 && servers()[0] !== server,
        );
        const document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        await mismatches(document, MISMATCHES);
      });

      it('reports an unreadable line once, and by itself if gopls does not report it', async () => {
        const document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        assert.equal(document.languageId, 'go.mod');
        await mismatches(document, MISMATCHES);
        const api = await activated();
        const line = document.lineCount - 1;
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, new vscode.Position(line, 0), 'requir example.com/typo v1.0.0\n');
        await vscode.workspace.applyEdit(edit);
        const reportedBy = async (source: string) =>
          until(`that only ${source} reports it`, () => {
            const found = vscode.languages.getDiagnostics(document.uri).filter(each => each.range.start.line === line);
            assert.deepEqual(
              found.map(each => [each.source, each.message]),
              [[source, 'unknown directive: requir']],
            );
            return true;
          });
        await reportedBy('syntax');
        await mismatches(document, MISMATCHES);
        await until('the error in the status', () => api.status.text === '5 errors');
        await vscode.commands.executeCommand('neighbour.stopGopls');
        await reportedBy('layerg-pin');
        await vscode.commands.executeCommand('undo');
        await mismatches(document, MISMATCHES);
      });
    });
  });
