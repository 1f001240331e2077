/** The settings that this client itself reads; all others the server asks for. */

import * as vscode from 'vscode';
import { SECTION } from './names';

export function serverPath(): string {
  return read('serverPath');
}

export function python(): string {
  return read('python');
}

export async function setPython(path: string): Promise<void> {
  await vscode.workspace.getConfiguration(SECTION).update('python', path, vscode.ConfigurationTarget.Global);
}

/** Set the host for the folder of the workspace that a go.mod lies in, for this person only. */
export async function setHost(gomod: vscode.Uri, host: string): Promise<void> {
  const inFolder = vscode.workspace.getWorkspaceFolder(gomod) !== undefined;
  const target = inFolder ? vscode.ConfigurationTarget.WorkspaceFolder : vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration(SECTION, gomod).update('host', host, target);
}

/** Whether a change needs another server; the server itself notices all other changes. */
export function needsRestart(change: vscode.ConfigurationChangeEvent): boolean {
  return ['serverPath', 'python'].some(key => change.affectsConfiguration(`${SECTION}.${key}`));
}

function read(key: string): string {
  // A value of another type, which VS Code does not refuse, is ignored.
  const value = vscode.workspace.getConfiguration(SECTION).get<unknown>(key);
  return typeof value === 'string' ? value.trim() : '';
}
