/** Time as the server sees it, so that tests can move it. */

export interface Clock {
  /** Milliseconds since 1970, refreshed a few times a second at least: cheap enough to read per stanza. */
  now(): number;
  /** Calls back every `intervalMs`, roughly; the returned function ends it. Never keeps the process alive. */
  every(intervalMs: number, tick: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  every(intervalMs, tick) {
    const timer = setInterval(tick, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
