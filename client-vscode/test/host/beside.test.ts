/** Beside the extensions for Go and Python: what they contribute is played by the neighbour in this folder. */

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { activated, findings, folder, MISMATCHES, mismatches, runSuite, servers, show, until } from './support';

export const run = () =>
  runSuite(() => {
    describe(`beside other extensions in VS Code ${vscode.version}`, () => {
      const asked = () => fs.readFileSync(process.env['NEIGHBOUR_LOG'] ?? '', 'utf8').split('\n');

      it('uses the Python that the Python extension has chosen', async () => {
        const document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        await mismatches(document, MISMATCHES);
        assert.ok(asked().includes('run: -P -m layerg_pin lsp'), asked().join('\n'));
      });

      it('changes to another one when that is chosen there', async () => {
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

      it('keeps to its own diagnostics where others have theirs', async () => {
        const document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        assert.equal(document.languageId, 'go.mod');
        const all = vscode.languages.getDiagnostics(document.uri);
        assert.ok(all.some(each => each.source === 'neighbour'));
        assert.equal(findings(document).length, MISMATCHES.length);
        const api = await activated();
        assert.equal(api.status.text, '4 errors');
      });
    });
  });
