/** What an alignment would change, as a diff: the server's edit is caught on its way, and applied on request. */

import * as vscode from 'vscode';
import type {
  ApplyWorkspaceEditParams,
  ApplyWorkspaceEditResult,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageclient';
import type { Documents } from './documents';
import { plain } from './plain';
import { applied } from './texts';

const APPLY = 'Apply';
const DISCARD = 'Discard';

interface Pending {
  readonly edit: vscode.WorkspaceEdit;
  /** The versions of the texts that the edit was made for. */
  readonly versions: ReadonlyMap<vscode.TextDocument, number>;
}

export class Preview {
  #catch: ((params: ApplyWorkspaceEditParams) => void) | undefined;
  #pending: Pending | undefined;

  constructor(
    private readonly documents: Documents,
    private readonly convert: (edit: WorkspaceEdit) => Promise<vscode.WorkspaceEdit>,
  ) {}

  /** Every edit of the server comes by here first. The answer for the one that is waited for, which goes no further. */
  intercept(params: ApplyWorkspaceEditParams): ApplyWorkspaceEditResult | undefined {
    if (!this.#catch) {
      return undefined;
    }
    this.#catch(params);
    // From here on it is ours to apply: the server is not to tell the person that it was not.
    return { applied: true };
  }

  /** Have a command make its edit, and show what it would make of the first document. Tells whether there was one. */
  async show(command: () => Promise<unknown>): Promise<boolean> {
    let caught: ApplyWorkspaceEditParams | undefined;
    this.#catch = params => {
      caught = params;
    };
    try {
      await command();
    } finally {
      this.#catch = undefined;
    }
    const changes = caught ? editsOf(caught.edit) : [];
    const [first] = changes;
    if (!caught || !first) {
      return false;
    }
    const opened = await Promise.all(changes.map(([uri]) => vscode.workspace.openTextDocument(vscode.Uri.parse(uri))));
    this.#pending = {
      edit: await this.convert(caught.edit),
      versions: new Map(opened.map(document => [document, document.version])),
    };
    const [document] = opened;
    if (!document) {
      return false;
    }
    const after = this.documents.put(document.uri.path, applied(document.getText(), first[1]));
    const name = plain(vscode.workspace.asRelativePath(document.uri));
    await vscode.commands.executeCommand(
      'vscode.diff',
      document.uri,
      after,
      `${name}: ${plain(caught.label ?? 'aligned')}`,
    );
    return true;
  }

  /** Ask whether to apply what is shown; without an answer the button of the diff still does. */
  async ask(): Promise<void> {
    const answer = await vscode.window.showInformationMessage('Apply these changes?', APPLY, DISCARD);
    if (answer === APPLY) {
      await this.apply();
    } else if (answer === DISCARD) {
      this.#pending = undefined;
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    }
  }

  /** Apply what was shown last, as one change that one undo takes back. */
  async apply(): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) {
      return;
    }
    const changed = [...pending.versions].find(([document, version]) => document.version !== version);
    if (changed) {
      const name = plain(vscode.workspace.asRelativePath(changed[0].uri));
      await vscode.window.showWarningMessage(`${name} was edited after the preview: nothing was changed`);
      return;
    }
    await vscode.workspace.applyEdit(pending.edit);
    const [first] = pending.versions.keys();
    if (first) {
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      await vscode.window.showTextDocument(first);
    }
  }
}

/** The text edits of each document, whichever way the edit has them. */
function editsOf(edit: WorkspaceEdit): [uri: string, edits: TextEdit[]][] {
  if (!edit.documentChanges) {
    return Object.entries(edit.changes ?? {});
  }
  return edit.documentChanges.flatMap(change =>
    'textDocument' in change
      ? [[change.textDocument.uri, change.edits.filter(each => 'newText' in each)] as [string, TextEdit[]]]
      : [],
  );
}
