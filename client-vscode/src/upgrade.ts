/** Move a plugin to another release of its host: show the report first, then change all files at once. */

import * as vscode from 'vscode';
import type { WorkspaceEdit } from 'vscode-languageclient';
import type { App } from './app';
import { labelText, plainText } from './escaping';
import { server } from './names';
import { fileCount, type Plan, readPlan, releaseChoices } from './upgrades';

const APPLY = 'Apply';
const DISCARD = 'Discard';
const SAVE_ALL = 'Save All';

/** Show what an upgrade would change, and apply it if the user agrees. Without a release, the user chooses one. */
export async function upgrade(app: App, gomod: vscode.Uri, release: string | undefined): Promise<void> {
  const chosen = release ?? (await chooseRelease(app, gomod));
  const plan =
    chosen === undefined ? undefined : readPlan(await app.runOnServer(server.planUpgrade, gomod.toString(), chosen));
  if (!plan) {
    return;
  }
  await app.documents.showMarkdown('Upgrade', plan.report);
  if (plan.files === 0) {
    await vscode.window.showInformationMessage(`${plainText(plan.title)}: no file changes.`);
  } else {
    app.inBackground(askAndApply(app, plan)); // not awaited: the user may read the report for a long time
  }
}

async function askAndApply(app: App, plan: Plan): Promise<void> {
  const title = plainText(plan.title);
  const question = `${title}: change ${fileCount(plan.files)} as the report says?`;
  if ((await vscode.window.showInformationMessage(question, APPLY, DISCARD)) !== APPLY) {
    return;
  }
  if ((await app.runOnServer(server.applyUpgrade, plan.key)) === true) {
    const done = `${title}: ${fileCount(plan.files)} changed, and not saved yet. One undo takes the change back.`;
    if ((await vscode.window.showInformationMessage(done, SAVE_ALL)) === SAVE_ALL) {
      await vscode.commands.executeCommand('workbench.action.files.saveAll');
    }
  }
}

async function chooseRelease(app: App, gomod: vscode.Uri): Promise<string | undefined> {
  const releases = releaseChoices(await app.runOnServer(server.hosts, gomod.toString()));
  const items = releases.map(each => ({
    label: labelText(each.label),
    detail: plainText(each.detail),
    reference: each.reference,
  }));
  if (items.length === 0) {
    const plugin = plainText(vscode.workspace.asRelativePath(gomod));
    await vscode.window.showInformationMessage(`No release of a known host can be chosen for ${plugin}.`);
    return undefined;
  }
  const options = { title: 'Upgrade the plugin to which release?', matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.reference;
}

/** A file of an edit with unsaved changes that the server does not know, so that the edit must not be applied. */
export function unsavedIn(edit: WorkspaceEdit): vscode.TextDocument | undefined {
  const unknown = (edit.documentChanges ?? []).flatMap(change =>
    'textDocument' in change && change.textDocument.version === null
      ? [vscode.Uri.parse(change.textDocument.uri).toString()]
      : [],
  );
  return vscode.workspace.textDocuments.find(each => each.isDirty && unknown.includes(each.uri.toString()));
}
