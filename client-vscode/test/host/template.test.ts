/** A plugin like the public template: only go.mod, main.go and a Dockerfile whose tag names the host. */

import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Api } from '../../src/extension';
import { readPlan } from '../../src/upgrades';
import {
  action,
  activated,
  carryOut,
  folder,
  type Mismatch,
  mismatches,
  place,
  runSuite,
  seconds,
  show,
  until,
} from './support';

const UUID: Mismatch = { module: 'github.com/gofrs/uuid/v5', plugin: 'v5.0.0', host: 'v5.2.0' };
const UPGRADE = 'Upgrade to Nakama 3.40.0…';
const COMMENT = '# not saved\n';
const NAMES = ['go.mod', 'go.sum', 'Dockerfile'] as const;

export const run = () =>
  runSuite(() => {
    describe(`a plugin of the template in VS Code ${vscode.version}`, () => {
      let api: Api;
      let gomod: vscode.TextDocument;

      before(async () => {
        gomod = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        api = await activated();
      });

      const open = (name: string) => vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder(), name));
      const texts = async () => (await Promise.all(NAMES.map(open))).map(each => each.getText());
      const dirty = () => vscode.workspace.textDocuments.filter(each => each.isDirty).length;
      const report = () => vscode.workspace.textDocuments.find(each => each.uri.path === '/Upgrade.md')?.getText();
      const insert = async (document: vscode.TextDocument, text: string) => {
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, new vscode.Position(0, 0), text);
        await vscode.workspace.applyEdit(edit);
      };
      /** Choose the upgrade at the server's image; resolves once the report is shown. */
      const upgrade = async (dockerfile: vscode.TextDocument) => {
        await show(dockerfile.uri);
        const line = dockerfile.positionAt(dockerfile.getText().indexOf('FROM heroiclabs/nakama:')).line;
        const kind = vscode.CodeActionKind.Refactor;
        await carryOut(await action(dockerfile, new vscode.Range(line, 0, line, 0), UPGRADE, kind));
        await until('the report', () => report()?.startsWith('## Nakama 3.22.0 -\\> 3.40.0\n'));
      };
      const plan = async () => {
        const answer: unknown = await vscode.commands.executeCommand(
          'layergPin.planUpgrade',
          gomod.uri.toString(),
          'nakama@3.40.0',
        );
        const found = readPlan(answer);
        assert.ok(found, 'there is no plan');
        return found.key;
      };
      /** Answer the question with its first button, and wait for a condition. */
      const apply = (what: string, done: () => Promise<boolean> | boolean) =>
        until(what, async () => {
          await Promise.race([vscode.commands.executeCommand('notification.acceptPrimaryAction'), seconds(0.5)]);
          return done();
        });

      it('finds its host by the image tag alone', async () => {
        await mismatches(gomod, [UUID]);
        await until('the status', () => api.status.text === '1 error');
        assert.equal(api.status.detail, 'Nakama 3.22.0 (Dockerfile), Go 1.22.4');
        const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
          'vscode.executeCodeLensProvider',
          gomod.uri,
        );
        assert.deepEqual(
          lenses.map(each => each.command?.title),
          ['Nakama 3.22.0 (Dockerfile), Go 1.22.4', 'Align 1 module', UPGRADE],
        );
        const title = `Pin ${UUID.module} to ${UUID.host} (host)`;
        assert.ok(await action(gomod, place(gomod, UUID.module), title));
      });

      it('shows what an upgrade would change, applies it, and one undo reverts all of it', async () => {
        const dockerfile = await open('Dockerfile');
        await show(dockerfile.uri);
        await insert(dockerfile, COMMENT);
        const before = await texts();
        await upgrade(dockerfile);
        assert.match(report() ?? '', /\n\| Go \| 1\.22\.4 \| 1\.26\.5 \|\n/);
        assert.match(report() ?? '', /\n-FROM heroiclabs\/nakama:3\.22\.0\n/);
        assert.deepEqual(await texts(), before);
        await apply('the change', () => gomod.getText().includes('nakama-common v1.47.0'));
        const after = await texts();
        assert.equal(after[2], before[2]?.replaceAll('3.22.0', '3.40.0'));
        assert.ok(after[1]?.includes('github.com/heroiclabs/nakama-common v1.47.0 h1:'), after[1]);
        assert.equal(dirty(), 3);
        await mismatches(gomod, []);
        await vscode.commands.executeCommand('notifications.clearAll');
        await show(gomod.uri);
        // VS Code asks whether to undo in all files, which run.mjs confirms.
        await Promise.race([vscode.commands.executeCommand('undo'), seconds(5)]);
        await until('that one undo takes all back', async () => {
          assert.deepEqual(await texts(), before);
          return true;
        });
        await mismatches(gomod, [UUID]);
      });

      it('changes nothing if a file was edited after the report', async () => {
        const dockerfile = await open('Dockerfile');
        const key = await plan();
        await insert(dockerfile, '# typed meanwhile\n');
        const before = await texts();
        assert.equal(await vscode.commands.executeCommand('layergPin.applyUpgrade', key), false);
        assert.deepEqual(await texts(), before);
      });

      it('changes nothing if a file that the server does not see has unsaved changes', async () => {
        await insert(await open('go.sum'), '\n');
        const before = await texts();
        assert.equal(await vscode.commands.executeCommand('layergPin.applyUpgrade', await plan()), false);
        assert.deepEqual(await texts(), before);
      });
    });
  });
