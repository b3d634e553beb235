/** The sessions of a host, by account and resource. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jid } from '../../src/jid/jid.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { LocalHost } from '../../src/session/local-host.ts';
import { ClientSession, type Outlet } from '../../src/session/session.ts';

const host = new LocalHost(jid('capulet.lit'));
const { sessions } = host;

function session(address: string): ClientSession {
  return new ClientSession(host, jid(address), {} as Outlet, { clock: systemClock });
}

test('a session is found by its address, and no other is', () => {
  const [balcony, hall, romeo] = ['juliet@capulet.lit/balcony', 'juliet@capulet.lit/hall', 'romeo@capulet.lit/x'].map(
    session,
  );
  for (const it of [balcony, hall, romeo]) sessions.add(it as ClientSession);
  assert.equal(sessions.get(jid('juliet@capulet.lit/hall')), hall);
  assert.equal(sessions.get(jid('juliet@capulet.lit/gone')), undefined);
  assert.equal(sessions.get(jid('juliet@capulet.lit')), undefined);
  assert.deepEqual(sessions.of('juliet@capulet.lit'), [balcony, hall]);
  assert.deepEqual([...sessions.all()], [balcony, hall, romeo]);
  assert.equal(sessions.count, 3);
  for (const it of sessions.all()) sessions.remove(it);
  assert.equal(sessions.count, 0);
});

test('a session is removed once', () => {
  const it = session('juliet@capulet.lit/balcony');
  sessions.add(it);
  assert.ok(sessions.remove(it));
  assert.ok(!sessions.remove(it));
  assert.equal(sessions.count, 0);
});

test('who goes through the list of an account is not disturbed by what comes and goes', () => {
  const list = ['a', 'b', 'c'].map((it) => session(`juliet@capulet.lit/${it}`));
  for (const it of list) sessions.add(it);
  const seen: string[] = [];
  for (const it of sessions.of('juliet@capulet.lit')) {
    seen.push(it.jid.resource);
    sessions.remove(it);
    sessions.add(session(`juliet@capulet.lit/new ${it.jid.resource}`));
  }
  assert.deepEqual(seen, ['a', 'b', 'c']);
  assert.equal(sessions.of('juliet@capulet.lit').length, 3);
});
