/** The settings that this client reads; the server requests all others. */

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

/** Set the host in this user's settings, for the workspace folder that contains a go.mod. */
export async function setHost(gomod: vscode.Uri, host: string): Promise<void> {
  const inFolder = vscode.workspace.getWorkspaceFolder(gomod) !== undefined;
  const target = inFolder ? vscode.ConfigurationTarget.WorkspaceFolder : vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration(SECTION, gomod).update('host', host, target);
}

/** Whether a change requires a restart of the server; the server reacts to all other changes. */
export function needsRestart(change: vscode.ConfigurationChangeEvent): boolean {
  return ['serverPath', 'python'].some(key => change.affectsConfiguration(`${SECTION}.${key}`));
}

function read(key: string): string {
  // A value of another type, which VS Code does not refuse, is ignored.
  const value = vscode.workspace.getConfiguration(SECTION).get<unknown>(key);
  return typeof value === 'string' ? value.trim() : '';
}
