/** How long archives keep messages: by the host, with exceptions. */
import { type Clock, formatDuration, type Jid, type Logger } from '#api';
import type { Removal } from './removal.ts';

export interface RetentionOptions {
  /** Milliseconds; Infinity keeps them for good. */
  readonly retention: number;
  /** By bare address. */
  readonly exceptions: Readonly<Record<string, number>>;
}

const SWEEP_MS = 3_600_000;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #clock: Clock;

  constructor(options: RetentionOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  of(owner: string): number {
    const { exceptions, retention } = this.#options;
    return Object.hasOwn(exceptions, owner) ? (exceptions[owner] as number) : retention;
  }

  /** Messages from before this time are removed; milliseconds since 1970. */
  timeOf(owner: string): number {
    return this.#clock.now() - this.of(owner);
  }

  textOf(owner: string): string {
    return formatDuration(this.of(owner));
  }
}

export interface SweeperParts {
  readonly host: Jid;
  readonly clock: Clock;
  readonly removal: Removal;
  readonly retention: Retention;
  readonly purged: { inc(by: number): void };
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Sweeps every hour and when it is asked to, one sweep at a time, until the signal. */
export function startSweeper({ host, clock, removal, retention, purged, log, signal }: SweeperParts): () => void {
  let isRunning = false;
  let again = false;
  const sweep = async (): Promise<void> => {
    again = true;
    if (isRunning) return;
    isRunning = true;
    try {
      while (again && !signal.aborted) {
        again = false;
        purged.inc(await removal.sweep(host.domain, (owner) => retention.timeOf(owner)));
      }
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, 'old messages could not be removed from the archives');
    } finally {
      isRunning = false;
    }
  };
  signal.addEventListener(
    'abort',
    clock.every(SWEEP_MS, () => void sweep()),
  );
  return () => void sweep();
}
