/** Shows the server's diagnostics, except those that another extension shows too. */

import * as vscode from 'vscode';
import { withoutDuplicates } from './duplicates';

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

  /** A collection for diagnostics that the client requests or the server publishes. */
  create(): vscode.DiagnosticCollection {
    // Without a name: if it had that of the problem matcher's owner, VS Code would hide the matcher's problems.
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

  /** Store all diagnostics of a file, and show those that no other extension shows. */
  #publish(uri: vscode.Uri, all: readonly vscode.Diagnostic[], show: (diagnostics: vscode.Diagnostic[]) => void): void {
    const left = withoutDuplicates(all, vscode.languages.getDiagnostics(uri));
    this.#published.set(uri.toString(), { all, show, shown: left.length });
    show(left);
  }

  /** Forget all diagnostics, after the server ended. */
  clear(): void {
    this.#published.clear();
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #again(uri: vscode.Uri): void {
    const published = this.#published.get(uri.toString());
    const left = published && withoutDuplicates(published.all, vscode.languages.getDiagnostics(uri));
    if (left && left.length !== published.shown) {
      published.shown = left.length;
      published.show(left);
    }
  }
}
