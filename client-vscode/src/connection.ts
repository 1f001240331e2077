/** One server process and the language client that speaks with it. */

import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
} from 'vscode-languageclient/node';
import type { Diagnostics } from './diagnostics';
import type { Launch } from './launch';
import { SECTION } from './names';
import { type ServerProcess, startServer } from './processes';
import type { Running } from './supervisor';

/** By pattern and not by language: what go.mod is called depends on whether the Go extension is there. */
export const SELECTOR = [
  'go.mod',
  'go.work',
  'modules.txt',
  '*.go',
  // Build files, which name the host by an image tag. The server ignores those that do not concern a plugin.
  '{Dockerfile,Containerfile,*.dockerfile,Dockerfile.*,Containerfile.*}',
  '{docker-compose,compose,Taskfile,taskfile,.gitlab-ci}*.{yml,yaml}',
  'docker-bake*.{hcl,json}',
  '.github/workflows/*.{yml,yaml}',
  '{Makefile,makefile,GNUmakefile,*.mk,*.sh,*.bat,*.cmd,*.ps1,.env,devcontainer.json,.devcontainer.json}',
].map(name => ({ scheme: 'file', pattern: `**/${name}` }));

const STOP_MILLISECONDS = 2000;

export interface Connection extends Running {
  readonly client: LanguageClient;
  /** The commands that the server carries out. */
  readonly commands: readonly string[];
}

/** Start a server and connect with it. Rejects, with how the server ended, where that fails. */
export async function connect(
  launch: Launch,
  log: vscode.LogOutputChannel,
  diagnostics: Diagnostics,
  middleware: Middleware,
): Promise<Connection> {
  const server = await startServer(launch);
  const client: LanguageClient = new LanguageClient(SECTION, 'layerg-pin', () => Promise.resolve(server.child), {
    documentSelector: SELECTOR,
    initializationOptions: { trusted: vscode.workspace.isTrusted },
    initializationFailedHandler: () => false,
    diagnosticCollectionProvider: {
      create: () => diagnostics.create(),
      dispose: collection => {
        collection.dispose();
      },
    },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      // The supervisor starts the next one, and says so.
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
    },
    middleware: {
      ...middleware,
      workspace: {
        ...middleware.workspace,
        // What changes while the server is being ended is not for it; the client would start it again.
        didChangeConfiguration: async (sections, next) => {
          if (client.isRunning()) {
            await next(sections);
          }
        },
      },
    },
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
  } satisfies LanguageClientOptions);
  try {
    await client.start();
  } catch (error) {
    server.child.kill();
    throw new Error(`the server did not start: ${await server.ended}`, { cause: error });
  }
  const commands = client.initializeResult?.capabilities.executeCommandProvider?.commands ?? [];
  return { client, commands, ended: server.ended, stop: () => stop(client, server) };
}

/** Ask the server to end; one that does not is killed. */
async function stop(client: LanguageClient, server: ServerProcess): Promise<void> {
  const timer = setTimeout(() => server.child.kill('SIGKILL'), STOP_MILLISECONDS);
  try {
    await client.dispose(STOP_MILLISECONDS);
  } finally {
    await server.ended;
    clearTimeout(timer);
  }
}
