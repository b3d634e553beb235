/** The entries of the last hours, bounded, in the order in which they were made; made for each message many times. */
import { type Clock, clark, type Jid, type Ledger, NS, type Stanza, type Step } from '#api';
import { CHUNK_ENTRIES, Chunk, nextNumber } from './chunk.ts';
import { fingerprint } from './fingerprint.ts';

const ORIGIN_ID = clark(NS.stanzaId, 'origin-id');

interface BookLimits {
  /** Entries at a time; rounded up to whole chunks. */
  readonly maxEntries: number;
  /** Milliseconds. */
  readonly keepMs: number;
}

/** Looking at the clock would cost as much as the rest. Where such a step waited all the same, `tick` has looked. */
function followsAtOnce(step: Step): boolean {
  return (
    step === 'written' || step === 'archived' || step === 'received' || step === 'acknowledged' || step === 'copied'
  );
}

export class Book implements Ledger {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #maxChunks: number;
  readonly #chunks = new Map<number, Chunk>();
  #chunk: Chunk;
  #now: number;

  constructor(clock: Clock, { maxEntries, keepMs }: BookLimits) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#maxChunks = Math.max(2, Math.ceil(maxEntries / CHUNK_ENTRIES));
    this.#now = clock.now();
    this.#chunk = this.#begin(new Chunk());
  }

  /** From the oldest to the newest. */
  chunks(): Iterable<Chunk> {
    return this.#chunks.values();
  }

  /** The time of the oldest entry; milliseconds since 1970. Undefined when there is none. */
  get since(): number | undefined {
    for (const { length, times } of this.#chunks.values()) return length === 0 ? undefined : times[0];
    return undefined;
  }

  turn(at = this.#clock.now()): void {
    if (at > this.#now) this.#now = at;
  }

  note(step: Step, stanza: Stanza, where?: Jid, detail?: string): void {
    // An error is told of with what it answers.
    if (stanza.kind !== 'message' || stanza.type === 'error') return;
    if (!followsAtOnce(step)) this.#now = this.#clock.now();
    const { trace } = stanza;
    if (this.#knows(trace)) {
      this.#add(trace, step, where, detail);
      return;
    }
    stanza.trace = this.#addHead(stanza, step === 'received' ? step : undefined, detail);
    this.#nameByOrigin(stanza);
    if (step !== 'received') this.#add(stanza.trace, step, where, detail);
  }

  /** Time goes on: what is older than it may be is forgotten. */
  tick(): void {
    this.#now = this.#clock.now();
    for (const [number, chunk] of this.#chunks) {
      if (chunk === this.#chunk) {
        if (chunk.length > 0 && this.#isOld(chunk)) this.#chunk = this.#begin(new Chunk());
        else return;
      } else if (!this.#isOld(chunk)) return;
      this.#chunks.delete(number);
    }
  }

  /** Forgets what an account sent and got, as far as messages name it. */
  forget(account: string): void {
    for (const chunk of this.#chunks.values()) {
      for (let i = 0; i < chunk.length; i++) {
        if (chunk.recipients[i]?.bare !== account && chunk.wheres[i]?.bare !== account) continue;
        // A head that cannot be found takes all that happened with it.
        chunk.keys[i] = -1;
        chunk.wheres[i] = chunk.recipients[i] = chunk.details[i] = undefined;
      }
    }
  }

  /** Whether that is the number of an entry that is still there. It has its chunk's number in it; 0 is none. */
  #knows(trace: number): boolean {
    const distance = trace - this.#chunk.first;
    if (distance >= 0 && distance < CHUNK_ENTRIES) return true;
    return trace !== 0 && this.#chunks.has(Math.floor((trace - 1) / CHUNK_ENTRIES));
  }

  #isOld({ times, length }: Chunk): boolean {
    return (times[length - 1] as number) < this.#now - this.#keepMs;
  }

  #addHead(stanza: Stanza, step: Step | undefined, detail: string | undefined): number {
    const { id, from, to } = stanza;
    const trace = this.#add(id === undefined ? -1 : fingerprint(id), step, from, detail);
    const chunk = this.#chunk;
    chunk.recipients[chunk.length - 1] = to;
    return trace;
  }

  /** XEP-0359: a message can be asked for by its origin id, too, where that is another one. */
  #nameByOrigin({ element, id, trace }: Stanza): void {
    const { children } = element;
    for (let i = 0; i < children.length; i++) {
      const child = children[i];
      if (typeof child !== 'object' || child.key !== ORIGIN_ID) continue;
      const origin = child.attr('id');
      if (origin !== undefined && origin !== id) this.#add(trace, undefined, undefined, String(fingerprint(origin)));
      return;
    }
  }

  /** The number of the new entry, from 1 on. */
  #add(key: number, step: Step | undefined, where: Jid | undefined, detail: string | undefined): number {
    let chunk = this.#chunk;
    if (chunk.length === CHUNK_ENTRIES) chunk = this.#chunk = this.#begin(this.#spare());
    const i = chunk.length++;
    chunk.keys[i] = key;
    chunk.times[i] = this.#now;
    chunk.steps[i] = step;
    chunk.wheres[i] = where;
    chunk.details[i] = detail;
    return chunk.first + i;
  }

  #begin(chunk: Chunk): Chunk {
    chunk.begin(nextNumber());
    this.#chunks.set(chunk.number, chunk);
    return chunk;
  }

  /** The oldest chunk, where there are as many as there may be. */
  #spare(): Chunk {
    if (this.#chunks.size < this.#maxChunks) return new Chunk();
    const [oldest] = this.#chunks.values() as Iterator<Chunk> & Iterable<Chunk>;
    this.#chunks.delete((oldest as Chunk).number);
    return oldest as Chunk;
  }
}
