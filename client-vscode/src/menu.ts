/** The entries of the quick pick behind the status item. Pure: no editor here. */

import { own, server } from './names';
import type { State } from './supervisor';

export interface Entry {
  readonly label: string;
  readonly detail: string;
  readonly command: string;
}

interface Candidate extends Entry {
  /** The command of the server that does it: without it, there is no such entry. */
  readonly needs?: string;
  /** Whether it is about a plugin, and of no use without one. */
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
    detail: 'Shows as a diff what aligning would change',
    command: own.previewAlignAll,
    needs: server.alignAll,
    aboutPlugin: true,
  },
  {
    label: '$(check-all) Align all and tidy',
    detail: 'The same, and what `go mod tidy` makes of it',
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
    detail: "Brings what Go's module cache lacks, over the network",
    command: server.downloadModules,
    needs: server.downloadModules,
    aboutPlugin: true,
  },
  {
    label: '$(server) Choose a host…',
    detail: 'A folder, a binary, a modules.txt or a go.mod that the plugin is held against',
    command: own.selectHost,
    aboutPlugin: true,
  },
  {
    label: '$(info) Show the host',
    detail: 'What is known of it, and from where',
    command: server.showHost,
    needs: server.showHost,
    aboutPlugin: true,
  },
  {
    label: '$(question) Explain an error line…',
    detail: 'What a line of the host or of Go means, and what to do',
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
  { label: '$(debug-restart) Restart the server', detail: 'Ends it and starts it anew', command: own.restart },
];

const PYTHON: Entry = {
  label: '$(folder-opened) Choose a Python…',
  detail: 'The server needs Python 3.11 or newer',
  command: own.choosePython,
};

/** What can be done now: with this state of the server, the commands that it lists, and a plugin in sight or none. */
export function entries(state: State, commands: readonly string[], hasPlugin: boolean): Entry[] {
  const running = state.kind === 'running';
  const possible = CANDIDATES.filter(
    each =>
      (each.needs === undefined || (running && commands.includes(each.needs))) &&
      (!each.aboutPlugin || (running && hasPlugin)),
  ).map(({ label, detail, command }) => ({ label, detail, command }));
  return state.kind === 'failed' ? [PYTHON, ...possible] : possible;
}
