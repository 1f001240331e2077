/** The commands of this client. */

import * as vscode from 'vscode';
import type { App } from './app';
import { labelText, plainText } from './escaping';
import { server } from './names';
import { setPython } from './settings';
import { errorLine } from './texts';

export function showLog(app: App): void {
  app.log.show();
}

export async function showMenu(app: App): Promise<void> {
  const status = app.statusText;
  // The release of Go does not fit into the status item.
  const here = app.go === undefined ? '' : `here ${app.go}`;
  const title = [status.text, status.detail, here].filter(each => each !== '').join(' · ');
  const chosen = await vscode.window.showQuickPick(app.entries(), {
    title: `layerg-pin: ${plainText(title)}`,
    matchOnDetail: true,
  });
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

export async function choosePython(): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ title: 'A Python, 3.11 or newer', openLabel: 'Use' })) ?? [];
  if (file) {
    await setPython(file.fsPath);
  }
}

export async function previewAlignAll(app: App): Promise<void> {
  const gomod = app.gomod();
  if (!gomod) {
    await app.showNoPlugin();
    return;
  }
  const shown = await app.preview.show(() => app.runOnServer(server.alignAll, gomod.toString()));
  if (shown) {
    app.inBackground(app.preview.ask());
  } else {
    await vscode.window.showInformationMessage('There is nothing to align.');
  }
}

/** Explain an error message; the clipboard's text is proposed. */
export async function explainLine(app: App): Promise<void> {
  const text = await vscode.window.showInputBox({
    title: 'Explain an error line of the host or of Go',
    value: errorLine(await vscode.env.clipboard.readText()),
    placeHolder: 'plugin.Open("…"): plugin was built with a different version of package …',
  });
  if (text) {
    await explain(app, text);
  }
}

/** Explain the text that is selected in the terminal. */
export async function explainSelection(app: App): Promise<void> {
  const before = await vscode.env.clipboard.readText();
  // Extensions cannot read a terminal's selection, but can have it copied to the clipboard.
  await vscode.env.clipboard.writeText('');
  await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
  const selected = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText(before);
  if (selected.trim() === '') {
    await vscode.window.showInformationMessage('Select the error in the terminal first.');
  } else {
    await explain(app, selected);
  }
}

async function explain(app: App, text: string): Promise<void> {
  const gomod = app.gomod();
  const answer = await app.runOnServer(server.explain, text, ...(gomod ? [gomod.toString()] : []));
  await showAnswer(app, 'Explanation', answer);
}

/** Predict whether a built plugin loads: the given file, or one that the user chooses. */
export async function predictPlugin(app: App, file: unknown): Promise<void> {
  const gomod = app.gomod();
  if (!gomod) {
    await app.showNoPlugin();
    return;
  }
  const chosen = file instanceof vscode.Uri ? file : await choosePlugin(gomod);
  if (chosen) {
    const title = `predicting whether ${labelText(vscode.workspace.asRelativePath(chosen))} loads`;
    const answer = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
      app.runOnServer(server.predict, chosen.fsPath, gomod.toString()),
    );
    await showAnswer(app, 'Prediction', answer);
  }
}

async function choosePlugin(gomod: vscode.Uri): Promise<vscode.Uri | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: 'A built plugin',
      openLabel: 'Predict',
      defaultUri: vscode.Uri.joinPath(gomod, '..'),
      filters: { 'Go plugins': ['so'], 'All files': ['*'] },
    })) ?? [];
  return file;
}

async function showAnswer(app: App, name: string, answer: unknown): Promise<void> {
  if (typeof answer === 'string' && answer !== '') {
    await app.documents.showMarkdown(name, answer);
  }
}
