/** When what a session sent has arrived: as the client acknowledges it (XEP-0198 section 4), or as it leaves the process. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jid } from '../../src/jid/jid.ts';
import { Acknowledgements } from '../../src/session/acknowledgements.ts';
import { LocalHost } from '../../src/session/local-host.ts';
import { ClientSession, type Outlet } from '../../src/session/session.ts';
import { stanza } from '../../src/xmpp/stanza.ts';
import { FakeClock } from '../support/clock.ts';

const juliet = jid('juliet@capulet.lit/balcony');

function makeSession(flushed: Promise<boolean> = Promise.resolve(false)) {
  const outlet = { write() {}, nonza() {}, end() {}, flushed: () => flushed } as unknown as Outlet;
  const session = new ClientSession(new LocalHost(jid('capulet.lit')), juliet, outlet, { clock: new FakeClock() });
  const send = (): void => session.send(stanza('message', { from: juliet, to: juliet }));
  /** Names of what has arrived so far. */
  const arrived: string[] = [];
  const expect = (name: string): void => void session.arrived().then((it) => arrived.push(`${name} ${it}`));
  return { session, send, arrived, expect, turn: () => new Promise(setImmediate) };
}

suite('arrived', () => {
  test('on a stream that is not managed, when it has left the process, or never will', async () => {
    assert.equal(await makeSession(Promise.resolve(true)).session.arrived(), true);
    assert.equal(await makeSession(Promise.resolve(false)).session.arrived(), false);
  });

  test('XEP-0198 4: on a managed stream, when it is acknowledged, each in its turn', async () => {
    const { session, send, arrived, expect, turn } = makeSession();
    session.acks = new Acknowledgements({ stanzas: 100, bytes: 100_000 });
    assert.equal(await session.arrived(), true, 'nothing was sent');
    for (const name of ['one', 'two', 'three']) {
      send();
      expect(name);
    }
    await turn();
    assert.deepEqual(arrived, []);
    session.acknowledge(2);
    await turn();
    assert.deepEqual(arrived, ['one true', 'two true']);
    assert.equal(session.acknowledge(7), false);
    await turn();
    assert.deepEqual(arrived, ['one true', 'two true']);
    session.acknowledge(3);
    await turn();
    assert.deepEqual(arrived, ['one true', 'two true', 'three true']);
    assert.equal(await session.arrived(), true);
  });

  test('a number that was acknowledged, or not sent yet, is not waited for', async () => {
    const { session, send, arrived, expect, turn } = makeSession();
    const acks = new Acknowledgements({ stanzas: 100, bytes: 100_000 });
    session.acks = acks;
    for (let i = 0; i < 3; i++) send();
    session.acknowledge(3);
    assert.equal(acks.has(2 ** 32 - 1), false);
    send();
    expect('four');
    assert.equal(acks.has(4), true);
    assert.equal(acks.has(3), false);
    assert.equal(acks.has(5), false, 'not sent yet');
    session.acknowledge(4);
    await turn();
    assert.deepEqual(arrived, ['four true']);
  });
});
