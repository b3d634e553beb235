/** All streams of this node, and the one clock that looks after them: timeouts, pings, and the end of throttles. */
import type { Clock } from '../kernel/clock.ts';
import type { TransportKind } from '../kernel/transport.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { C2sStream } from './c2s.ts';
import { ping } from './ping.ts';

const SWEEP_MS = 1_000;
const WAKE_MS = 50;
/** How long others wait for a client that does not read. */
const PATIENCE_MS = 10_000;

const timedOut = new StreamError('connection-timeout');

export class StreamTable {
  readonly #streams = new Set<C2sStream>();
  readonly #sleeping = new Map<C2sStream, number>();
  /** Clients that others wait for, and since when; milliseconds since 1970. */
  readonly #lagging = new Map<C2sStream, number>();
  readonly #clock: Clock;
  readonly #stopSweeps: () => void;
  /** Runs while somebody sleeps. */
  #stopWaking: (() => void) | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stopSweeps = clock.every(SWEEP_MS, () => this.#sweep());
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Read when metrics are collected. */
  countOf(transport: TransportKind): number {
    let count = 0;
    for (const stream of this.#streams) if (stream.transport === transport) count++;
    return count;
  }

  /** Bytes that wait for clients. Read when metrics are collected. */
  queuedBytes(): number {
    let bytes = 0;
    for (const stream of this.#streams) bytes += stream.queuedBytes;
    return bytes;
  }

  add(stream: C2sStream): void {
    this.#streams.add(stream);
  }

  remove(stream: C2sStream): void {
    this.#streams.delete(stream);
    this.#sleeping.delete(stream);
    this.#lagging.delete(stream);
  }

  [Symbol.iterator](): Iterator<C2sStream> {
    return this.#streams.values();
  }

  /** Calls `wake` of the stream once the time (milliseconds since 1970) has come. */
  wakeLater(stream: C2sStream, at: number): void {
    this.#sleeping.set(stream, at);
    this.#stopWaking ??= this.#clock.every(WAKE_MS, () => this.#wake());
  }

  isSleeping(stream: C2sStream): boolean {
    return this.#sleeping.has(stream);
  }

  /** Others have begun to wait for this client. Their patience is limited. */
  lags(stream: C2sStream): void {
    this.#lagging.set(stream, this.#clock.now());
  }

  /** It has read all that it was sent. */
  reads(stream: C2sStream): void {
    this.#lagging.delete(stream);
  }

  close(): void {
    this.#stopSweeps();
    this.#stopWaking?.();
  }

  #wake(): void {
    const now = this.#clock.now();
    for (const [stream, at] of this.#sleeping) {
      if (at > now) continue;
      this.#sleeping.delete(stream);
      stream.wake();
    }
    if (this.#sleeping.size > 0) return;
    this.#stopWaking?.();
    this.#stopWaking = undefined;
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [stream, since] of this.#lagging) {
      if (now - since < PATIENCE_MS) continue;
      this.#lagging.delete(stream);
      stream.loosen();
    }
    for (const stream of this.#streams) {
      const { authTimeoutMs, pingIntervalMs } = stream.services.settings;
      if (stream.session === undefined) {
        if (now - stream.openedAt > authTimeoutMs) stream.end(timedOut);
      } else if (now - stream.heardAt > pingIntervalMs) {
        // Silence after a ping for as long again: the peer is gone (RFC 6120 section 4.6.2).
        if (now - stream.heardAt > 2 * pingIntervalMs) stream.lose(timedOut);
        else if (!stream.pinged) ping(stream, stream.session);
      }
    }
  }
}
