/** What one side of a managed session has sent and not yet seen acknowledged: XEP-0198 section 4, without any XML. */
import { Ring } from '../util/ring.ts';
import type { Stanza } from '../xmpp/stanza.ts';

/** Counters wrap after 2^32 - 1 (section 4). */
const MODULUS = 2 ** 32;

/** A stanza that the client has not acknowledged. */
export interface Unacknowledged {
  readonly stanza: Stanza;
  /** As it was written, or will be. */
  readonly xml: string;
  /** When it was handed to the session; milliseconds since 1970. */
  readonly at: number;
}

export interface QueueLimits {
  readonly stanzas: number;
  /** Of text, counted in characters. */
  readonly bytes: number;
}

export class Acknowledgements {
  /** Stanzas of the client that were handled, modulo 2^32. */
  handled = 0;
  readonly #limits: QueueLimits;
  readonly #queue: Ring<Unacknowledged>;
  #bytes = 0;
  /** The sequence number of the newest stanza in the queue, modulo 2^32. */
  #sent = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
    this.#queue = new Ring(limits.stanzas);
  }

  /** Stanzas that wait for an acknowledgement. */
  get length(): number {
    return this.#queue.length;
  }

  /** How many have been sent to the client since the session is managed, modulo 2^32. */
  get sent(): number {
    return this.#sent;
  }

  countHandled(): void {
    this.handled = (this.handled + 1) % MODULUS;
  }

  /** Keeps a stanza until it is acknowledged; false when the queue is full, and then the session has to end. */
  push(entry: Unacknowledged): boolean {
    if (this.#bytes + entry.xml.length > this.#limits.bytes || !this.#queue.push(entry)) return false;
    this.#bytes += entry.xml.length;
    this.#sent = (this.#sent + 1) % MODULUS;
    return true;
  }

  /** The client has everything up to `h`. False when it claims more than it was sent (section 6). */
  acknowledge(h: number): boolean {
    const first = this.#sent - this.#queue.length;
    const count = (((h - first) % MODULUS) + MODULUS) % MODULUS;
    // An acknowledgement that is older than the last one says nothing new.
    if (count > this.#queue.length) return this.#isPast(h);
    for (let i = 0; i < count; i++) this.#bytes -= (this.#queue.shift() as Unacknowledged).xml.length;
    return true;
  }

  /** Whether the stanza with this sequence number still waits for an acknowledgement. */
  has(sequence: number): boolean {
    const age = (((this.#sent - sequence) % MODULUS) + MODULUS) % MODULUS;
    return age < this.#queue.length;
  }

  /** What the client has not acknowledged, the oldest first. */
  pending(): Iterable<Unacknowledged> {
    return this.#queue;
  }

  #isPast(h: number): boolean {
    const distance = (((this.#sent - h) % MODULUS) + MODULUS) % MODULUS;
    return distance < MODULUS / 2;
  }
}

/** `h` as an unsigned integer of 32 bits; undefined when it is none. */
export function parseCounter(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value < MODULUS ? value : undefined;
}
