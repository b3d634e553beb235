/** Metrics: what is counted, and the text that Prometheus reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistogramCell } from '../../src/telemetry/cells.ts';
import { PrometheusMetrics } from '../../src/telemetry/metrics.ts';
import { addProcessMetrics } from '../../src/telemetry/process-metrics.ts';

/** The lines of one metric, without comments. */
async function lines(metrics: PrometheusMetrics, name: string): Promise<readonly string[]> {
  return (await metrics.scrape()).split('\n').filter((it) => it.startsWith(name));
}

test('counters of one name and different labels are exported side by side', async () => {
  const metrics = new PrometheusMetrics();
  metrics.counter('stanzas_total', 'Stanzas', { kind: 'message' }).inc();
  metrics.counter('stanzas_total', 'Stanzas', { kind: 'iq' }).inc(3);
  assert.deepEqual(await lines(metrics, 'stanzas_total'), [
    'stanzas_total{kind="message"} 1',
    'stanzas_total{kind="iq"} 3',
  ]);
  assert.match(await metrics.scrape(), /# HELP stanzas_total Stanzas\n# TYPE stanzas_total counter\n/);
});

test('the same name and labels are the same counter, so that a restarted module counts on', async () => {
  const metrics = new PrometheusMetrics();
  metrics.counter('a_total', 'A').inc();
  metrics.counter('a_total', 'A').inc();
  assert.deepEqual(await lines(metrics, 'a_total'), ['a_total 2']);
});

test('one name cannot be two kinds of metric, nor have two sets of labels', () => {
  const metrics = new PrometheusMetrics();
  metrics.counter('a', 'A', { host: 'x' });
  assert.throws(() => metrics.gauge('a', 'A', { host: 'x' }), /metric a is a counter, not a gauge/);
  assert.throws(() => metrics.counter('a', 'A', { kind: 'x' }), /metric a has the labels \[host\], not \[kind\]/);
});

test('an observed gauge is read at each scrape, and a later reader replaces an earlier one', async () => {
  const metrics = new PrometheusMetrics();
  let size = 1;
  metrics.observedGauge('queue', 'Queue', () => size);
  assert.deepEqual(await lines(metrics, 'queue'), ['queue 1']);
  size = 5;
  assert.deepEqual(await lines(metrics, 'queue'), ['queue 5']);
  metrics.observedGauge('queue', 'Queue', () => 9);
  assert.deepEqual(await lines(metrics, 'queue'), ['queue 9']);
});

test('a reader that fails leaves a gap and the other metrics in place', async () => {
  const metrics = new PrometheusMetrics();
  metrics.observedGauge('broken', 'Broken', () => {
    throw new Error('gone');
  });
  metrics.gauge('fine', 'Fine').set(2);
  assert.deepEqual(await lines(metrics, 'broken'), []);
  assert.deepEqual(await lines(metrics, 'fine'), ['fine 2']);
});

test('a histogram is exported as cumulative buckets, sum and count', async () => {
  const metrics = new PrometheusMetrics();
  const latency = metrics.histogram('latency_seconds', 'Latency', [0.01, 0.1], { kind: 'message' });
  for (const value of [0.005, 0.01, 0.05, 3]) latency.observe(value);
  assert.deepEqual(await lines(metrics, 'latency_seconds'), [
    'latency_seconds_bucket{kind="message",le="0.01"} 2',
    'latency_seconds_bucket{kind="message",le="0.1"} 3',
    'latency_seconds_bucket{kind="message",le="+Inf"} 4',
    'latency_seconds_sum{kind="message"} 3.065',
    'latency_seconds_count{kind="message"} 4',
  ]);
});

test('what is not a number does not spoil a histogram, and buckets must rise', () => {
  const cell = new HistogramCell([1]);
  cell.observe(Number.NaN);
  cell.observe(0.5);
  assert.equal(cell.sum, 0.5);
  assert.deepEqual(cell.cumulative(), [
    [1, 1],
    [Infinity, 1],
  ]);
  assert.throws(() => new HistogramCell([1, 1]), /buckets must rise/);
});

test('process metrics hold memory and the event-loop delay, without the sampling interval', async () => {
  const metrics = new PrometheusMetrics();
  const delay = addProcessMetrics(metrics);
  try {
    const text = await metrics.scrape();
    assert.match(text, /^process_resident_memory_bytes \d+/m);
    assert.deepEqual(
      [...text.matchAll(/^parley_event_loop_delay_seconds\{quantile="(.+)"\} \S+$/gm)].map((it) => it[1]),
      ['0.5', '0.99', '1'],
    );
    assert.doesNotMatch(text, /nodejs_eventloop_lag/);
  } finally {
    delay.stop();
  }
});

test('each server has metrics of its own', async () => {
  const [one, two] = [new PrometheusMetrics(), new PrometheusMetrics()];
  one.counter('a_total', 'A').inc();
  assert.deepEqual(await lines(two, 'a_total'), []);
});
