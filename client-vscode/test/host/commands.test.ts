/** What the client makes of the commands that a server lists, with one that answers each of them. */

import * as assert from 'node:assert/strict';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Api } from '../../src/extension';
import { activated, folder, runSuite, set, show, until } from './support';

export const run = () =>
  runSuite(() => {
    describe(`the commands in VS Code ${vscode.version}`, () => {
      let api: Api;
      let document: vscode.TextDocument;

      before(async () => {
        document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        api = await activated();
        await until('the server', () => api.state.kind === 'running');
        await set('serverPath', process.env['STANDIN'], vscode.ConfigurationTarget.Global);
        await until('the other server', async () => {
          const commands = await vscode.commands.getCommands(true);
          return commands.includes('layergPin.explain') && api.state.kind === 'running';
        });
      });

      after(() => set('serverPath', undefined, vscode.ConfigurationTarget.Global));

      const markdown = (name: string) =>
        until(`the text of ${name}`, () =>
          vscode.workspace.textDocuments.find(each => each.uri.path === `/${name}.md`),
        );
      const previews = () =>
        vscode.window.tabGroups.all
          .flatMap(group => group.tabs)
          .filter(
            tab => tab.input instanceof vscode.TabInputWebview && tab.input.viewType.includes('markdown.preview'),
          );

      it('shows in its status what the server tells', async () => {
        await until('the status', () => api.status.text === 'fits its host');
        assert.equal(api.status.detail, 'gameserver, go 1.23');
      });

      it('explains what is in the clipboard, once that is confirmed', async () => {
        await vscode.env.clipboard.writeText('noise\nplugin was built with a different version of package a/b\n');
        const done = vscode.commands.executeCommand('layergPin.explainErrorLine');
        await accepted(done);
        const shown = await markdown('Explanation');
        assert.equal(
          shown.getText(),
          `# Explained\n\nplugin was built with a different version of package a/b\n\nfor ${document.uri.toString()}`,
        );
        await until('its preview', () => previews().length === 1);
      });

      it('explains what is selected in the terminal, and leaves the clipboard alone', async () => {
        await vscode.env.clipboard.writeText('mine');
        const terminal = vscode.window.createTerminal({ name: 'a log', shellPath: '/bin/sh' });
        terminal.show();
        await terminal.processId;
        terminal.sendText("printf 'a line of the host\\n'");
        const shown = await until('the explanation', async () => {
          await vscode.commands.executeCommand('workbench.action.terminal.selectAll');
          await vscode.commands.executeCommand('layergPin.explainTerminalSelection');
          const found = vscode.workspace.textDocuments.find(each => each.uri.path === '/Explanation.md');
          return found?.getText().includes('\na line of the host\n') ? found : undefined;
        });
        assert.match(shown.getText(), /^# Explained/);
        assert.equal(await vscode.env.clipboard.readText(), 'mine');
        terminal.dispose();
      });

      it('shows what is known of the host', async () => {
        await show(document.uri);
        await vscode.commands.executeCommand('layergPin.showHost');
        assert.equal((await markdown('Host')).getText(), `the host for ${document.uri.toString()}`);
      });

      it('predicts for the file that was asked about', async () => {
        await show(document.uri);
        const file = vscode.Uri.joinPath(folder(), 'backend.so');
        await vscode.commands.executeCommand('layergPin.predictPlugin', file);
        const shown = await markdown('Prediction');
        assert.equal(shown.getText(), `# Predicted\n\n${file.fsPath}\n\nfor ${document.uri.toString()}`);
      });

      it('takes the plugin that is looked at where a command is not told of one', async () => {
        await show(document.uri);
        assert.equal(await vscode.commands.executeCommand('layergPin.tidyAndVendor'), document.uri.toString());
        const given = 'file:///elsewhere/go.mod';
        assert.equal(await vscode.commands.executeCommand('layergPin.tidyAndVendor', given), given);
      });

      it('writes the host into layerg-pin.toml, saved', async () => {
        const file = path.join(folder().fsPath, 'layerg-pin.toml');
        await vscode.commands.executeCommand('layergPin.chooseHost', document.uri.toString(), '../chosen');
        await until('the text', () =>
          vscode.workspace.textDocuments
            .find(each => each.uri.fsPath === file)
            ?.getText()
            .startsWith('host = "../chosen"'),
        );
      });

      it('shows what aligning would change, and applies it as one change', async () => {
        await show(document.uri);
        const before = document.getText();
        await vscode.commands.executeCommand('layergPin.previewAlignAll');
        const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
        assert.ok(tab?.input instanceof vscode.TabInputTextDiff);
        assert.equal(tab.label, 'go.mod: Align all');
        assert.equal(document.getText(), before);
        const after = await vscode.workspace.openTextDocument(tab.input.modified);
        assert.equal(after.getText(), before.replace('go 1.23', 'go 1.22'));
        await vscode.commands.executeCommand('layergPin.applyPreview');
        assert.equal(document.getText(), before.replace('go 1.23', 'go 1.22'));
        assert.ok(!(vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputTextDiff));
        await vscode.commands.executeCommand('undo');
        assert.equal(document.getText(), before);
      });

      it('applies no preview of a text that was edited since', async () => {
        await show(document.uri);
        const before = document.getText();
        await vscode.commands.executeCommand('layergPin.previewAlignAll');
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, new vscode.Position(0, 0), '// edited\n');
        await vscode.workspace.applyEdit(edit);
        const told = vscode.commands.executeCommand('layergPin.applyPreview');
        await until('the warning', async () => {
          await vscode.commands.executeCommand('notifications.clearAll');
          return Promise.race([
            Promise.resolve(told).then(() => true),
            new Promise<false>(resolve => setTimeout(resolve, 100, false)),
          ]);
        });
        assert.equal(document.getText(), `// edited\n${before}`);
        await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
        await show(document.uri);
        await vscode.commands.executeCommand('undo');
      });
    });
  });

/** Accept what an input box offers, as soon as it is there. */
async function accepted(done: Thenable<unknown>): Promise<void> {
  let over = false;
  done.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  await until('that it is accepted', async () => {
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await new Promise(resolve => setTimeout(resolve, 100));
    return over;
  });
}
