/** The numbers behind counters, gauges and histograms: plain fields, so that counting on the hot path costs nanoseconds. */
import type { Counter, Gauge, Histogram } from '../kernel/metrics.ts';

export class CounterCell implements Counter {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }
}

export class GaugeCell implements Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }
}

/** Counts observations by bucket; a bucket holds what is at most its bound, the last one everything above. */
export class HistogramCell implements Histogram {
  readonly #bounds: Float64Array;
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` in rising order. */
  constructor(bounds: readonly number[]) {
    if (bounds.length === 0 || bounds.some((it, at) => at > 0 && it <= bounds[at - 1]!)) {
      throw new Error(`histogram buckets must rise: ${bounds.join(' ')}`);
    }
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    // One NaN would spoil the sum for good.
    if (Number.isNaN(value)) return;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Each bound with the number of observations that are at most as large; the last bound is `Infinity`. */
  cumulative(): readonly (readonly [bound: number, count: number])[] {
    let total = 0;
    return Array.from(this.#counts, (count, at) => {
      total += count;
      return [this.#bounds[at] ?? Number.POSITIVE_INFINITY, total] as const;
    });
  }
}

/** Read when the metrics are collected. */
export class ObservedCell {
  readonly read: () => number;
  constructor(read: () => number) {
    this.read = read;
  }
}

export type Cell = CounterCell | GaugeCell | HistogramCell | ObservedCell;
