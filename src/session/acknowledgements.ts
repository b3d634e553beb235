/** What one side of a managed session has sent and not yet seen acknowledged: XEP-0198 section 4, without any XML. */
import { Ring } from '../util/ring.ts';
import type { Stanza } from '../xmpp/stanza.ts';

/** Counters wrap after 2^32 - 1 (section 4). */
const MODULUS = 2 ** 32;
/** What a stanza takes besides its text, counted in characters. */
const OVERHEAD = 256;

/** A stanza that the client has not acknowledged. */
export interface Unacknowledged {
  readonly stanza: Stanza;
  /** As it was written, or will be. */
  readonly xml: string;
  /** When it was handed to the session; milliseconds since 1970. */
  readonly at: number;
  /** The same in the order of all that sessions were handed; see `ClientSession.wasAt`. */
  readonly moment: number;
}

export interface QueueLimits {
  /** That come for a client while it is away. */
  readonly stanzas: number;
  /** Of text, counted in characters. */
  readonly bytes: number;
}

/** Who wants to know what has arrived. */
export interface ArrivalObserver {
  took(stanza: Stanza): void;
}

export class Acknowledgements {
  /** Stanzas of the client that were handled, modulo 2^32. */
  handled: number;
  readonly #limits: QueueLimits;
  readonly #queue = new Ring<Unacknowledged>(Number.MAX_SAFE_INTEGER);
  #bytes = 0;
  /** How many were sent since the session is managed. */
  #total: number;
  /** How many were sent when the client was lost. */
  #leftAt = 0;

  constructor(limits: QueueLimits, counters: { readonly handled: number; readonly sent: number } = START) {
    this.#limits = limits;
    this.handled = counters.handled;
    this.#total = counters.sent;
  }

  /** Stanzas that wait for an acknowledgement. */
  get length(): number {
    return this.#queue.length;
  }

  /** How many have been sent to the client since the session is managed, modulo 2^32. */
  get sent(): number {
    return this.#total % MODULUS;
  }

  /** The place of the oldest that waits, or of the next that comes, among all that were sent: from 0 on. */
  get first(): number {
    return this.#total - this.#queue.length;
  }

  countHandled(): void {
    this.handled = (this.handled + 1) % MODULUS;
  }

  /** Keeps a stanza until it is acknowledged. */
  push(entry: Unacknowledged): void {
    this.#queue.push(entry);
    this.#bytes += entry.xml.length + OVERHEAD;
    this.#total++;
  }

  /** The client is away from now on. */
  leave(): void {
    this.#leftAt = this.#total;
  }

  /**
   * More waits than may. A client that is there is not held to a number: the presence of a large room comes to it faster
   * than its acknowledgements can come back. Nor does that count when it is lost.
   */
  exceeds(isAway: boolean): boolean {
    return this.#bytes > this.#limits.bytes || (isAway && this.#total - this.#leftAt > this.#limits.stanzas);
  }

  /** The client has everything up to `h`. False when it claims more than it was sent (section 6). */
  acknowledge(h: number, observer?: ArrivalObserver): boolean {
    const later = behind(this.#total, h);
    if (later >= this.#queue.length) return later <= this.#total && later < MODULUS / 2; // nothing new, or never sent
    while (this.#queue.length > later) {
      const { stanza, xml } = this.#queue.shift() as Unacknowledged;
      this.#bytes -= xml.length + OVERHEAD;
      observer?.took(stanza);
    }
    return true;
  }

  /** Whether the stanza with this sequence number still waits for an acknowledgement. */
  has(sequence: number): boolean {
    return behind(this.#total, sequence) < this.#queue.length;
  }

  /** The stanza at this place among all that were sent; undefined when it does not wait. */
  at(place: number): Unacknowledged | undefined {
    return this.#queue.at(place - this.first);
  }

  /** What the client has not acknowledged, the oldest first. */
  pending(): Iterable<Unacknowledged> {
    return this.#queue;
  }
}

const START = { handled: 0, sent: 0 } as const;

/** How many numbers lie between a sequence number and the newest one. */
function behind(newest: number, sequence: number): number {
  return (((newest - sequence) % MODULUS) + MODULUS) % MODULUS;
}

/** `h` as an unsigned integer of 32 bits; undefined when it is none. */
export function parseCounter(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value < MODULUS ? value : undefined;
}
