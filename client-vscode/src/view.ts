/** The language status item, which shows the state of the server and of the active plugin. */

import * as vscode from 'vscode';
import { SELECTOR } from './connection';
import { labelText } from './escaping';
import { own } from './names';
import type { StatusText } from './status';

const SEVERITIES = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
} as const;

export class View implements vscode.Disposable {
  readonly #item = vscode.languages.createLanguageStatusItem('layergPin', [
    ...SELECTOR,
    { scheme: 'file', pattern: '**/layerg-pin.toml' },
  ]);

  constructor() {
    this.#item.name = 'layerg-pin';
    this.#item.command = { title: 'Menu', command: own.menu };
  }

  show(status: StatusText): void {
    this.#item.text = `layerg-pin: ${labelText(status.text)}`;
    this.#item.detail = labelText(status.detail);
    this.#item.severity = SEVERITIES[status.severity];
    this.#item.busy = status.busy;
  }

  dispose(): void {
    this.#item.dispose();
  }
}
