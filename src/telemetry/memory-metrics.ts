/** Metrics that a test can read back. */
import type { Counter, Gauge, Histogram, Metrics } from '../kernel/metrics.ts';
import { type Cell, CounterCell, GaugeCell, HistogramCell, ObservedCell } from './cells.ts';
import { Family, type FamilyType, type Labels } from './family.ts';

export class MemoryMetrics implements Metrics {
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

  /** The value of a counter or gauge, or how often a histogram was observed; 0 when nobody asked for that metric. */
  value(name: string, labels: Labels = {}): number {
    const family = this.#families.get(name);
    if (!family) return 0;
    const cell = family.cell<Cell>(labels, () => new GaugeCell());
    if (cell instanceof HistogramCell) return cell.count;
    return cell instanceof ObservedCell ? cell.read() : cell.value;
  }

  #family(name: string, help: string, type: FamilyType, labels: Labels): Family {
    const family = this.#families.get(name) ?? new Family(name, help, type, labels);
    this.#families.set(name, family);
    return family;
  }
}
