/** One plugin in one trusted folder, with its host beside it, outside the workspace. */

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Api } from '../../src/extension';
import {
  ALIGN,
  action,
  actions,
  activated,
  carryOut,
  codeOf,
  findings,
  folder,
  hostBeside,
  idle,
  inState,
  MISMATCHES,
  mismatches,
  pinned,
  place,
  runProgram,
  runSuite,
  servers,
  set,
  show,
  until,
} from './support';

export const run = () =>
  runSuite(() => {
    describe(`a plugin in VS Code ${vscode.version}`, () => {
      let api: Api;
      let document: vscode.TextDocument;
      let original: string;

      before(async () => {
        document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        original = document.getText();
        api = await activated();
      });

      /** Undo all changes since the text was the original one. */
      const undone = async () => {
        await show(document.uri);
        await vscode.commands.executeCommand('undo');
        await until('that one undo brings the original text back', () => {
          assert.equal(document.getText(), original);
          return true;
        });
      };

      it('underlines the versions that the host refuses', async () => {
        assert.equal(document.languageId, 'go.mod');
        const [first] = await mismatches(document, MISMATCHES);
        assert.match(first?.message ?? '', /v3\.3\.0\+incompatible, host has v4\.0\.0\+incompatible/);
        const related = first?.relatedInformation?.[0];
        assert.equal(related?.location.uri.fsPath, path.join(hostBeside(folder()), 'vendor', 'modules.txt'));
      });

      it('shows the verdict in the status item', async () => {
        await until('the status', () => api.status.text === '4 errors' && api.status.severity === 'error');
        assert.equal(api.state.kind, 'running');
        assert.equal(servers().length, 1);
      });

      it('explains a finding on its page', async () => {
        const [first] = await mismatches(document, MISMATCHES);
        const { code } = first ?? {};
        assert.ok(typeof code === 'object', 'no page');
        const page = await vscode.workspace.openTextDocument(code.target);
        assert.match(page.getText(), /^# version-mismatch\n/);
      });

      for (const [index, mismatch] of MISMATCHES.entries()) {
        it(`pins ${mismatch.module}, and undo takes that back`, async () => {
          await mismatches(document, MISMATCHES);
          const title = `Pin ${mismatch.module} to ${mismatch.host} (host)`;
          await carryOut(await action(document, place(document, mismatch.module), title));
          assert.equal(document.getText(), pinned(original, [mismatch]));
          await until(
            'that it is fixed',
            () => !findings(document).some(each => each.message.startsWith(`${mismatch.module} is`)),
          );
          assert.ok(index < MISMATCHES.length);
          await undone();
        });
      }

      it('aligns all as one change that one undo reverts', async () => {
        await mismatches(document, MISMATCHES);
        await carryOut(await action(document, place(document, 'go.uber.org/zap'), ALIGN));
        assert.equal(document.getText(), pinned(original, MISMATCHES));
        await mismatches(document, []);
        await until('the status', () => api.status.text.startsWith('fits ') && api.status.severity === 'information');
        await undone();
        await mismatches(document, MISMATCHES);
      });

      it('aligns all on save if the user has set that', async () => {
        // That is set before VS Code starts: while a new settings file is written, VS Code may save without it.
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, new vscode.Position(0, 0), '// touched\n');
        await vscode.workspace.applyEdit(edit);
        await until(
          'the actions',
          async () =>
            (await actions(document, new vscode.Range(0, 0, 0, 0), vscode.CodeActionKind.SourceFixAll)).length > 0,
        );
        await document.save();
        const saved = fs.readFileSync(document.uri.fsPath, 'utf8');
        fs.writeFileSync(document.uri.fsPath, original);
        await until('the original text', () => document.getText() === original);
        assert.equal(saved, `// touched\n${pinned(original, MISMATCHES)}`);
      });

      it('notices that the host outside the workspace was vendored again', async () => {
        const zap = MISMATCHES[1];
        assert.ok(zap);
        await mismatches(document, MISMATCHES);
        const host = hostBeside(folder());
        await idle();
        await runProgram(host, 'go', 'mod', 'edit', `-require=${zap.module}@${zap.plugin}`);
        await runProgram(host, 'go', 'mod', 'tidy');
        await runProgram(host, 'go', 'mod', 'vendor');
        await until('that zap agrees now', () => {
          const found = findings(document);
          return found.length > 0 && !found.some(each => each.message.startsWith(zap.module));
        });
        await idle();
        await runProgram(host, 'go', 'mod', 'edit', `-require=${zap.module}@${zap.host}`);
        await runProgram(host, 'go', 'mod', 'tidy');
        await runProgram(host, 'go', 'mod', 'vendor');
        await mismatches(document, MISMATCHES);
      });

      it('takes changed settings without a restart', async () => {
        const [server] = servers();
        await set('severity', { 'version-mismatch': 'warning' });
        await mismatches(document, MISMATCHES, vscode.DiagnosticSeverity.Warning);
        await until('the status', () => api.status.text === '4 warnings' && api.status.severity === 'warning');
        await set('severity', undefined);
        await mismatches(document, MISMATCHES);
        await set('host', '../nowhere');
        const [unreadable] = await until('that the host cannot be read', () => {
          const found = findings(document);
          return found.length === 1 && found[0] && codeOf(found[0]) === 'host-unreadable' ? found : undefined;
        });
        assert.equal(unreadable?.severity, vscode.DiagnosticSeverity.Error);
        await set('host', undefined);
        await mismatches(document, MISMATCHES);
        assert.deepEqual(servers(), [server]);
      });

      it('restarts a server that was killed, and shows the reason', async () => {
        const [server] = servers();
        assert.ok(server);
        process.kill(server, 'SIGKILL');
        assert.match((await inState(api, 'waiting')).why, /killed by SIGKILL/);
        assert.match(api.status.text, /^crashed, restarting in 1 s$/);
        await inState(api, 'running');
        await mismatches(document, MISMATCHES);
        assert.equal(servers().length, 1);
        assert.notEqual(servers()[0], server);
      });

      it('runs only one server, even after several restarts at once', async () => {
        const [server] = servers();
        await Promise.all([1, 2, 3, 4].map(() => vscode.commands.executeCommand('layergPin.restartServer')));
        assert.equal(api.state.kind, 'running');
        await mismatches(document, MISMATCHES);
        await until('one server', () => servers().length === 1);
        assert.notEqual(servers()[0], server);
      });

      it('reports a missing or old Python, and starts with a suitable one', async () => {
        const old = path.join(folder().fsPath, '..', 'old-python');
        fs.writeFileSync(old, '#!/bin/sh\necho 3.10.14\n', { mode: 0o755 });
        const failure = async (what: string) =>
          until(`that ${what} is refused`, () => {
            const { state } = api;
            assert.ok(state.kind === 'failed' && state.why.includes(what), `it is ${JSON.stringify(state)}`);
            return state.why;
          });
        await set('python', '/nowhere/python', vscode.ConfigurationTarget.Global);
        const missing = await failure('/nowhere/python');
        assert.match(
          missing,
          /^layerg-pin needs Python 3\.11 or newer, but the setting layergPin\.python does not run: /,
        );
        assert.deepEqual([api.status.text, api.status.severity], ['not running', 'error']);
        assert.deepEqual(findings(document), []);
        assert.deepEqual(servers(), []);
        await set('python', old, vscode.ConfigurationTarget.Global);
        const tooOld = await failure('3.10.14');
        assert.match(tooOld, /is an older one: .*old-python is 3\.10\.14$/);
        await set('python', undefined, vscode.ConfigurationTarget.Global);
        await mismatches(document, MISMATCHES);
      });

      it('runs the server that the setting names', async () => {
        const own = path.join(folder().fsPath, '..', 'own-server');
        fs.writeFileSync(own, '#!/bin/sh\necho "no server here" >&2\nexit 3\n', { mode: 0o755 });
        await set('serverPath', own, vscode.ConfigurationTarget.Global);
        const { why } = await inState(api, 'waiting');
        assert.equal(why, 'the server did not start: it exited with code 3: no server here');
        await set('serverPath', undefined, vscode.ConfigurationTarget.Global);
        await mismatches(document, MISMATCHES);
      });

      it('reads the output of the command line in a task', async () => {
        const plugin = folder().fsPath;
        const other = path.join(plugin, '..', 'other');
        fs.cpSync(plugin, other, { recursive: true });
        const extension = vscode.extensions.getExtension('layerg-pin.layerg-pin');
        assert.ok(extension);
        const env = { PYTHONPATH: path.join(extension.extensionPath, 'bundled', 'libs') };
        const check = (format: string) => `python3 -P -m layerg_pin check ../other --format ${format}`;
        // The exit code is 1, because there are findings.
        const json = await runProgram(
          plugin,
          'sh',
          '-c',
          `PYTHONPATH='${env.PYTHONPATH}' ${check('json')} || test $? = 1`,
        );
        const { plugins } = JSON.parse(json) as {
          plugins: [{ findings: { code: string; severity: string; range: { start: vscode.Position } }[] }];
        };
        const expected = plugins[0].findings.map(each => [each.severity, each.code, each.range.start]);
        assert.ok(expected.length >= MISMATCHES.length);
        const shell = new vscode.ShellExecution(check('text'), { cwd: plugin, env });
        const task = new vscode.Task(
          { type: 'shell' },
          vscode.TaskScope.Workspace,
          'check',
          'test',
          shell,
          '$layerg-pin',
        );
        const severities = ['error', 'warning', 'information', 'hint'];
        const shown = async () => {
          await vscode.tasks.executeTask(task);
          const agrees = () => {
            const found = vscode.languages.getDiagnostics(vscode.Uri.file(path.join(other, 'go.mod')));
            const places = found.map(({ range: { start } }) => ({ line: start.line, character: start.character }));
            assert.deepEqual(
              found.map((each, index) => [severities[each.severity], codeOf(each), places[index]]),
              expected,
            );
            return true;
          };
          return until('its problems', agrees, 15_000);
        };
        // On a busy machine VS Code may lose the terminal of a task ("Could not find pty"), so it is tried once more.
        await shown().catch(shown);
      });

      it('registers its own commands and those of the server', async () => {
        const commands = await vscode.commands.getCommands(true);
        assert.ok(commands.includes('layergPin.alignAndTidy'));
        assert.ok(commands.includes('layergPin.showMenu'));
      });

      it('ignores a go.mod that is not a plugin', async () => {
        const other = vscode.Uri.joinPath(folder(), '..', 'library', 'go.mod');
        fs.mkdirSync(path.dirname(other.fsPath), { recursive: true });
        fs.writeFileSync(other.fsPath, 'module example.com/library\n\ngo 1.23\n\nrequire go.uber.org/zap v1.26.0\n');
        const opened = await show(other);
        await show(document.uri);
        await mismatches(document, MISMATCHES);
        assert.deepEqual(findings(opened), []);
      });
    });
  });
