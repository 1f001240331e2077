/** The entries of the status item's menu. Pure: does not use the editor's API. */

import { own, server } from './names';
import type { State } from './supervisor';

export interface Entry {
  readonly label: string;
  readonly detail: string;
  readonly command: string;
}

interface Candidate extends Entry {
  /** The server command that the entry needs: the entry is omitted if the server does not support it. */
  readonly needs?: string;
  /** Whether the entry needs an active plugin. */
  readonly aboutPlugin?: boolean;
}

const CANDIDATES: readonly Candidate[] = [
  {
    label: '$(check-all) Align all modules with the host',
    detail: "Sets the host's versions in go.mod, as one change",
    command: server.alignAll,
    needs: server.alignAll,
    aboutPlugin: true,
  },
  {
    label: '$(diff) Preview the alignment',
    detail: 'Shows the change as a diff before it is applied',
    command: own.previewAlignAll,
    needs: server.alignAll,
    aboutPlugin: true,
  },
  {
    label: '$(check-all) Align all and tidy',
    detail: "Sets the host's versions in go.mod, then runs `go mod tidy`",
    command: server.alignAndTidy,
    needs: server.alignAndTidy,
    aboutPlugin: true,
  },
  {
    label: '$(package) Tidy and vendor',
    detail: 'Runs `go mod tidy` and `go mod vendor`',
    command: server.tidyAndVendor,
    needs: server.tidyAndVendor,
    aboutPlugin: true,
  },
  {
    label: '$(cloud-download) Download modules',
    detail: "Downloads the modules that are missing in Go's module cache",
    command: server.downloadModules,
    needs: server.downloadModules,
    aboutPlugin: true,
  },
  {
    label: '$(server) Choose a host…',
    detail: 'The release, folder, binary or image that the plugin is compared with',
    command: own.selectHost,
    aboutPlugin: true,
  },
  {
    label: '$(arrow-up) Upgrade to another release of the host…',
    detail: 'Shows what would change in all files, then changes it as one edit',
    command: server.upgrade,
    needs: server.planUpgrade,
    aboutPlugin: true,
  },
  {
    label: '$(info) Show the host',
    detail: 'What is known about the host, and which files state it',
    command: server.showHost,
    needs: server.showHost,
    aboutPlugin: true,
  },
  {
    label: '$(question) Explain an error line…',
    detail: 'What an error of the host or of Go means, and how to fix it',
    command: own.explainLine,
    needs: server.explain,
  },
  {
    label: '$(beaker) Predict whether a built plugin loads…',
    detail: 'Compares a .so with the host as plugin.Open does',
    command: own.predictPlugin,
    needs: server.predict,
    aboutPlugin: true,
  },
  { label: '$(output) Show the log', detail: 'What the server and this extension did', command: own.showLog },
  { label: '$(debug-restart) Restart the server', detail: 'Stops it and starts it again', command: own.restart },
];

const PYTHON: Entry = {
  label: '$(folder-opened) Choose a Python…',
  detail: 'The server needs Python 3.11 or newer',
  command: own.choosePython,
};

/** The entries for a state of the server, the commands that it supports, and whether there is an active plugin. */
export function entries(state: State, commands: readonly string[], hasPlugin: boolean): Entry[] {
  const running = state.kind === 'running';
  const possible = CANDIDATES.filter(
    each =>
      (each.needs === undefined || (running && commands.includes(each.needs))) &&
      (!each.aboutPlugin || (running && hasPlugin)),
  ).map(({ label, detail, command }) => ({ label, detail, command }));
  return state.kind === 'failed' ? [PYTHON, ...possible] : possible;
}
