/** Let the user choose the host of a plugin, and save the choice. */

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { App } from './app';
import { labelText, plainText } from './escaping';
import { asHost, atPath, type Host, type HostChoice, hostChoices, remembered } from './hosts';
import { server } from './names';
import { setHost } from './settings';

const RECENT = 'hosts';

interface Choice extends vscode.QuickPickItem {
  readonly choose: () => Promise<Host | undefined>;
}

/** Let the user choose a host and where to save it, and save it. */
export async function selectHost(app: App, memory: vscode.Memento, gomod: vscode.Uri): Promise<void> {
  const recent = memory.get<readonly string[]>(RECENT, []);
  const offered = app.commands.includes(server.hosts) ? await app.runOnServer(server.hosts, gomod.toString()) : [];
  const host = await (await askHost(recent, hostChoices(offered), gomod))?.choose();
  if (host === undefined) {
    return;
  }
  if ((await write(app, gomod, host)) && !host.isRelease) {
    await memory.update(RECENT, remembered(recent, host.inSettings));
  }
}

async function askHost(
  recent: readonly string[],
  offered: readonly HostChoice[],
  gomod: vscode.Uri,
): Promise<Choice | undefined> {
  const near = vscode.Uri.joinPath(gomod, '..', '..');
  const folder = vscode.Uri.joinPath(gomod, '..').fsPath;
  const browse = async (what: vscode.OpenDialogOptions) => {
    const chosen = (await vscode.window.showOpenDialog({ openLabel: 'Use as Host', defaultUri: near, ...what }))?.[0];
    return chosen && atPath(chosen.fsPath, folder);
  };
  const asItem = (each: HostChoice): Choice => ({
    label: labelText(each.label),
    detail: plainText(each.detail),
    choose: () => Promise.resolve(asHost(each, folder)),
  });
  const separator = (title: string) => ({ label: title, kind: vscode.QuickPickItemKind.Separator });
  const choices: (Choice | vscode.QuickPickItem)[] = [
    ...offered.filter(each => each.likely).map(asItem),
    separator('Recent'),
    ...recent.map(host => ({ label: labelText(host), choose: () => Promise.resolve(atPath(host, folder)) })),
    separator('Browse'),
    {
      label: '$(folder) A folder…',
      detail: "The host's source",
      choose: () => browse({ title: "The folder of the host's source", canSelectFolders: true, canSelectFiles: false }),
    },
    {
      label: '$(file) A file…',
      detail: "The host's binary, vendor/modules.txt, go.mod or profile",
      choose: () => browse({ title: "The host's binary, modules.txt, go.mod or profile" }),
    },
    separator('Releases'),
    ...offered.filter(each => !each.likely).map(asItem),
  ];
  const title = `Which host loads the plugin in ${plainText(path.basename(path.dirname(gomod.fsPath)))}?`;
  const options = { title, placeHolder: 'A release, a recent host, a folder or a file', matchOnDetail: true };
  const chosen = await vscode.window.showQuickPick(choices, options);
  return chosen && 'choose' in chosen ? chosen : undefined;
}

async function write(app: App, gomod: vscode.Uri, host: Host): Promise<boolean> {
  const inFile = {
    label: '$(file-code) In layerg-pin.toml',
    detail: `host = "${labelText(host.inProject)}", beside go.mod: shared with everyone who works on the plugin`,
    write: async () => {
      await app.runOnServer(server.chooseHost, gomod.toString(), host.inProject);
      await saveProjectFile(gomod);
    },
  };
  const inSettings = {
    label: '$(settings-gear) In my settings',
    detail: `"layergPin.host": "${labelText(host.inSettings)}": for this folder on this machine only`,
    write: () => setHost(gomod, host.inSettings),
  };
  const places = app.commands.includes(server.chooseHost) ? [inFile, inSettings] : [inSettings];
  const place = await vscode.window.showQuickPick(places, { title: 'Where to save the host?' });
  await place?.write();
  return place !== undefined;
}

/** Save layerg-pin.toml, which the server edited at the request of the user: only the saved file has an effect. */
async function saveProjectFile(gomod: vscode.Uri): Promise<void> {
  const file = vscode.Uri.joinPath(gomod, '..', 'layerg-pin.toml').toString();
  await vscode.workspace.textDocuments.find(each => each.uri.toString() === file && each.isDirty)?.save();
}
