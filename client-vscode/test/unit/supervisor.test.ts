import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PermanentStartError, type RunningServer, type State, Supervisor } from '../../src/supervisor';

/** A scripted server, and a clock that the test advances. */
class Stage {
  readonly states: string[] = [];
  readonly waits: number[] = [];
  now = 0;
  alive = 0;
  most = 0;
  starts = 0;
  /** The errors with which the next starts reject. */
  readonly failures: Error[] = [];
  crash: (why: string) => void = () => assert.fail('nothing runs');
  #wake: (() => void) | undefined;

  readonly supervisor = new Supervisor(
    () => this.#start(),
    state => {
      this.states.push(describe(state));
    },
    {
      now: () => this.now,
      after: (milliseconds, call) => {
        this.waits.push(milliseconds);
        this.#wake = call;
        return () => {
          this.#wake = undefined;
        };
      },
    },
  );

  /** Advance the clock to the next timer. */
  async wake(): Promise<void> {
    const call = this.#wake;
    this.#wake = undefined;
    call?.();
    await settled();
  }

  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  async #start(): Promise<RunningServer> {
    this.starts += 1;
    this.alive += 1;
    this.most = Math.max(this.most, this.alive);
    await settled();
    const failure = this.failures.shift();
    if (failure) {
      this.alive -= 1;
      throw failure;
    }
    let gone = false;
    return {
      ended: new Promise(resolve => {
        this.crash = why => {
          gone = true;
          this.alive -= 1;
          resolve(why);
        };
      }),
      stop: async () => {
        await settled();
        this.alive -= gone ? 0 : 1;
      },
    };
  }
}

function describe(state: State): string {
  switch (state.kind) {
    case 'waiting':
      return `waiting ${state.seconds}: ${state.why}`;
    case 'failed':
      return `failed: ${state.why}`;
    default:
      return state.kind;
  }
}

async function settled(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
}

test('a server is started and stopped', async () => {
  const stage = new Stage();
  await stage.supervisor.restart();
  await stage.supervisor.dispose();
  assert.deepEqual(stage.states, ['starting', 'running', 'stopped']);
  assert.equal(stage.alive, 0);
});

test('restarts are queued, and queued restarts are merged', async () => {
  const stage = new Stage();
  await Promise.all([1, 2, 3].map(() => stage.supervisor.restart()));
  assert.equal(stage.starts, 1);
  const first = stage.supervisor.restart();
  await settled();
  await Promise.all([first, stage.supervisor.restart(), stage.supervisor.restart()]);
  assert.equal(stage.starts, 3);
  assert.equal(stage.most, 1);
  assert.equal(stage.alive, 1);
});

test('the delay grows with each crash, the reason is shown, and the last crash ends the restarts', async () => {
  const stage = new Stage();
  await stage.supervisor.restart();
  for (let crash = 0; crash < 5; crash += 1) {
    stage.crash(`crash ${crash}`);
    await settled();
    await stage.wake();
    await settled();
  }
  assert.deepEqual(stage.waits, [1000, 2000, 4000, 8000]);
  assert.equal(stage.states.at(-1), 'failed: crash 4');
  assert.equal(stage.isWaiting, false);
  await stage.supervisor.restart();
  assert.equal(stage.states.at(-1), 'running');
  stage.crash('once more');
  await settled();
  assert.equal(stage.states.at(-1), 'waiting 1: once more');
});

test('a crash long after the last one counts as the first', async () => {
  const stage = new Stage();
  await stage.supervisor.restart();
  for (let crash = 0; crash < 7; crash += 1) {
    stage.crash('now and then');
    await settled();
    await stage.wake();
    await settled();
    stage.now += 200_000;
  }
  assert.deepEqual(new Set(stage.waits), new Set([1000]));
  assert.equal(stage.states.at(-1), 'running');
});

test('a failed start is retried, unless its error is permanent', async () => {
  const stage = new Stage();
  stage.failures.push(new Error('busy'), new PermanentStartError('no Python'));
  await stage.supervisor.restart();
  assert.equal(stage.states.at(-1), 'waiting 1: busy');
  await stage.wake();
  await settled();
  assert.equal(stage.states.at(-1), 'failed: no Python');
  assert.equal(stage.isWaiting, false);
});

test('a restart cancels the delay after a crash', async () => {
  const stage = new Stage();
  await stage.supervisor.restart();
  stage.crash('gone');
  await settled();
  await stage.supervisor.restart();
  assert.equal(stage.isWaiting, false);
  assert.equal(stage.alive, 1);
});

test('nothing starts after dispose', async () => {
  const stage = new Stage();
  await stage.supervisor.restart();
  stage.crash('gone');
  await settled();
  await stage.supervisor.dispose();
  await stage.wake();
  await stage.supervisor.restart();
  assert.equal(stage.starts, 1);
});
