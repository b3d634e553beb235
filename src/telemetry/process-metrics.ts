/** What the process itself shows: memory, processor, file descriptors, garbage collection, and event-loop delay. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics } from 'prom-client';
import type { PrometheusMetrics } from './metrics.ts';

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;
const QUANTILES = [0.5, 0.99, 1] as const;

/**
 * How much later than asked for the event loop gets to its timers. Node's monitor records the whole interval between
 * two samples; what exceeds the sampling interval is the delay.
 */
export class EventLoopDelay {
  readonly #monitor: IntervalHistogram;

  constructor() {
    this.#monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#monitor.enable();
  }

  /** In seconds, since `reset`, for `q` above 0 and up to 1. */
  quantile(q: number): number {
    if (this.#monitor.count === 0) return 0;
    return Math.max(0, this.#monitor.percentile(q * 100) - RESOLUTION_MS * 1e6) / NANOSECONDS;
  }

  reset(): void {
    this.#monitor.reset();
  }

  stop(): void {
    this.#monitor.disable();
  }
}

/** Adds them to the registry. The returned monitor runs until it is stopped. */
export function addProcessMetrics(metrics: PrometheusMetrics): EventLoopDelay {
  // prom-client's own event-loop figures contain the sampling interval (10 ms at rest): sampled rarely, and taken out.
  collectDefaultMetrics({ register: metrics.registry, eventLoopMonitoringPrecision: 1000 });
  for (const it of metrics.registry.getMetricsAsArray()) {
    if (it.name.startsWith('nodejs_eventloop_lag')) metrics.registry.removeSingleMetric(it.name);
  }
  const delay = new EventLoopDelay();
  const help = 'How late the event loop gets to its timers, in seconds, since the last scrape';
  for (const q of QUANTILES) {
    const last = q === QUANTILES.at(-1);
    const read = (): number => {
      const value = delay.quantile(q);
      // The quantiles are read in order within one scrape, so the last one starts the next interval.
      if (last) delay.reset();
      return value;
    };
    metrics.observedGauge('parley_event_loop_delay_seconds', help, read, { quantile: String(q) });
  }
  return delay;
}
