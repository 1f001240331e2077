/** Read the interpreter that is selected in the Python extension, which is not a dependency. */

import * as vscode from 'vscode';

const ID = 'ms-python.python';

/** The part of its interface that is used here: https://github.com/microsoft/vscode-python, `api.ts`. */
interface PythonExtension {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(
      environment: unknown,
    ): Promise<{ readonly executable: { readonly uri: vscode.Uri | undefined } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

/** The path of the selected Python; undefined if the extension is missing or has none. */
export async function chosenPython(log: vscode.LogOutputChannel): Promise<string | undefined> {
  // A workspace can contain its own Python, which must not run without trust.
  if (!vscode.workspace.isTrusted) {
    return undefined;
  }
  try {
    const api = await pythonExtension();
    const chosen = await api?.environments.resolveEnvironment(
      api.environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri),
    );
    return chosen?.executable.uri?.fsPath;
  } catch (error) {
    log.warn(`cannot ask the Python extension for its interpreter: ${String(error)}`);
    return undefined;
  }
}

/** Call a function whenever another Python is selected there. */
export async function onPythonChosen(call: () => void): Promise<vscode.Disposable> {
  const api = await pythonExtension();
  return api?.environments.onDidChangeActiveEnvironmentPath(call) ?? new vscode.Disposable(() => undefined);
}

async function pythonExtension(): Promise<PythonExtension | undefined> {
  return vscode.extensions.getExtension<PythonExtension>(ID)?.activate();
}
