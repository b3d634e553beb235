/** PostgreSQL for the tests can be had on a machine where none runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { findPostgres, startCluster } from './postgres.ts';

test('a throw-away cluster starts on a free port, and is gone once it is stopped', async () => {
  const cluster = await startCluster();
  const client = new Client(cluster.url);
  await client.connect();
  assert.equal((await client.query<{ one: number }>('select 1 as one')).rows[0]?.one, 1);
  await client.end();
  await cluster.stop();
  await assert.rejects(new Client(cluster.url).connect(), { code: 'ECONNREFUSED' });
});

test('a server that is named and does not answer is an error, not a reason to look for another', async () => {
  const before = process.env['PARLEY_TEST_POSTGRES'];
  process.env['PARLEY_TEST_POSTGRES'] = 'postgres://127.0.0.1:1/postgres';
  try {
    await assert.rejects(findPostgres(), /PARLEY_TEST_POSTGRES does not work/);
  } finally {
    if (before === undefined) delete process.env['PARLEY_TEST_POSTGRES'];
    else process.env['PARLEY_TEST_POSTGRES'] = before;
  }
});
