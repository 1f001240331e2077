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

  /** `changed` is called after the server's diagnostics of a file were shown. */
  constructor(private readonly changed: () => void) {}

  /** A collection for the diagnostics that the client requests, or that the server publishes where it does so. */
  create(): vscode.DiagnosticCollection {
    // Without a name: "layerg-pin" is the owner of what the problem matcher finds, which VS Code would then not show.
    const collection = vscode.languages.createDiagnosticCollection();
    const forget = (uri: vscode.Uri) => this.#published.delete(uri.toString());
    return {
      name: collection.name,
      set: (uri: unknown, diagnostics?: readonly vscode.Diagnostic[]) => {
        if (!(uri instanceof vscode.Uri)) {
          throw new TypeError('the client sets the diagnostics of one file at a time');
        }
        this.#publish(uri, diagnostics ?? [], left => {
          collection.set(uri, left);
        });
        this.changed();
      },
      delete: uri => {
        forget(uri);
        collection.delete(uri);
      },
      clear: () => {
        this.clear();
        collection.clear();
      },
      forEach: (callback, thisArg) => {
        collection.forEach(callback, thisArg);
      },
      get: uri => collection.get(uri),
      has: uri => collection.has(uri),
      dispose: () => {
        this.clear();
        collection.dispose();
      },
      [Symbol.iterator]: () => collection[Symbol.iterator](),
    };
  }

  /** What the server says of a file now, and how it is shown. */
  #publish(uri: vscode.Uri, all: readonly vscode.Diagnostic[], show: (diagnostics: vscode.Diagnostic[]) => void): void {
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
