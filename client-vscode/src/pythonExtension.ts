/** What the Python extension has chosen, where it is installed. It is never a dependency. */

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

/** The path of the chosen Python; undefined without the extension, or where it does not say. */
export async function chosenPython(log: vscode.LogOutputChannel): Promise<string | undefined> {
  // A workspace can bring its own Python, which is a program to run.
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

/** Call when another Python is chosen there. */
export async function onPythonChosen(call: () => void): Promise<vscode.Disposable> {
  const api = await pythonExtension();
  return api?.environments.onDidChangeActiveEnvironmentPath(call) ?? new vscode.Disposable(() => undefined);
}

async function pythonExtension(): Promise<PythonExtension | undefined> {
  return vscode.extensions.getExtension<PythonExtension>(ID)?.activate();
}
