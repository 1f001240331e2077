/** The entry point of the extension: registers commands and events, and passes them to `App`. */

import * as vscode from 'vscode';
import { App } from './app';
import * as commands from './commands';
import { selectHost } from './hostPicker';
import { own } from './names';
import { onPythonChosen } from './pythonExtension';
import * as settings from './settings';
import type { StatusText } from './status';
import type { State } from './supervisor';

/** The extension's API for other extensions and the tests. */
export interface Api {
  readonly state: State;
  readonly status: StatusText;
}

let app: App | undefined;

export function activate(context: vscode.ExtensionContext): Api {
  const active = new App(context.extensionUri);
  app = active;
  const restart = () => active.restart();
  const choose = (gomod: vscode.Uri) => selectHost(active, context.globalState, gomod);
  active.chooseHost = choose;
  const command = vscode.commands.registerCommand;
  context.subscriptions.push(
    active,
    command(own.menu, () => commands.showMenu(active)),
    command(own.showLog, () => {
      commands.showLog(active);
    }),
    command(own.restart, restart),
    command(own.choosePython, () => commands.choosePython()),
    command(own.selectHost, () => {
      const gomod = active.gomod();
      return gomod ? choose(gomod) : active.showNoPlugin();
    }),
    command(own.explainLine, () => commands.explainLine(active)),
    command(own.explainSelection, () => commands.explainSelection(active)),
    command(own.predictPlugin, (file: unknown) => commands.predictPlugin(active, file)),
    command(own.previewAlignAll, () => commands.previewAlignAll(active)),
    command(own.applyPreview, () => active.preview.apply()),
    vscode.workspace.onDidOpenTextDocument(document => {
      active.inBackground(active.startFor(document));
    }),
    vscode.workspace.onDidCloseTextDocument(() => {
      active.inBackground(active.refresh());
    }),
    vscode.window.onDidChangeActiveTextEditor(() => {
      active.inBackground(active.refresh());
    }),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (settings.needsRestart(change) && active.state.kind !== 'stopped') {
        active.inBackground(restart());
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      if (active.state.kind !== 'stopped') {
        active.inBackground(restart());
      }
    }),
  );
  active.inBackground(
    onPythonChosen(() => {
      active.inBackground(restart());
    }).then(subscription => context.subscriptions.push(subscription)),
  );
  for (const document of vscode.workspace.textDocuments) {
    active.inBackground(active.startFor(document));
  }
  active.inBackground(active.refresh());
  return {
    get state() {
      return active.state;
    },
    get status() {
      return active.statusText;
    },
  };
}

export async function deactivate(): Promise<void> {
  await app?.end();
  app = undefined;
}
