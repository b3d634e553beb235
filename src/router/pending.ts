/** Requests of the server's own that wait for an answer (RFC 6120 section 8.2.3). */
import type { Clock } from '../kernel/clock.ts';
import { randomToken } from '../util/ids.ts';
import type { Stanza } from '../xmpp/stanza.ts';

const TIMEOUT_MS = 30_000;
/** More than that many at once are not kept: the oldest is given up. */
const LIMIT = 10_000;

interface Waiting {
  readonly peer: string;
  readonly deadline: number;
  readonly settle: (answer: Stanza | undefined) => void;
}

export class PendingRequests {
  readonly #waiting = new Map<string, Waiting>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    clock.every(5_000, () => this.#expire());
  }

  /** A fresh id, and the promise of the answer that `peer` (a full or bare address) sends to it. */
  expect(peer: string): { readonly id: string; readonly answer: Promise<Stanza | undefined> } {
    if (this.#waiting.size >= LIMIT) this.#give(this.#waiting.keys().next().value as string, undefined);
    const id = randomToken();
    const answer = new Promise<Stanza | undefined>((settle) => {
      this.#waiting.set(id, { peer, deadline: this.#clock.now() + TIMEOUT_MS, settle });
    });
    return { id, answer };
  }

  /** True when the reply was waited for; only the one who was asked can answer. */
  take(reply: Stanza): boolean {
    const waiting = reply.id === undefined ? undefined : this.#waiting.get(reply.id);
    if (waiting === undefined || waiting.peer !== reply.from.full) return false;
    return this.#give(reply.id as string, reply);
  }

  #give(id: string, answer: Stanza | undefined): boolean {
    this.#waiting.get(id)?.settle(answer);
    return this.#waiting.delete(id);
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const [id, { deadline }] of this.#waiting) {
      if (deadline > now) return; // insertion order is deadline order
      this.#give(id, undefined);
    }
  }
}
