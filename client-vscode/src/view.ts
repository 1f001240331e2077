/** The language status item: what is known of the plugin that is looked at. */

import * as vscode from 'vscode';
import { SELECTOR } from './connection';
import { own } from './names';
import { label } from './plain';
import type { Said } from './status';

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

  show(said: Said): void {
    this.#item.text = `layerg-pin: ${label(said.text)}`;
    this.#item.detail = label(said.detail);
    this.#item.severity = SEVERITIES[said.severity];
    this.#item.busy = said.busy;
  }

  dispose(): void {
    this.#item.dispose();
  }
}
