/** The commands, with a built host that opens plugins, and a built plugin that it refuses. */

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Api } from '../../src/extension';
import {
  activated,
  folder,
  hostBeside,
  MISMATCHES,
  mismatches,
  pinned,
  runProgram,
  runSuite,
  seconds,
  show,
  until,
} from './support';

const UUID = 'github.com/gofrs/uuid is v3.3.0+incompatible, host has v4.0.0+incompatible';
const ZAP = 'go.uber.org/zap v1.27.0 in the host, v1.26.0 in the plugin';

export const run = () =>
  runSuite(() => {
    describe(`the commands in VS Code ${vscode.version}`, () => {
      let api: Api;
      let document: vscode.TextDocument;

      before(async () => {
        document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        api = await activated();
        await mismatches(document, MISMATCHES);
      });

      const binary = () => path.join(hostBeside(folder()), 'gameserver');
      const command = (name: string, ...args: unknown[]) =>
        vscode.commands.executeCommand(`layergPin.${name}`, ...args);
      /** The text of an answer, once it has the expected content; it is shown in a preview. */
      const answer = (name: string, wanted: (text: string) => boolean = () => true) =>
        until(`the text of ${name}`, () => shown(name, wanted));
      const shown = (name: string, wanted: (text: string) => boolean) => {
        const text = vscode.workspace.textDocuments.find(each => each.uri.path === `/${name}.md`)?.getText();
        assert.ok(text !== undefined && wanted(text), text);
        return text;
      };
      const previews = () =>
        vscode.window.tabGroups.all
          .flatMap(group => group.tabs)
          .filter(
            tab => tab.input instanceof vscode.TabInputWebview && tab.input.viewType.includes('markdown.preview'),
          );

      it("shows the server's answer in the status item", async () => {
        await until('the status', () => api.status.text === '4 errors');
        assert.match(api.status.detail, /^gameserver, modules\.txt, go1\.\d+/);
      });

      it('explains the text of the clipboard after it is confirmed', async () => {
        const refusal = await runProgram(folder().fsPath, 'sh', '-c', `! ${binary()} check --runtime.path . 2>&1`);
        assert.match(refusal, /different version of package github\.com\/gofrs\/uuid"/);
        await vscode.env.clipboard.writeText(`noise\n${refusal}\n`);
        await accepted(command('explainErrorLine'));
        const text = await answer('Explanation');
        assert.match(
          text,
          /^\*\*`plugin was built with a different version of package github\.com\/gofrs\/uuid`\*\*\n/,
        );
        assert.ok(text.includes(`go.mod:6: ${UUID}`), text);
        await until('its preview', () => previews().length === 1);
      });

      it('explains the text that is selected in the terminal, and restores the clipboard', async () => {
        await vscode.env.clipboard.writeText('mine');
        const terminal = vscode.window.createTerminal({ name: 'a log', shellPath: '/bin/sh' });
        terminal.show();
        await terminal.processId;
        // The typed command does not contain the name of the package.
        terminal.sendText("printf '%s a different version of package %s\\n' 'plugin was built with' go.uber.org/zap");
        const refusal = 'plugin was built with a different version of package go.uber.org/zap';
        await until('the explanation', async () => {
          await vscode.commands.executeCommand('workbench.action.terminal.selectAll');
          await Promise.race([command('explainTerminalSelection'), seconds(2)]);
          return shown('Explanation', text => text.startsWith(`**\`${refusal}\`**\n`) && text.includes('go.mod:9: '));
        });
        assert.equal(await vscode.env.clipboard.readText(), 'mine');
        terminal.dispose();
      });

      it('shows what is known about the host', async () => {
        await show(document.uri);
        await command('showHost');
        const text = await answer('Host');
        assert.match(text, /^```text\n.*: example\.com\/gameserver\n +read from +folder .*vendor\/modules\.txt\n/);
      });

      it('reports that a prediction needs a binary of the host', async () => {
        await show(document.uri);
        await command('predictPlugin', vscode.Uri.joinPath(folder(), 'backend.so'));
        await answer('Prediction', text => text.includes('needs a host that is a **binary**'));
      });

      it('writes the host into layerg-pin.toml, which applies once it is saved', async () => {
        const file = path.join(folder().fsPath, 'layerg-pin.toml');
        const before = fs.readFileSync(file, 'utf8');
        await command('chooseHost', document.uri.toString(), '../host/gameserver');
        const written = await until('the text', () =>
          vscode.workspace.textDocuments.find(each => each.uri.fsPath === file && each.isDirty),
        );
        const after = before.replace('host = "../host"', 'host = "../host/gameserver"');
        assert.equal(written.getText(), after);
        assert.equal(fs.readFileSync(file, 'utf8'), before);
        await written.save();
        await until('the status', () => /^gameserver, binary, go1\./.test(api.status.detail));
        assert.equal(fs.readFileSync(file, 'utf8'), after);
      });

      it('predicts for a built plugin, and for a folder, which Go then compiles', async () => {
        await show(document.uri);
        await mismatches(document, MISMATCHES);
        await command('predictPlugin', vscode.Uri.joinPath(folder(), 'backend.so'));
        const refused = 'plugin was built with a different version of package github.com/gofrs/uuid';
        const rejected = (text: string) => text.startsWith(`**rejected**: \`${refused}\`\n`) && text.includes(ZAP);
        const built = await answer('Prediction', rejected);
        await command('predictPlugin', vscode.Uri.joinPath(folder(), '..', 'fixed'));
        await answer('Prediction', text => text.startsWith('**accepted**\n'));
        await command('predictPlugin', folder());
        const compiled = await answer('Prediction', rejected);
        assert.match(compiled, /\n {2}compiled with go1\./);
        assert.equal(compiled.replace(/ {2}compiled with go1\..*\n/, ''), built);
      });

      it('previews an alignment, and applies it as one change', async () => {
        await show(document.uri);
        const before = document.getText();
        await command('previewAlignAll');
        const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
        assert.ok(tab?.input instanceof vscode.TabInputTextDiff);
        assert.equal(tab.label, 'go.mod: Align all 4 modules with the host');
        assert.equal(document.getText(), before);
        const after = await vscode.workspace.openTextDocument(tab.input.modified);
        assert.equal(after.getText(), pinned(before, MISMATCHES));
        await command('applyPreview');
        assert.equal(document.getText(), pinned(before, MISMATCHES));
        assert.ok(!(vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputTextDiff));
        await vscode.commands.executeCommand('undo');
        assert.equal(document.getText(), before);
        await mismatches(document, MISMATCHES);
      });

      it('does not apply a preview of a text that was edited since', async () => {
        await show(document.uri);
        const before = document.getText();
        await command('previewAlignAll');
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, new vscode.Position(0, 0), '// edited\n');
        await vscode.workspace.applyEdit(edit);
        const applied = command('applyPreview').then(() => true);
        await until('the warning', async () => {
          await vscode.commands.executeCommand('notifications.clearAll');
          return Promise.race([applied, seconds(0.1)]);
        });
        assert.equal(document.getText(), `// edited\n${before}`);
        await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
        await show(document.uri);
        await vscode.commands.executeCommand('undo');
        await mismatches(document, MISMATCHES);
      });

      it('uses the active plugin if a command has no argument', async () => {
        const fixed = await show(vscode.Uri.joinPath(folder(), '..', 'fixed', 'go.mod'));
        await mismatches(fixed, []);
        const vendored = (plugin: vscode.Uri) =>
          fs.existsSync(vscode.Uri.joinPath(plugin, '..', 'vendor', 'modules.txt').fsPath);
        await command('tidyAndVendor', document.uri.toString());
        assert.deepEqual([vendored(document.uri), vendored(fixed.uri)], [true, false]);
        await command('tidyAndVendor');
        assert.equal(vendored(fixed.uri), true);
      });
    });
  });

/** Accept the proposed text of an input box, as soon as the box is shown. */
async function accepted(done: Thenable<unknown>): Promise<void> {
  const over = done.then(() => true);
  await until('that it is accepted', async () => {
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    return Promise.race([over, seconds(0.1)]);
  });
}
