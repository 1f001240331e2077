/** Read-only documents that are not on disk: reports, and the preview of a changed go.mod. */

import * as vscode from 'vscode';

export const SCHEME = 'layerg-pin';

export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  // It must exist before the provider is registered, which subscribes to it.
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions = [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
    vscode.workspace.onDidCloseTextDocument(document => this.#texts.delete(document.uri.toString())),
  ];

  /** The URI of a document with this path and text. A document that is already shown gets the new text. */
  put(path: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  /** Show Markdown in VS Code's preview. */
  async showMarkdown(name: string, text: string): Promise<void> {
    const uri = this.put(`/${name}.md`, text);
    await vscode.workspace.openTextDocument(uri);
    await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  }

  dispose(): void {
    vscode.Disposable.from(this.#changed, ...this.#subscriptions).dispose();
  }
}
