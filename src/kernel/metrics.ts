/** What is counted; who exports it is not the counter's business. */
export interface Counter {
  inc(by?: number): void;
}
export interface Gauge {
  set(value: number): void;
}
export interface Histogram {
  /** In the unit that the metric's name ends with, such as seconds. */
  observe(value: number): void;
}

export interface Metrics {
  counter(name: string, help: string, labels?: Readonly<Record<string, string>>): Counter;
  gauge(name: string, help: string, labels?: Readonly<Record<string, string>>): Gauge;
  /** Read when the metrics are collected. */
  observedGauge(name: string, help: string, read: () => number, labels?: Readonly<Record<string, string>>): void;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: Readonly<Record<string, string>>,
  ): Histogram;
}
