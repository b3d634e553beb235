/** Delivery latency without a clock read per stanza: a turn of the event loop is timed as a whole. */
import type { Histogram } from '../kernel/metrics.ts';
import type { LatencyProbe } from '../stream/services.ts';

export class TurnLatency implements LatencyProbe {
  readonly #histogram: Histogram;
  #firstAt = 0;
  #stanzas = 0;

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  /** Bytes were read. */
  began(): void {
    // A turn that delivered nothing yet has cost nobody anything.
    if (this.#stanzas === 0) this.#firstAt = performance.now();
  }

  /** One stanza of this turn was handed to its session. */
  delivered(): void {
    this.#stanzas++;
  }

  /** Everything of this turn has been handed to the operating system. Counts what took longest for all of them. */
  flushed(): void {
    if (this.#stanzas === 0) return;
    const seconds = (performance.now() - this.#firstAt) / 1000;
    for (let i = 0; i < this.#stanzas; i++) this.#histogram.observe(seconds);
    this.#stanzas = 0;
  }
}
