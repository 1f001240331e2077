/** Documents that stand nowhere on disk: explanations, and a go.mod as it would become. */

import * as vscode from 'vscode';

export const SCHEME = 'layerg-pin';

export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  // Before the provider is registered, which subscribes to it.
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions = [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
    vscode.workspace.onDidCloseTextDocument(document => this.#texts.delete(document.uri.toString())),
  ];

  /** The URI of a document with this path and text; one that is shown takes the new text. */
  put(path: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  /** Show Markdown as it is meant to be read. */
  async showMarkdown(name: string, text: string): Promise<void> {
    const uri = this.put(`/${name}.md`, text);
    await vscode.workspace.openTextDocument(uri);
    await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  }

  dispose(): void {
    vscode.Disposable.from(this.#changed, ...this.#subscriptions).dispose();
  }
}
