/** Names that the server, package.json and this client share. */

export const SECTION = 'layergPin';

/** Commands of the server, as `executeCommandProvider` lists them; the language client registers those. */
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

/** Commands of this client. They are called otherwise than the server's, since both are registered in one place. */
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

/** Commands of the server whose one argument is the go.mod's URI: without it, the plugin that is looked at is meant. */
export const ABOUT_A_PLUGIN: readonly string[] = [
  server.alignAll,
  server.alignAndTidy,
  server.downloadModules,
  server.showHost,
  server.tidyAndVendor,
  server.upgrade,
];
