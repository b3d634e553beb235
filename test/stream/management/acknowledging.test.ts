/** XEP-0198 sections 4, 6 and 8: acknowledgements both ways. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, iq, on, outbound, z } from '#api';
import { startCore } from '../../support/core.ts';
import {
  acknowledge,
  authenticated,
  bind,
  bodies,
  device,
  enable,
  isQuiet,
  message,
  REQUEST,
  roundTrip,
  SM,
  turn,
} from './devices.ts';

let goOn: () => void = () => {};
/** Lets a stanza with the id `slow` wait. */
const slow = defineModule({
  name: 'slow',
  summary: 'Waits',
  config: z.strictObject({}),
  setup: () => ({
    iq: [iq('get', '{urn:example}none', 'host', () => undefined)],
    hooks: [
      on(outbound, 'guard', ({ stanza }) =>
        stanza.id === 'slow' ? new Promise<undefined>((go) => (goOn = () => go(undefined))) : undefined,
      ),
    ],
  }),
});

const server = await startCore({ extra: [slow], settings: { sessionsPerAccount: 100 } });
after(() => server.stop());
const romeo = await server.login('romeo');
const toRomeo = (body: string | number) => message(romeo.jid, body);

suite('XEP-0198 4: what the client sends', () => {
  test('h starts at zero with <enable/>, and counts stanzas of every kind, and nothing else', async () => {
    const client = await authenticated(server, 'juliet');
    await bind(client, 'kinds'); // a stanza, before
    await client.send(enable());
    await client.receives(`<enabled xmlns='${SM}'/>`);
    await isQuiet(client, 0);
    await client.send(toRomeo('one'));
    await isQuiet(client, 1);
    await client.send(`<presence to='${romeo.jid}'/>`);
    await client.send(`<iq type='get' id='1' to='capulet.lit'><none xmlns='urn:example'/></iq>`);
    await client.receives(`<iq type='result' id='1'/>`);
    await client.receives(REQUEST);
    await client.send(acknowledge(1));
    client.raw(' \n ');
    await isQuiet(client, 3);
    await romeo.drain();
  });

  test('what comes right behind <enable/> is counted, before the answer is there', async () => {
    const client = await authenticated(server, 'juliet');
    await bind(client, 'early');
    client.raw(enable() + toRomeo('one') + toRomeo('two') + REQUEST);
    await client.receives(`<enabled xmlns='${SM}'/>`);
    await client.receives(acknowledge(2));
    await romeo.drain();
  });

  test('what is refused is handled as well', async () => {
    const { client } = await device(server, 'juliet', 'refused');
    await client.send(`<iq type='get' id='1' to='capulet.lit'/>`);
    await client.send(message('nobody@capulet.lit', 'hi'));
    await client.send(`<message to='@'/>`);
    for (const name of ['iq', 'message', 'message']) {
      const error = (await client.receive()).toString();
      assert.match(error, new RegExp(`^<${name} .*type='error'`));
      if (name === 'iq') await client.receives(REQUEST);
    }
    await isQuiet(client, 4);
  });

  test('each request is answered, also when nothing new was handled', async () => {
    const { client } = await device(server, 'juliet', 'again');
    client.raw(REQUEST + REQUEST + toRomeo('one') + REQUEST);
    for (const h of [1, 1, 2]) await client.receives(acknowledge(h));
    await romeo.drain();
  });

  test('the answer is behind everything that was sent before the request', async () => {
    const { client } = await device(server, 'juliet', 'order');
    client.raw(`${Array.from({ length: 50 }, (_, it) => toRomeo(it)).join('')}${REQUEST}${toRomeo('later')}`);
    await client.receives(acknowledge(51));
    assert.equal((await romeo.drain()).length, 51);
  });

  test('a stanza that is not handled yet is not counted; the request waits behind it', async () => {
    const { client } = await device(server, 'juliet', 'slow');
    client.raw(toRomeo('one') + message(romeo.jid, 'two', `id='slow'`) + REQUEST);
    await romeo.receives(message(romeo.jid, 'one'));
    await turn();
    assert.ok(!client.texts.join('').includes(`h='2'`));
    goOn();
    await client.receives(acknowledge(3));
    await romeo.receives(message(romeo.jid, 'two'));
  });

  test('h goes from 2^32 - 1 to 0', async () => {
    const { client } = await device(server, 'juliet', 'wrap');
    const acks = server.host.sessions.of('juliet@capulet.lit').find((it) => it.jid.resource === 'wrap')?.acks;
    assert.ok(acks);
    acks.handled = 2 ** 32 - 1;
    client.raw(REQUEST + toRomeo('one') + REQUEST + toRomeo('two') + REQUEST);
    for (const h of [2 ** 32 - 1, 0, 1]) await client.receives(acknowledge(h));
    await romeo.drain();
  });
});

suite('XEP-0198 4: what the client is sent', () => {
  /** A device, and whoever writes to it. */
  async function pair(resource: string) {
    const { client } = await device(server, 'juliet', resource);
    return { client, send: (body: string | number) => romeo.send(message(client.jid, body)) };
  }

  test('the server asks with the first stanza, and not again while the answer is under way', async () => {
    const { client, send } = await pair('policy');
    for (const body of [1, 2, 3]) await send(body);
    await client.receives(message(client.jid, 1));
    await client.receives(REQUEST);
    await client.receives(message(client.jid, 2));
    await client.receives(message(client.jid, 3));
    await isQuiet(client, 1);
  });

  test('it asks again at once when the answer leaves something open', async () => {
    const { client, send } = await pair('open');
    for (const body of [1, 2]) await send(body);
    assert.deepEqual(await bodies(client, 2), ['1', '2']);
    await client.send(acknowledge(2));
    await client.receives(REQUEST);
    await client.send(acknowledge(3));
    await isQuiet(client, 1);
  });

  test('it does not ask one over and over again who has nothing new to say; with the next stanza it does', async () => {
    const { client, send } = await pair('stubborn');
    await send(1);
    await client.receives(message(client.jid, 1));
    await client.receives(REQUEST);
    await client.send(acknowledge(1));
    await client.send(acknowledge(1));
    await isQuiet(client, 1);
    await send(2);
    await client.receives(message(client.jid, 2));
    await client.receives(REQUEST);
    await client.send(acknowledge(3));
    await isQuiet(client, 1);
  });

  test('acknowledgements that nobody asked for count, one for many, and so do older ones that come late', async () => {
    const { client, send } = await pair('many');
    const session = server.host.sessions.of('juliet@capulet.lit').find((it) => it.jid.resource === 'many');
    for (let i = 0; i < 20; i++) await send(i);
    assert.equal((await bodies(client, 20)).length, 20);
    assert.equal(session?.acks?.length, 20);
    for (const [h, left] of [
      [9, 12],
      [5, 12],
      [0, 12],
      [21, 0],
      [21, 0],
      [20, 0],
    ] as const) {
      await client.send(acknowledge(h));
      assert.equal(session?.acks?.length, left);
    }
    assert.equal((await roundTrip(client)).handled, 1);
  });

  for (const [what, attribute] of [
    ['no h', ''],
    ['an empty h', `h=''`],
    ['a negative h', `h='-1'`],
    ['an h that is no number', `h='two'`],
    ['an h of more than 32 bits', `h='4294967296'`],
    ['an h with a fraction', `h='1.0'`],
  ]) {
    test(`an acknowledgement with ${what} ends the stream with bad-format`, async () => {
      const { client } = await pair('bad');
      await client.send(`<a xmlns='${SM}' ${attribute}/>`);
      await client.fails('bad-format');
    });
  }

  for (const h of [3, 1_000_000, 2 ** 31 + 2, 2 ** 32 - 1]) {
    test(`section 6: h='${h}', more than was sent, ends stream and session with handled-count-too-high`, async () => {
      const { client, send } = await pair('high');
      await send(1);
      assert.deepEqual(await bodies(client, 1), ['1']);
      await client.receives(REQUEST);
      await client.send(acknowledge(h));
      const error = await client.fails('undefined-condition');
      assert.equal(
        error.child(`{${SM}}handled-count-too-high`)?.toString(),
        `<handled-count-too-high xmlns='${SM}' h='${h}' send-count='2'/>`,
      );
      assert.match(error.toString(), /<text [^>]*>\d+ stanzas were acknowledged, and 2 were sent<\/text>/);
      await turn();
      assert.ok(!server.host.sessions.of('juliet@capulet.lit').some((it) => it.jid.resource === 'high'));
      await romeo.drain();
    });
  }
});
