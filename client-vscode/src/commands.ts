/** What the commands of this client do. */

import * as vscode from 'vscode';
import type { App } from './app';
import { server } from './names';
import { label, plain } from './plain';
import { setPython } from './settings';
import { errorLine } from './texts';

export function showLog(app: App): void {
  app.log.show();
}

export async function showMenu(app: App): Promise<void> {
  const said = app.said;
  // The status item has room for less.
  const here = app.go === undefined ? '' : `here ${app.go}`;
  const title = [said.text, said.detail, here].filter(each => each !== '').join(' · ');
  const chosen = await vscode.window.showQuickPick(app.entries(), {
    title: `layerg-pin: ${plain(title)}`,
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
    await app.tellNoPlugin();
    return;
  }
  const shown = await app.preview.show(() => app.ask(server.alignAll, gomod.toString()));
  if (shown) {
    app.soon(app.preview.ask());
  } else {
    await vscode.window.showInformationMessage('There is nothing to align.');
  }
}

/** Explain what is in the clipboard, once the person has looked at it. */
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

/** Explain what is selected in the terminal. */
export async function explainSelection(app: App): Promise<void> {
  const before = await vscode.env.clipboard.readText();
  // Extensions cannot read a terminal's selection, but have it copied.
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
  const answer = await app.ask(server.explain, text, ...(gomod ? [gomod.toString()] : []));
  await showAnswer(app, 'Explanation', answer);
}

/** Predict whether a built plugin loads: the file that was asked about, or one that the person chooses. */
export async function predictPlugin(app: App, file: unknown): Promise<void> {
  const gomod = app.gomod();
  if (!gomod) {
    await app.tellNoPlugin();
    return;
  }
  const chosen = file instanceof vscode.Uri ? file : await choosePlugin(gomod);
  if (chosen) {
    const title = `predicting whether ${label(vscode.workspace.asRelativePath(chosen))} loads`;
    const answer = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
      app.ask(server.predict, chosen.fsPath, gomod.toString()),
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
