const { LanguageClient } = require('vscode-languageclient/node');
const vscode = require('vscode');

const { NEIGHBOUR_PYTHON: python, A_GOOD_PYTHON: another, NEIGHBOUR_GOPLS: gopls } = process.env;

exports.activate = context => {
  const changed = new vscode.EventEmitter();
  let chosen = python;
  const client = new LanguageClient(
    'gopls',
    'gopls',
    { command: gopls, args: [] },
    { documentSelector: ['go', 'go.mod'].map(language => ({ scheme: 'file', language })) },
  );
  void client.start();
  context.subscriptions.push(
    client,
    vscode.commands.registerCommand('neighbour.stopGopls', () => client.stop()),
    vscode.commands.registerCommand('neighbour.chooseAnother', () => {
      chosen = another;
      changed.fire({});
    }),
  );
  return {
    environments: {
      getActiveEnvironmentPath: () => ({ id: chosen, path: chosen }),
      resolveEnvironment: async () => ({ executable: { uri: vscode.Uri.file(chosen) } }),
      onDidChangeActiveEnvironmentPath: changed.event,
    },
  };
};
