/** A server process and its language client. */

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
import type { RunningServer } from './supervisor';

/** Patterns, not languages: the language of go.mod depends on whether the Go extension is installed. */
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

export interface Connection extends RunningServer {
  readonly client: LanguageClient;
  /** The commands that the server supports. */
  readonly commands: readonly string[];
}

/** Start a server and connect to it. If that fails, rejects with the way in which the server ended. */
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
      // The supervisor restarts the server, and shows it.
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
    },
    middleware: {
      ...middleware,
      workspace: {
        ...middleware.workspace,
        // Do not send changes while the server stops: the client would start it again.
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

/** Ask the server to end, and kill it if it does not. */
async function stop(client: LanguageClient, server: ServerProcess): Promise<void> {
  const timer = setTimeout(() => server.child.kill('SIGKILL'), STOP_MILLISECONDS);
  try {
    await client.dispose(STOP_MILLISECONDS);
  } finally {
    await server.ended;
    clearTimeout(timer);
  }
}
