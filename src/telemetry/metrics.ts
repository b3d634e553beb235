/** Metrics in the text format of Prometheus, on a registry of their own. */
import { Registry } from 'prom-client';
import type { Counter, Gauge, Histogram, Metrics } from '../kernel/metrics.ts';
import { CounterCell, GaugeCell, HistogramCell, ObservedCell } from './cells.ts';
import { Family, type FamilyType, type Labels } from './family.ts';

/** The same name may be asked for again: with other label values for another cell, with equal ones for the same. */
export class PrometheusMetrics implements Metrics {
  readonly registry = new Registry();
  readonly #families = new Map<string, Family>();

  counter(name: string, help: string, labels: Labels = {}): Counter {
    return this.#family(name, help, 'counter', labels).cell(labels, () => new CounterCell());
  }

  gauge(name: string, help: string, labels: Labels = {}): Gauge {
    return this.#family(name, help, 'gauge', labels).cell(labels, () => new GaugeCell());
  }

  observedGauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#family(name, help, 'gauge', labels).replace(labels, new ObservedCell(read));
  }

  histogram(name: string, help: string, buckets: readonly number[], labels: Labels = {}): Histogram {
    return this.#family(name, help, 'histogram', labels).cell(labels, () => new HistogramCell(buckets));
  }

  /** What `GET /metrics` answers, with `contentType`. */
  scrape(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  #family(name: string, help: string, type: FamilyType, labels: Labels): Family {
    const known = this.#families.get(name);
    if (known) {
      if (known.type !== type) throw new Error(`metric ${name} is a ${known.type}, not a ${type}`);
      return known;
    }
    const family = new Family(name, help, type, labels);
    this.registry.registerMetric(family.asMetric());
    this.#families.set(name, family);
    return family;
  }
}
