/** Keeps one server running: starts are queued, and a crashed server is restarted after increasing delays. */

/** A running server. */
export interface RunningServer {
  /** Resolves with the reason when the server ends, even after `stop`. Never rejects. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export type State =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'waiting'; readonly why: string; readonly seconds: number }
  /** It stays stopped until the user restarts it. `error` is the error that `start` rejected with, if any. */
  | { readonly kind: 'failed'; readonly why: string; readonly error?: unknown };

/** An error of a start that would fail in the same way again, so it is not retried. */
export class PermanentStartError extends Error {}

/** Time, so that tests need not wait. */
export interface Clock {
  now(): number;
  /** Call a function after some milliseconds. Returns a function that cancels the call. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The delays before the restarts after crashes. After one more crash there is no restart. */
const BACKOFF_SECONDS = [1, 2, 4, 8] as const;
/** Crashes longer ago than this are forgotten. */
const SETTLED_MILLISECONDS = 180_000;

export class Supervisor {
  #queue: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;
  #running: RunningServer | undefined;
  #cancelRestart: (() => void) | undefined;
  #crashes: number[] = [];
  #disposed = false;
  #state: State = { kind: 'stopped' };

  constructor(
    private readonly start: () => Promise<RunningServer>,
    private readonly changed: (state: State) => void,
    private readonly clock: Clock,
  ) {}

  get state(): State {
    return this.#state;
  }

  /** Start or restart the server. Calls while a restart is queued are merged with it. Never rejects. */
  restart(): Promise<void> {
    this.#crashes = [];
    this.#waiting ??= this.#enqueue(async () => {
      this.#waiting = undefined;
      await this.#end();
      await this.#begin();
    });
    return this.#waiting;
  }

  /** Stop the server for good. */
  dispose(): Promise<void> {
    this.#disposed = true;
    return this.#enqueue(() => this.#end());
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(work);
    return this.#queue;
  }

  async #end(): Promise<void> {
    this.#cancelRestart?.();
    this.#cancelRestart = undefined;
    const running = this.#running;
    this.#running = undefined;
    if (running) {
      await running.stop().catch(() => undefined); // it is gone either way
      this.#become({ kind: 'stopped' });
    }
  }

  async #begin(): Promise<void> {
    if (this.#disposed) {
      return;
    }
    this.#become({ kind: 'starting' });
    try {
      const running = await this.start();
      this.#running = running;
      this.#become({ kind: 'running' });
      // Not awaited, because it resolves only when the server ends. It never rejects.
      running.ended.then(
        why => {
          this.#lost(running, why);
        },
        () => undefined,
      );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof PermanentStartError) {
        this.#become({ kind: 'failed', why, error });
      } else {
        this.#again(why, error);
      }
    }
  }

  #lost(running: RunningServer, why: string): void {
    if (this.#running === running) {
      this.#running = undefined;
      this.#again(why);
    }
  }

  #again(why: string, error?: unknown): void {
    const now = this.clock.now();
    this.#crashes = [...this.#crashes.filter(time => now - time < SETTLED_MILLISECONDS), now];
    const seconds = BACKOFF_SECONDS[this.#crashes.length - 1];
    if (seconds === undefined) {
      this.#become({ kind: 'failed', why, error });
      return;
    }
    this.#become({ kind: 'waiting', why, seconds });
    this.#cancelRestart = this.clock.after(seconds * 1000, () => {
      this.#waiting ??= this.#enqueue(async () => {
        this.#waiting = undefined;
        await this.#end();
        await this.#begin();
      });
    });
  }

  #become(state: State): void {
    this.#state = state;
    this.changed(state);
  }
}
