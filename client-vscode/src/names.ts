/** Names that the server, package.json and this client share. */

export const SECTION = 'layergPin';

/** The server's commands, as in `executeCommandProvider`. The language client registers them. */
export const server = {
  alignAll: 'layergPin.alignAll',
  alignAndTidy: 'layergPin.alignAndTidy',
  applyUpgrade: 'layergPin.applyUpgrade',
  chooseHost: 'layergPin.chooseHost',
  downloadModules: 'layergPin.downloadModules',
  explain: 'layergPin.explain',
  getRelease: 'layergPin.getRelease',
  hosts: 'layergPin.hosts',
  planUpgrade: 'layergPin.planUpgrade',
  predict: 'layergPin.predict',
  showHost: 'layergPin.showHost',
  status: 'layergPin.status',
  tidyAndVendor: 'layergPin.tidyAndVendor',
  upgrade: 'layergPin.upgrade',
} as const;

/** The commands of this client. Their names differ from those of the server's commands, because both are registered. */
export const own = {
  applyPreview: 'layergPin.applyPreview',
  choosePython: 'layergPin.choosePython',
  explainLine: 'layergPin.explainErrorLine',
  explainSelection: 'layergPin.explainTerminalSelection',
  menu: 'layergPin.showMenu',
  predictPlugin: 'layergPin.predictPlugin',
  previewAlignAll: 'layergPin.previewAlignAll',
  restart: 'layergPin.restartServer',
  selectHost: 'layergPin.selectHost',
  showLog: 'layergPin.showLog',
} as const;

/** The server commands whose argument is the URI of a go.mod. Without an argument, they apply to the active plugin. */
export const PLUGIN_COMMANDS: readonly string[] = [
  server.alignAll,
  server.alignAndTidy,
  server.downloadModules,
  server.showHost,
  server.tidyAndVendor,
  server.upgrade,
];
