/** Wires the parts together; what they do stands in their own modules. */

import * as vscode from 'vscode';
import { App } from './app';
import * as commands from './commands';
import { selectHost } from './hostPicker';
import { own } from './names';
import { onPythonChosen } from './pythonExtension';
import * as settings from './settings';
import type { Said } from './status';
import type { State } from './supervisor';

/** What other extensions, and the tests, can see. */
export interface Api {
  readonly state: State;
  readonly status: Said;
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
      return gomod ? choose(gomod) : active.tellNoPlugin();
    }),
    command(own.explainLine, () => commands.explainLine(active)),
    command(own.explainSelection, () => commands.explainSelection(active)),
    command(own.predictPlugin, (file: unknown) => commands.predictPlugin(active, file)),
    command(own.previewAlignAll, () => commands.previewAlignAll(active)),
    command(own.applyPreview, () => active.preview.apply()),
    vscode.workspace.onDidOpenTextDocument(document => {
      active.soon(active.startFor(document));
    }),
    vscode.workspace.onDidCloseTextDocument(() => {
      active.soon(active.refresh());
    }),
    vscode.window.onDidChangeActiveTextEditor(() => {
      active.soon(active.refresh());
    }),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (settings.needsRestart(change) && active.state.kind !== 'stopped') {
        active.soon(restart());
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      if (active.state.kind !== 'stopped') {
        active.soon(restart());
      }
    }),
  );
  active.soon(
    onPythonChosen(() => {
      active.soon(restart());
    }).then(subscription => context.subscriptions.push(subscription)),
  );
  for (const document of vscode.workspace.textDocuments) {
    active.soon(active.startFor(document));
  }
  active.soon(active.refresh());
  return {
    get state() {
      return active.state;
    },
    get status() {
      return active.said;
    },
  };
}

export async function deactivate(): Promise<void> {
  await app?.end();
  app = undefined;
}
