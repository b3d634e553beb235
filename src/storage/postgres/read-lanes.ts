/** Runs what changes nothing, on several connections at once and without waiting for commits. */
import type { Unit } from '../engine.ts';
import type { Connections } from './connections.ts';
import { sqlErrorOf } from './errors.ts';
import { failureOf, resolveAll, splitAtFailure } from './outcomes.ts';

/** In one pipeline the second waits for the first, so long pipelines are for when every connection is busy. */
const MAX_UNITS = 64;
/** A read that was lost with its connection runs once more, on another one. */
const MAX_TRIES = 2;

export class ReadLanes {
  readonly #connections: Connections;
  readonly #lanes: number;
  #waiting: Unit[] = [];
  #busy = 0;
  #scheduled = false;

  constructor(connections: Connections, lanes: number) {
    this.#connections = connections;
    this.#lanes = lanes;
  }

  enqueue(unit: Unit): void {
    this.#waiting.push(unit);
    if (this.#scheduled || this.#busy === this.#lanes) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  /** Spreads what waits over the lanes that are free. */
  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#busy < this.#lanes) {
      const share = Math.min(MAX_UNITS, Math.ceil(this.#waiting.length / (this.#lanes - this.#busy)));
      this.#busy++;
      void this.#serve(this.#waiting.splice(0, share)).then(() => {
        this.#busy--;
        this.#dispatch();
      });
    }
  }

  async #serve(units: readonly Unit[]): Promise<void> {
    let left = units;
    let tries = 0;
    while (left.length > 0) {
      const calls = left.flatMap((unit) => unit.calls);
      const outcome = await this.#connections.run(calls, tries === 0 ? 'any' : 'new');
      const { ran, failed, untouched } = splitAtFailure(left, outcome);
      resolveAll(ran, outcome);
      if (failed === undefined) return;
      if (!outcome.lost) {
        failed.reject(failureOf(failed, left, outcome));
        left = untouched;
      } else if (++tries < MAX_TRIES) {
        left = [failed, ...untouched];
      } else {
        for (const unit of [failed, ...untouched]) unit.reject(sqlErrorOf(outcome.error));
        return;
      }
    }
  }
}
