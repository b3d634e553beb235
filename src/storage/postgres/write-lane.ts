/** Commits everything that has arrived while the last commit was under way; one transaction at a time, in order. */
import { countCalls, type StorageObserver, type Unit } from '../engine.ts';
import type { Connections } from './connections.ts';
import { isRetriable, sqlErrorOf } from './errors.ts';
import { failureOf, resolveAll, splitAtFailure } from './outcomes.ts';

const MAX_CALLS = 1_024;
const MAX_BYTES = 8 * 1024 * 1024;
/** Deadlocks with other nodes: the transaction had no effect and runs again. */
const MAX_TRIES = 5;

export class WriteLane {
  readonly #connections: Connections;
  readonly #observer: StorageObserver | undefined;
  #waiting: Unit[] = [];
  #busy = false;

  constructor(connections: Connections, observer: StorageObserver | undefined) {
    this.#connections = connections;
    this.#observer = observer;
  }

  enqueue(unit: Unit): void {
    this.#waiting.push(unit);
    if (this.#busy) return;
    this.#busy = true;
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const started = performance.now();
      const batch = this.#takeBatch();
      await this.#commit(batch);
      this.#observer?.batch(countCalls(batch), performance.now() - started);
    }
    this.#busy = false;
  }

  #takeBatch(): readonly Unit[] {
    let calls = 0;
    let bytes = 0;
    const end = this.#waiting.findIndex((unit) => {
      calls += unit.calls.length;
      bytes += unit.bytes;
      return calls > MAX_CALLS || bytes > MAX_BYTES;
    });
    if (end === -1) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, Math.max(1, end));
  }

  /**
   * A call that fails takes its transaction with it. So what came before it commits again without it, then it runs
   * alone (and fails alone), then the rest: no call runs more than twice for each that fails.
   */
  async #commit(batch: readonly Unit[]): Promise<void> {
    const parts: (readonly Unit[])[] = [batch];
    let tries = 0;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part.length === 0) continue;
      const outcome = await this.#connections.run(part.flatMap((unit) => unit.calls));
      const { ran, failed, untouched } = splitAtFailure(part, outcome);
      if (outcome.error === undefined) {
        resolveAll(part, outcome);
      } else if (outcome.lost) {
        rejectAll(part, outcome.error);
      } else if (isRetriable(outcome.error) && ++tries < MAX_TRIES) {
        parts.push(part);
      } else if (part.length === 1) {
        part[0]?.reject(failureOf(part[0], part, outcome));
      } else if (failed === undefined) {
        rejectAll(part, outcome.error);
      } else {
        parts.push(untouched, [failed], ran);
      }
    }
  }
}

function rejectAll(units: readonly Unit[], error: unknown): void {
  for (const unit of units) unit.reject(sqlErrorOf(error));
}
