/** The server's diagnostics, except those that another extension shows too; published again when that changes. */

import * as vscode from 'vscode';
import { unrepeated } from './repeats';

interface Published {
  readonly all: readonly vscode.Diagnostic[];
  readonly show: (diagnostics: vscode.Diagnostic[]) => void;
  shown: number;
}

export class Diagnostics implements vscode.Disposable {
  readonly #published = new Map<string, Published>();
  readonly #subscription = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
    for (const uri of uris) {
      this.#again(uri);
    }
  });

  /** What the server says of a file now, and how it is shown. */
  publish(uri: vscode.Uri, all: readonly vscode.Diagnostic[], show: (diagnostics: vscode.Diagnostic[]) => void): void {
    const left = unrepeated(all, vscode.languages.getDiagnostics(uri));
    this.#published.set(uri.toString(), { all, show, shown: left.length });
    show(left);
  }

  /** The server is gone, and what it showed. */
  clear(): void {
    this.#published.clear();
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #again(uri: vscode.Uri): void {
    const published = this.#published.get(uri.toString());
    const left = published && unrepeated(published.all, vscode.languages.getDiagnostics(uri));
    if (left && left.length !== published.shown) {
      published.shown = left.length;
      published.show(left);
    }
  }
}
