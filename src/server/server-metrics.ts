/** What the server as a whole shows in its metrics: connections, sessions, delivery latency, database batches. */

import type { TransportKind } from '../kernel/transport.ts';
import type { NetContext } from '../net/net-context.ts';
import { writeBatch } from '../net/write-batch.ts';
import type { StorageObserver } from '../storage/engine.ts';
import type { PrometheusMetrics } from '../telemetry/metrics.ts';
import type { Engine } from './engine.ts';
import { TurnLatency } from './turn-latency.ts';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const ROWS = [1, 3, 10, 30, 100, 300, 1000, 3000];
const KINDS: readonly TransportKind[] = ['tcp', 'tls', 'ws', 'wss'];

export class ServerMetrics {
  readonly storage: StorageObserver;
  readonly #metrics: PrometheusMetrics;

  constructor(metrics: PrometheusMetrics) {
    this.#metrics = metrics;
    const rows = metrics.histogram('parley_database_batch_rows', 'Statements in one transaction', ROWS);
    const seconds = metrics.histogram(
      'parley_database_batch_seconds',
      'Time from sending a transaction to its commit',
      SECONDS,
    );
    this.storage = {
      batch(count, ms) {
        rows.observe(count);
        seconds.observe(ms / 1000);
      },
    };
  }

  observe({ engine, net }: { engine: Engine; net: NetContext }): void {
    const gauge = this.#metrics;
    const { table } = engine.streams;
    for (const transport of KINDS) {
      const count = (): number => table.countOf(transport);
      gauge.observedGauge('parley_connections', 'Client streams, by transport', count, { transport });
    }
    for (const host of engine.router.hosts()) {
      const labels = { host: host.name.domain };
      gauge.observedGauge('parley_sessions', 'Bound resources, by host', () => host.sessions.count, labels);
    }
    gauge.observedGauge('parley_sockets', 'Open sockets of all listeners', () => net.admission.open);
    gauge.observedGauge('parley_send_queue_bytes', 'Bytes that wait for slow clients', () => table.queuedBytes());
    const histogram = this.#metrics.histogram(
      'parley_delivery_seconds',
      'From the arrival of the first bytes of a turn to its last write, once for each stanza of the turn',
      SECONDS,
    );
    const latency = new TurnLatency(histogram);
    engine.streams.latency = latency;
    writeBatch.onFlushed = () => latency.flushed();
  }
}
