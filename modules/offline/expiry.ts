/** Deletes messages that nobody came for, a few at a time. */
import type { Clock, Logger } from '#api';
import type { OfflineQueues } from './queues.ts';

export interface ExpiryParts {
  readonly queues: OfflineQueues;
  readonly clock: Clock;
  readonly log: Logger;
  readonly expired: { inc(by: number): void };
  /** Milliseconds; Infinity keeps them for good. */
  readonly retention: number;
  readonly signal: AbortSignal;
}

const SWEEP_MS = 600_000;

/** Looks every ten minutes, until the signal. */
export function startExpiry({ queues, clock, log, expired, retention, signal }: ExpiryParts): void {
  if (retention === Infinity) return;
  let isRunning = false;
  const sweep = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      expired.inc(await queues.expire(clock.now() - retention, signal));
    } catch (cause) {
      log.warn({ err: cause }, 'messages that waited for too long could not be deleted');
    } finally {
      isRunning = false;
    }
  };
  signal.addEventListener(
    'abort',
    clock.every(SWEEP_MS, () => void sweep()),
  );
}
