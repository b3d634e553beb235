/** XEP-0198 section 4: "handled" is a promise to keep, so it is not made before what was sent is durable. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, on, outbound, type Session, z } from '#api';
import { startCore } from '../../support/core.ts';
import {
  acknowledge,
  authenticated,
  back,
  device,
  failed,
  isQuiet,
  message,
  REQUEST,
  resume,
  resumed,
  turn,
} from './devices.ts';

const DAY = 86_400_000;

interface Write {
  readonly done: () => void;
  readonly fails: () => void;
}
const writes: Write[] = [];
/** Each message is in a write of its own, which the test lets succeed or fail. */
const storing = defineModule({
  name: 'storing',
  summary: 'Keeps what is sent',
  config: z.strictObject({}),
  setup: () => ({
    hooks: [
      on(outbound, 'record', ({ stanza, origin }) => {
        if (stanza.kind !== 'message') return;
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        writes.push({ done: resolve, fails: () => reject(new Error('the disk is full')) });
        (origin as Session).durableAfter(promise);
      }),
    ],
  }),
});

const server = await startCore({ extra: [storing], settings: { sessionsPerAccount: 100, pingIntervalMs: DAY } });
after(() => server.stop());
const romeo = await server.login('romeo');
const take = () => writes.shift() as Write;

async function juliet(resource: string) {
  const it = await device(server, 'juliet', resource);
  return { ...it, send: (body: string) => it.client.send(message(romeo.jid, body)) };
}

suite('XEP-0198 4: an acknowledgement waits for durability', () => {
  test('delivery does not wait; the answer comes when the write is done', async () => {
    const { client, send } = await juliet('waits');
    await send('one');
    await romeo.receives(message(romeo.jid, 'one'));
    await client.send(REQUEST);
    await turn();
    assert.ok(!client.texts.join('').includes(`h='2'`));
    take().done();
    await client.receives(acknowledge(2));
    await isQuiet(client, 2);
  });

  test('an answer covers what was handled when it was asked for; later stanzas have their own', async () => {
    const { client, send } = await juliet('covers');
    await send('one');
    await client.send(REQUEST);
    await send('two');
    await client.send(REQUEST);
    const [one, two] = [take(), take()];
    one.done();
    await client.receives(acknowledge(2));
    two.done();
    await client.receives(acknowledge(3));
    await romeo.drain();
  });

  test('a write that fails ends the stream, and nothing is acknowledged', async () => {
    const { client, send } = await juliet('fails');
    await send('one');
    await client.send(REQUEST);
    await turn();
    take().fails();
    await client.fails('internal-server-error');
    await romeo.drain();
  });

  test('a later write that succeeds does not make up for it', async () => {
    const { client, send, id } = await juliet('later');
    await send('one');
    await send('two');
    take().fails();
    take().done();
    await turn();
    await client.send(REQUEST);
    await client.fails('internal-server-error');
    // Nor is the client told that anything was handled when it wants to go on.
    const next = await authenticated(server, 'juliet');
    await next.send(resume(id, 1));
    const answer = await next.receives(failed('item-not-found'));
    assert.equal(answer.attr('h'), undefined);
    await romeo.drain();
  });
});

suite('XEP-0198 5: resumption waits for durability', () => {
  test('h counts what was sent over the lost connection once it is durable', async () => {
    const { client, send, id } = await juliet('resumes');
    await send('one');
    await client.cut();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(id, 1));
    await turn();
    assert.ok(!next.texts.join('').includes('resumed'));
    take().done();
    await next.receives(resumed(id, 2));
    await romeo.drain();
  });

  test('a session whose write failed is not resumed, and not said to have handled anything', async () => {
    const { client, send, id } = await juliet('lost');
    await send('one');
    await client.cut();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(id, 1));
    await turn();
    take().fails();
    const answer = await next.receives(failed('item-not-found'));
    assert.equal(answer.attr('h'), undefined);
    assert.ok(!server.host.sessions.of('juliet@capulet.lit').some((it) => it.jid.resource === 'lost'));
    await romeo.drain();
  });

  test('what a session that is over has handled is told once it is durable', async () => {
    const { client, send, id } = await juliet('over');
    await send('one');
    await client.cut();
    server.clock.advance(601_000);
    const next = await authenticated(server, 'juliet');
    await next.send(resume(id, 1));
    await turn();
    assert.ok(!next.texts.join('').includes('failed'));
    take().done();
    await next.receives(failed('item-not-found', 2));
    await romeo.drain();
  });

  test('a second cut while the write is under way changes nothing', async () => {
    const it = await juliet('twice');
    await it.send('one');
    await it.client.cut();
    const second = await authenticated(server, 'juliet');
    await second.send(resume(it.id, 1));
    await second.cut();
    take().done();
    await turn();
    const third = await back(server, it, { h: 1, handled: 2 });
    await isQuiet(third, 2);
    await romeo.drain();
  });
});
