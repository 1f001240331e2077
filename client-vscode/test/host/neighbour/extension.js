const vscode = require('vscode');

const [python, another] = [process.env.NEIGHBOUR_PYTHON, process.env.A_GOOD_PYTHON];

exports.activate = context => {
  const changed = new vscode.EventEmitter();
  const diagnostics = vscode.languages.createDiagnosticCollection('neighbour');
  let chosen = python;
  const complain = document => {
    if (document.languageId === 'go.mod') {
      const diagnostic = new vscode.Diagnostic(new vscode.Range(0, 0, 0, 6), 'as gopls would', 0);
      diagnostic.source = 'neighbour';
      diagnostics.set(document.uri, [diagnostic]);
    }
  };
  vscode.workspace.textDocuments.forEach(complain);
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(complain),
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
