/** One metric name with all its label values, in the shape that prom-client's registry exports. */
import type { Metric } from 'prom-client';
import { type Cell, HistogramCell, ObservedCell } from './cells.ts';

export type Labels = Readonly<Record<string, string>>;

export type FamilyType = 'counter' | 'gauge' | 'histogram';

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

export class Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly aggregator = 'sum';
  readonly #cells = new Map<string, { labels: Labels; cell: Cell }>();
  readonly #labelNames: string;

  constructor(name: string, help: string, type: FamilyType, labels: Labels) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#labelNames = Object.keys(labels).sort().join();
  }

  /** The cell of these labels, made by `make` the first time. Throws when the label names differ from the first ones. */
  cell<C extends Cell>(labels: Labels, make: () => C): C {
    const key = this.#keyOf(labels);
    const known = this.#cells.get(key);
    if (known) return known.cell as C;
    const cell = make();
    this.#cells.set(key, { labels, cell });
    return cell;
  }

  /** Puts a cell in the place of an earlier one with the same labels: a host that restarts brings its own readers. */
  replace(labels: Labels, cell: Cell): void {
    this.#cells.set(this.#keyOf(labels), { labels, cell });
  }

  samples(): readonly Sample[] {
    return [...this.#cells.values()].flatMap(({ labels, cell }) => this.#samplesOf(labels, cell));
  }

  /** What prom-client's registry calls when it is scraped. */
  async get(): Promise<{ name: string; help: string; type: string; aggregator: string; values: readonly Sample[] }> {
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values: this.samples() };
  }

  /** The registry asks no more of a metric than a name and `get`; its type names its own classes. */
  asMetric(): Metric {
    return this as unknown as Metric;
  }

  #keyOf(labels: Labels): string {
    const names = Object.keys(labels).sort();
    if (names.join() !== this.#labelNames) {
      throw new Error(`metric ${this.name} has the labels [${this.#labelNames}], not [${names.join()}]`);
    }
    return JSON.stringify(names.map((it) => labels[it]));
  }

  #samplesOf(labels: Labels, cell: Cell): readonly Sample[] {
    if (cell instanceof HistogramCell) return this.#bucketsOf(labels, cell);
    if (!(cell instanceof ObservedCell)) return [{ labels, value: cell.value }];
    try {
      return [{ labels, value: cell.read() }];
    } catch {
      // One reader that fails must not take the others from the operator: it shows as a gap.
      return [];
    }
  }

  #bucketsOf(labels: Labels, cell: HistogramCell): readonly Sample[] {
    const buckets = cell.cumulative();
    return [
      ...buckets.map(([bound, value]) => ({
        labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : bound },
        value,
        metricName: `${this.name}_bucket`,
      })),
      { labels, value: cell.sum, metricName: `${this.name}_sum` },
      { labels, value: buckets.at(-1)![1], metricName: `${this.name}_count` },
    ];
  }
}
