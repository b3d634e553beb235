/** XEP-0480: keys for another hash, made with the client's help. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SaslSuccess } from '../../src/auth/sasl.ts';
import { offeredUpgrades, upgradesToRun, upgradeTask } from '../../src/auth/upgrade.ts';
import { ScramClient } from '../support/sasl-client.ts';
import { accounts, authenticator, ITERATIONS, outcome, runScram, stream } from './fixture.ts';

const ALL = ['SHA-512', 'SHA-256', 'SHA-1'] as const;
const success = (mechanism: string): SaslSuccess => ({
  kind: 'success',
  mechanism,
  local: 'romeo',
  authzid: undefined,
  data: undefined,
});

test('XEP-0480 section 2.1: tasks are advertised by the name of the mechanism without -PLUS', () => {
  assert.deepEqual(offeredUpgrades(['SHA-256', 'SHA-512']), ['UPGR-SCRAM-SHA-512', 'UPGR-SCRAM-SHA-256']);
});

test('XEP-0480 section 2.2: a task runs when the client asked for it and the keys are missing', () => {
  const keys = accounts().accounts.get('romeo')?.keys ?? [];
  const old = keys.filter((it) => it.hash === 'SHA-1');
  const requested = ['UPGR-SCRAM-SHA-1', 'UPGR-SCRAM-SHA-512', 'UPGR-BLOOP2'];
  assert.deepEqual(upgradesToRun(requested, success('SCRAM-SHA-1-PLUS'), old, ALL), ['SHA-512']);
  assert.deepEqual(upgradesToRun(requested, success('SCRAM-SHA-1'), keys, ALL), []);
  assert.deepEqual(upgradesToRun([], success('SCRAM-SHA-1'), old, ALL), []);
  assert.deepEqual(upgradesToRun(requested, success('SCRAM-SHA-1'), old, ['SHA-256']), [], 'not configured');
});

test('a login that did not prove the password cannot set one by an upgrade', () => {
  for (const mechanism of ['HT-SHA-256-NONE', 'EXTERNAL', 'ANONYMOUS']) {
    assert.deepEqual(upgradesToRun(['UPGR-SCRAM-SHA-512'], success(mechanism), [], ALL), [], mechanism);
  }
});

test('XEP-0480 section 3: with the SaltedPassword of the task the client logs in with the new mechanism', async () => {
  const auth = authenticator();
  const credentials = accounts();
  const old = credentials.accounts.get('romeo')?.keys.find((it) => it.hash === 'SHA-1');
  assert.ok(old);
  credentials.accounts.set('romeo', { keys: [old], locked: false });
  const login = { mechanism: 'SCRAM-SHA-512', username: 'romeo', password: 'wherefore' };
  assert.equal(outcome((await runScram(auth, stream(auth, { credentials }), login)).step), 'not-authorized');

  const task = upgradeTask('SHA-512', ITERATIONS);
  assert.equal(task.name, 'UPGR-SCRAM-SHA-512');
  const made = task.complete(new ScramClient(login).salted(task.salt, task.iterations));
  assert.ok(!('kind' in made));
  assert.ok(await credentials.save('romeo', [made], old));
  assert.equal(outcome((await runScram(auth, stream(auth, { credentials }), login)).step), 'success');
  const first = { ...login, mechanism: 'SCRAM-SHA-1' };
  assert.equal(outcome((await runScram(auth, stream(auth, { credentials }), first)).step), 'success', 'section 4');
});

test('XEP-0480 section 3: an answer of the wrong size fails the authentication', () => {
  const made = upgradeTask('SHA-512', ITERATIONS).complete(Buffer.alloc(32));
  assert.equal('kind' in made && made.condition, 'malformed-request');
});

test('each task has a salt of its own', () => {
  assert.notDeepEqual(upgradeTask('SHA-256', ITERATIONS).salt, upgradeTask('SHA-256', ITERATIONS).salt);
});
