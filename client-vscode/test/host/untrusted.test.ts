/** An untrusted workspace whose settings name programs and a host. */

import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  activated,
  codeOf,
  findings,
  folder,
  MISMATCHES,
  noProgramOf,
  place,
  rangeText,
  runSuite,
  show,
  until,
} from './support';

export const run = () =>
  runSuite(() => {
    describe(`a workspace that is not trusted, in VS Code ${vscode.version}`, () => {
      let document: vscode.TextDocument;

      before(async () => {
        assert.equal(vscode.workspace.isTrusted, false);
        document = await show(vscode.Uri.joinPath(folder(), 'plugin', 'go.mod'));
      });

      it('runs no program that it names', () => noProgramOf(vscode.Uri.joinPath(folder(), '..')));

      it('reports possible differences from the host inside the workspace as warnings', async () => {
        const found = await until('warnings', () => {
          const warnings = findings(document).filter(each => each.severity === vscode.DiagnosticSeverity.Warning);
          return warnings.length > 0 && warnings;
        });
        const ranges = found.map(each => rangeText(each.range));
        for (const each of MISMATCHES) {
          assert.ok(ranges.includes(rangeText(place(document, each.module))), each.module);
        }
        assert.ok(findings(document).every(each => each.severity !== vscode.DiagnosticSeverity.Error));
      });

      it('explains why packages are unknown, and never runs Go', async () => {
        const found = await until('what Go could not say', () =>
          findings(document).find(each => codeOf(each) === 'not-resolved'),
        );
        assert.match(found.message, /not trusted/);
        await noProgramOf(vscode.Uri.joinPath(folder(), '..'));
      });

      it('shows in the status item that the workspace is not trusted', async () => {
        const api = await activated();
        const status = await until('the status', () => (api.status.text.includes('warning') ? api.status : undefined));
        assert.match(status.detail, /^workspace not trusted: Go is not run/);
        assert.equal(status.severity, 'warning');
      });

      it('ignores a host that the workspace names', () => {
        const { host } = Object.fromEntries([
          ['host', vscode.workspace.getConfiguration('layergPin', document.uri).get('host')],
        ]);
        assert.equal(host, '');
        assert.ok(findings(document).every(each => codeOf(each) !== 'host-unreadable'));
      });
    });
  });
