/** XEP-0198 section 4: state may be discarded when a session is over, and it is. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { authenticated, back, type Device, device, message, resume, turn } from './devices.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const server = await startParley({
  only: ['accounts', 'carbons', 'offline', 'presence', 'roster'],
  settings: { sessionsPerAccount: 100, pingIntervalMs: 86_400_000 },
});
after(() => server.stop());

const sessions: WeakRef<object>[] = [];

/** The harness lets go of a client, as a real transport that is closed does. */
function forget(...clients: readonly TestClient[]): void {
  for (const { transport } of clients) transport.handler = undefined;
}

async function juliet(resource: string): Promise<Device> {
  const it = await device(server, 'juliet', resource);
  const session = server.host.sessions.of('juliet@capulet.lit').find(({ jid }) => jid.full === it.client.jid);
  sessions.push(new WeakRef(session as object));
  return it;
}

const fates: Readonly<Record<string, (it: Device) => Promise<void>>> = {
  'closed in peace': async ({ client }) => {
    await client.close();
    forget(client);
  },
  'lost and given up, with something left': async ({ client }) => {
    await client.cut();
    await romeo.send(message(client.jid, 'missed'));
    server.clock.advance(601_000);
    forget(client);
  },
  'resumed three times, then closed': async (it) => {
    let { client } = it;
    for (let round = 0; round < 3; round++) {
      await client.cut();
      forget(client);
      client = await back(server, it, { h: 1, handled: 1 });
    }
    await client.close();
    forget(client);
  },
  'taken over while connected, then lost and given up': async (it) => {
    const next = await back(server, it, { h: 1, handled: 1 });
    await next.cut();
    server.clock.advance(601_000);
    forget(it.client, next);
  },
  'ended by a failing resumption, then given up': async (it) => {
    await it.client.cut();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 99));
    await next.fails('undefined-condition');
    server.clock.advance(601_000);
    forget(it.client, next);
  },
  'replaced by another with its resource': async (it) => {
    await it.client.cut();
    const next = await juliet('r');
    await next.client.close();
    forget(it.client, next.client);
  },
};

const romeo = await server.login('romeo');

suite('memory', () => {
  test('of sessions that are over nothing is kept but a counter, whatever became of them', async () => {
    for (const fate of Object.values(fates)) {
      await fate(await juliet('r'));
      await turn();
    }
    assert.equal(server.host.sessions.of('juliet@capulet.lit').length, 0);
    assert.equal(server.engine.streams.resumptions.waiting, 0);
    assert.equal(sessions.length, Object.keys(fates).length + 1);
    // What is still under way for the last of them comes to an end.
    for (let i = 0; i < 20 && sessions.some((it) => it.deref() !== undefined); i++) {
      await turn();
      collect();
    }
    assert.deepEqual(
      sessions.map((it) => it.deref() !== undefined),
      sessions.map(() => false),
    );
  });
});
