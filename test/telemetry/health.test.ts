/** Liveness and readiness: what is answered in which state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHealth, type HealthFacts } from '../../src/telemetry/health.ts';

const good: HealthFacts = {
  isListening: () => true,
  isStopping: () => false,
  pingDatabase: async () => undefined,
};

const never = (): Promise<never> => new Promise(() => undefined);

test('a server that listens and has its database is alive and ready', async () => {
  const health = createHealth(good);
  assert.deepEqual(health.healthz(), { status: 200, body: { ok: true, reasons: [] } });
  assert.deepEqual(await health.readyz(), { status: 200, body: { ok: true, reasons: [] } });
});

test('a server that is not listening yet is alive but not ready', async () => {
  const health = createHealth({ ...good, isListening: () => false });
  assert.equal(health.healthz().status, 200);
  assert.deepEqual(await health.readyz(), { status: 503, body: { ok: false, reasons: ['not listening yet'] } });
});

test('a server without its database is not ready, and says all reasons', async () => {
  const health = createHealth({
    ...good,
    isListening: () => false,
    pingDatabase: () => Promise.reject(new Error('connection refused')),
  });
  const { status, body } = await health.readyz();
  assert.equal(status, 503);
  assert.deepEqual(body.reasons, ['not listening yet', 'the database does not answer']);
});

test('a database that hangs makes the server not ready, and is asked once only until it answers', async () => {
  let asked = 0;
  const pingDatabase = (): Promise<never> => {
    asked++;
    return never();
  };
  const health = createHealth({ ...good, pingDatabase }, 1);
  assert.deepEqual((await health.readyz()).body.reasons, ['the database did not answer within 1 ms']);
  await health.readyz();
  assert.equal(asked, 1);
});

test('a server that shuts down is not ready, without a question to the database', async () => {
  let asked = 0;
  const pingDatabase = async (): Promise<void> => void asked++;
  const health = createHealth({ ...good, isStopping: () => true, pingDatabase });
  assert.deepEqual(await health.readyz(), { status: 503, body: { ok: false, reasons: ['shutting down'] } });
  assert.equal(asked, 0);
});
