/** Preview an alignment as a diff: the server's edit is intercepted, and applied when the user agrees. */

import * as vscode from 'vscode';
import type {
  ApplyWorkspaceEditParams,
  ApplyWorkspaceEditResult,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageclient';
import type { Documents } from './documents';
import { plainText } from './escaping';
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

  /** Intercept the edit of a command that `show` runs. Returns the answer to the server; undefined for other edits. */
  intercept(params: ApplyWorkspaceEditParams): ApplyWorkspaceEditResult | undefined {
    if (!this.#catch) {
      return undefined;
    }
    this.#catch(params);
    // The preview applies it later; the server must not report that it was not applied.
    return { applied: true };
  }

  /** Run a command, and show what its edit would change in the first document. Returns whether it made an edit. */
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
    const name = plainText(vscode.workspace.asRelativePath(document.uri));
    await vscode.commands.executeCommand(
      'vscode.diff',
      document.uri,
      after,
      `${name}: ${plainText(caught.label ?? 'aligned')}`,
    );
    return true;
  }

  /** Ask whether to apply the shown edit. Without an answer, the button of the diff can still apply it. */
  async ask(): Promise<void> {
    const answer = await vscode.window.showInformationMessage('Apply these changes?', APPLY, DISCARD);
    if (answer === APPLY) {
      await this.apply();
    } else if (answer === DISCARD) {
      this.#pending = undefined;
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    }
  }

  /** Apply the edit that was shown last, as one change that one undo reverts. */
  async apply(): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) {
      return;
    }
    const changed = [...pending.versions].find(([document, version]) => document.version !== version);
    if (changed) {
      const name = plainText(vscode.workspace.asRelativePath(changed[0].uri));
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

/** The text edits of each document, from `changes` or `documentChanges`. */
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
