/** Two folders in one workspace, each with its own plugin, host and settings; VS Code treats go.mod as plain text. */

import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, folder, MISMATCHES, mismatches, noProgramOf, runSuite, servers, set, show, until } from './support';

export const run = () =>
  runSuite(() => {
    describe(`two folders in VS Code ${vscode.version}`, () => {
      let first: vscode.TextDocument;
      let second: vscode.TextDocument;
      const [uuid, ...others] = MISMATCHES;

      before(async () => {
        first = await show(vscode.Uri.joinPath(folder(0), 'go.mod'));
        second = await show(vscode.Uri.joinPath(folder(1), 'go.mod'));
      });

      it('never runs a program from a workspace folder', async () => {
        await noProgramOf(vscode.Uri.joinPath(folder(0), '..'));
        const settings = vscode.workspace.getConfiguration('layergPin', second.uri);
        for (const key of ['python', 'goPath', 'serverPath']) {
          assert.equal(settings.get(key), '', key);
        }
      });

      it('compares each plugin with its own host, with its own settings, in one server', async () => {
        assert.ok(uuid);
        assert.deepEqual([first.languageId, second.languageId], ['plaintext', 'plaintext']);
        await mismatches(first, MISMATCHES);
        // The second folder's settings name a host that has the plugin's uuid, and call mismatches warnings.
        await mismatches(second, others, vscode.DiagnosticSeverity.Warning);
        assert.equal(servers().length, 1);
        await noProgramOf(vscode.Uri.joinPath(folder(0), '..'));
      });

      it('shows the state of the active plugin in the status item', async () => {
        const api = await activated();
        await until('the second', () => api.status.text === '3 warnings');
        await vscode.window.showTextDocument(first);
        await until('the first', () => api.status.text === '4 errors');
      });

      it('applies the setting of a folder to that folder only', async () => {
        await set('severity', { 'version-mismatch': 'hint' }, vscode.ConfigurationTarget.WorkspaceFolder, folder(0));
        await mismatches(first, MISMATCHES, vscode.DiagnosticSeverity.Hint);
        await mismatches(second, others, vscode.DiagnosticSeverity.Warning);
        await set('severity', undefined, vscode.ConfigurationTarget.WorkspaceFolder, folder(0));
        await mismatches(first, MISMATCHES);
      });
    });
  });
