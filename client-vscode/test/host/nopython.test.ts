/** A machine without a Python on its PATH. */

import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, findings, folder, inState, runSuite, servers, set, show, until } from './support';

export const run = () =>
  runSuite(() => {
    describe(`no Python, in VS Code ${vscode.version}`, () => {
      it('reports the missing Python, and works once one is chosen', async () => {
        const document = await show(vscode.Uri.joinPath(folder(), 'go.mod'));
        const api = await activated();
        const { why } = await inState(api, 'failed');
        assert.equal(why, 'layerg-pin needs Python 3.11 or newer, but none was found');
        assert.deepEqual(servers(), []);
        const python = process.env['A_GOOD_PYTHON'];
        assert.ok(python);
        await set('python', python, vscode.ConfigurationTarget.Global);
        await until('findings', () => findings(document).length > 0);
        await set('python', undefined, vscode.ConfigurationTarget.Global);
      });
    });
  });
