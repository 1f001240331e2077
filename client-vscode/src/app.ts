/** The active extension: it owns the server, and shows its state. */

import * as vscode from 'vscode';
import type { ApplyWorkspaceEditParams, ApplyWorkspaceEditResult, WorkspaceEdit } from 'vscode-languageclient';
import { type Connection, connect, SELECTOR } from './connection';
import { Diagnostics } from './diagnostics';
import { Documents } from './documents';
import { plainText } from './escaping';
import { installations, located, thisMachine } from './installations';
import { bundledServer, expandHome, ownServer } from './launch';
import * as menu from './menu';
import { own, PLUGIN_COMMANDS, server } from './names';
import { gomodFor } from './plugins';
import { Preview } from './preview';
import { prober } from './processes';
import { findPython, INSTALL_HELP, PythonNotFound } from './python';
import { chosenPython } from './pythonExtension';
import * as settings from './settings';
import { type PluginStatus, readStatus, type StatusText, statusOf } from './status';
import { PermanentStartError, type State, Supervisor } from './supervisor';
import { unsavedIn, upgrade } from './upgrade';
import { View } from './view';

const CHOOSE = 'Choose Python…';
const HELP = 'How to Install';
const LOG = 'Show Log';
const RESTART = 'Restart';

export class App implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('layerg-pin', { log: true });
  readonly documents = new Documents();
  readonly preview = new Preview(this.documents, edit => this.#convert(edit));
  readonly #view = new View();
  readonly #diagnostics = new Diagnostics(() => {
    this.inBackground(this.refresh());
  });
  readonly #supervisor: Supervisor;
  readonly #working = new Set<string | number>();
  #connection: Connection | undefined;
  #plugin: PluginStatus | undefined;
  #chooseHost: ((gomod: vscode.Uri) => Promise<void>) | undefined;

  constructor(private readonly extension: vscode.Uri) {
    this.#supervisor = new Supervisor(
      () => this.#start(),
      state => {
        this.#stateChanged(state);
      },
      {
        now: () => Date.now(),
        after: (milliseconds, call) => {
          const timer = setTimeout(call, milliseconds);
          return () => {
            clearTimeout(timer);
          };
        },
      },
    );
  }

  get state(): State {
    return this.#supervisor.state;
  }

  /** The text of the status item. */
  get statusText(): StatusText {
    const gomod = this.gomod();
    return statusOf({
      server: this.state,
      trusted: vscode.workspace.isTrusted,
      busy: this.#working.size > 0,
      folder: gomod && vscode.workspace.asRelativePath(vscode.Uri.joinPath(gomod, '..')),
      plugin: this.#plugin,
    });
  }

  /** The release of this machine's Go, if the server has reported it. */
  get go(): string | undefined {
    return this.#plugin?.go ?? undefined;
  }

  /** The commands that the server supports; none while it does not run. */
  get commands(): readonly string[] {
    return this.#connection?.commands ?? [];
  }

  /** The function that replaces the server's command to choose a host. */
  set chooseHost(choose: (gomod: vscode.Uri) => Promise<void>) {
    this.#chooseHost = choose;
  }

  /** The go.mod of the active plugin: that of the active editor, or the only open one. */
  gomod(): vscode.Uri | undefined {
    const open = vscode.workspace.textDocuments.filter(isGomod);
    const active = vscode.window.activeTextEditor?.document.uri;
    const path = gomodFor(
      active?.scheme === 'file' ? active.fsPath : undefined,
      open.map(each => each.uri.fsPath),
    );
    return open.find(each => each.uri.fsPath === path)?.uri;
  }

  restart(): Promise<void> {
    return this.#supervisor.restart();
  }

  /** Start the server when the first document that it supports is opened. */
  async startFor(document: vscode.TextDocument): Promise<void> {
    if (this.state.kind === 'stopped' && vscode.languages.match(SELECTOR, document) > 0) {
      await this.restart();
    }
  }

  /** Execute a command on the server. Rejects if it does not run. */
  async runOnServer(command: string, ...args: unknown[]): Promise<unknown> {
    if (!this.#connection) {
      throw new Error('layerg-pin is not running');
    }
    const params = { command, arguments: args };
    return this.#connection.client.sendRequest<unknown>('workspace/executeCommand', params);
  }

  entries(): menu.Entry[] {
    return menu.entries(this.state, this.commands, this.gomod() !== undefined);
  }

  /** Request the state of the active plugin, and show it. */
  async refresh(): Promise<void> {
    this.#view.show(this.statusText);
    const gomod = this.gomod();
    const plugin = gomod && this.#connection ? await this.#statusOf(gomod) : undefined;
    if (gomod?.toString() === this.gomod()?.toString()) {
      this.#plugin = plugin; // otherwise another plugin is active by now, and this answer is outdated
      this.#view.show(this.statusText);
    }
  }

  dispose(): void {
    vscode.Disposable.from(this.#view, this.#diagnostics, this.documents).dispose();
  }

  /** Stop the server; the editor waits until it has ended. */
  async end(): Promise<void> {
    await this.#supervisor.dispose();
    this.log.dispose();
  }

  async #start(): Promise<Connection> {
    const launch = await this.#launch();
    this.log.info(`starting ${[launch.program, ...launch.args].join(' ')}`);
    const connection = await connect(launch, this.log, this.#diagnostics, {
      executeCommand: (command, args: unknown[], next) => this.#execute(command, args, next),
      workspace: {
        handleApplyEdit: (params, next) =>
          this.preview.intercept(params) ??
          this.#refuse(params) ??
          next(params, new vscode.CancellationTokenSource().token),
      },
      handleWorkDoneProgress: (token, params, next) => {
        if (params.kind === 'begin') {
          this.#working.add(token);
        } else if (params.kind === 'end') {
          this.#working.delete(token);
        }
        this.#view.show(this.statusText);
        next(token, params);
      },
    });
    this.#connection = connection;
    return connection;
  }

  /** Run work in the background; its errors are logged. */
  inBackground(work: PromiseLike<unknown>): void {
    work.then(undefined, (error: unknown) => {
      this.log.error(String(error));
    });
  }

  async #launch() {
    const own = settings.serverPath();
    if (own) {
      return ownServer(own, this.extension.fsPath, process.env);
    }
    const machine = thisMachine();
    const sources = {
      setting: located(machine, expandHome(settings.python())),
      chosen: await chosenPython(this.log),
      installed: installations(machine),
    };
    try {
      const python = await findPython(sources, prober(this.extension.fsPath));
      this.log.info(`Python ${python.version}: ${python.command.join(' ')}`);
      return bundledServer(python, this.extension.fsPath, process.env);
    } catch (error) {
      if (error instanceof PythonNotFound) {
        throw new PermanentStartError(error.message, { cause: error });
      }
      throw error;
    }
  }

  #stateChanged(state: State): void {
    if (state.kind !== 'running') {
      this.#connection = undefined;
      this.#plugin = undefined;
      this.#working.clear();
      this.#diagnostics.clear();
    }
    this.inBackground(
      vscode.commands.executeCommand('setContext', 'layergPin.serverCommands', this.commands.join(' ')),
    );
    this.inBackground(this.refresh());
    if (state.kind === 'waiting') {
      this.log.error(`the server stopped: ${state.why}; restarting in ${state.seconds} s`);
    } else if (state.kind === 'failed') {
      this.log.error(`the server is not running: ${state.why}`);
      this.inBackground(this.#tellFailure(state));
    }
  }

  async #tellFailure(state: State & { kind: 'failed' }): Promise<void> {
    const cause = state.error instanceof PermanentStartError ? state.error.cause : undefined;
    if (cause instanceof PythonNotFound) {
      for (const tried of cause.tried) {
        this.log.info(`tried ${tried}`);
      }
      await this.#offer(await vscode.window.showErrorMessage(`${plainText(state.why)}.`, CHOOSE, HELP, LOG));
    } else {
      const message = `The layerg-pin server keeps crashing: ${plainText(state.why)}.`;
      await this.#offer(await vscode.window.showErrorMessage(message, RESTART, LOG));
    }
  }

  async #offer(answer: string | undefined): Promise<void> {
    const commands: Readonly<Record<string, string>> = {
      [CHOOSE]: own.choosePython,
      [LOG]: own.showLog,
      [RESTART]: own.restart,
    };
    if (answer === HELP) {
      await vscode.env.openExternal(vscode.Uri.parse(INSTALL_HELP));
    } else if (answer !== undefined) {
      await vscode.commands.executeCommand(commands[answer] ?? own.showLog);
    }
  }

  /** Execute a server command that the command palette, a code lens or a code action calls. */
  async #execute(
    command: string,
    args: unknown[],
    next: (command: string, args: unknown[]) => unknown,
  ): Promise<unknown> {
    const [uri] = args;
    if (command === server.chooseHost && args.length < 2 && this.#chooseHost) {
      const gomod = typeof uri === 'string' ? vscode.Uri.parse(uri) : this.gomod();
      return gomod && this.#chooseHost(gomod);
    }
    if (PLUGIN_COMMANDS.includes(command) && uri === undefined) {
      const gomod = this.gomod();
      return gomod ? this.#execute(command, [gomod.toString()], next) : this.showNoPlugin();
    }
    if (command === server.upgrade && typeof uri === 'string') {
      await upgrade(this, vscode.Uri.parse(uri), typeof args[1] === 'string' ? args[1] : undefined);
      return undefined;
    }
    if (command === server.showHost) {
      await this.documents.showMarkdown('Host', String(await next(command, args)));
      return undefined;
    }
    return next(command, args);
  }

  /** Refuse an edit of a file with unsaved changes that the server does not know; undefined for other edits. */
  #refuse({ edit }: ApplyWorkspaceEditParams): ApplyWorkspaceEditResult | undefined {
    const unsaved = unsavedIn(edit);
    const name = unsaved && vscode.workspace.asRelativePath(unsaved.uri);
    return name === undefined ? undefined : { applied: false, failureReason: `${name} is not saved: save it first` };
  }

  async showNoPlugin(): Promise<void> {
    await vscode.window.showInformationMessage("Open the plugin's go.mod first.");
  }

  async #statusOf(gomod: vscode.Uri): Promise<PluginStatus | undefined> {
    // The setting serverPath may name an older server, which does not know the command.
    return this.commands.includes(server.status)
      ? readStatus(await this.runOnServer(server.status, gomod.toString()))
      : undefined;
  }

  async #convert(edit: WorkspaceEdit): Promise<vscode.WorkspaceEdit> {
    if (!this.#connection) {
      throw new Error('layerg-pin is not running');
    }
    return this.#connection.client.protocol2CodeConverter.asWorkspaceEdit(edit);
  }
}

function isGomod(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'file' && /[/\\]go\.mod$/.test(document.uri.fsPath);
}
