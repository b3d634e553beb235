/** XEP-0198 section 5: resumption while something is going on. What the new `h` says is exact, whatever happens. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, on, outbound, z } from '#api';
import { startCore } from '../../support/core.ts';
import {
  authenticated,
  back,
  bind,
  bodies,
  device,
  failed,
  isQuiet,
  message,
  nextStanza,
  resume,
  resumed,
  SM,
  turn,
} from './devices.ts';

const waiting: (() => void)[] = [];
/** A message whose body begins with `slow` waits until the test lets it go on. */
const slow = defineModule({
  name: 'slow',
  summary: 'Waits',
  config: z.strictObject({}),
  setup: () => ({
    hooks: [
      on(outbound, 'guard', ({ stanza }) => {
        if (!stanza.element.childText('{jabber:client}body')?.startsWith('slow')) return undefined;
        return new Promise<undefined>((go) => void waiting.push(() => go(undefined)));
      }),
    ],
  }),
});

const server = await startCore({
  extra: [slow],
  settings: { sessionsPerAccount: 1000, pingIntervalMs: 86_400_000, authTimeoutMs: 86_400_000 },
});
after(() => server.stop());
const romeo = await server.login('romeo');
const goOn = () => waiting.shift()?.();

let resources = 0;
async function juliet() {
  const it = await device(server, 'juliet', `r${++resources}`);
  return {
    ...it,
    send: (...list: (string | number)[]) => it.client.raw(list.map((body) => message(romeo.jid, body)).join('')),
    session: server.host.sessions.of('juliet@capulet.lit').find(({ jid }) => jid.full === it.client.jid),
  };
}
const romeoGets = async (...expected: string[]) => {
  assert.deepEqual(await bodies(romeo, expected.length), expected);
  await romeo.receivesNothing();
};

suite('XEP-0198 5: while the earlier stream is still there', () => {
  test('it is closed with a conflict, and its session goes on', async () => {
    const it = await juliet();
    it.send('one', 'two');
    const next = await back(server, it, { h: 1, handled: 3 });
    await it.client.fails('conflict');
    assert.equal(it.session?.isDetached, false);
    await isQuiet(next, 3);
    await romeoGets('one', 'two');
  });

  test('what was sent to it and not acknowledged is sent again', async () => {
    const it = await juliet();
    for (const body of [1, 2]) await romeo.send(message(it.client.jid, body));
    const next = await back(server, it, { h: 2, handled: 1 });
    assert.deepEqual(await bodies(next, 1), ['2']);
    await isQuiet(next, 1);
  });

  test('what it still sends is neither handled nor counted any more', async () => {
    const it = await juliet();
    const next = await back(server, it, { h: 1, handled: 1 });
    it.send('too late');
    await isQuiet(next, 1);
    await romeo.receivesNothing();
  });

  test('a stanza of its that waits is finished first and counted; what is behind is not, and comes again', async () => {
    const it = await juliet();
    it.send('one', 'slow two', 'three');
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await it.client.fails('conflict');
    await turn();
    assert.equal(it.session?.isDetached, true);
    assert.ok(!next.texts.join('').includes('resumed'));
    goOn();
    await next.receives(resumed(it.id, 3));
    await next.send(message(romeo.jid, 'three'));
    await isQuiet(next, 4);
    await romeoGets('one', 'slow two', 'three');
  });

  test('what others send meanwhile is not lost, and comes behind <resumed/>', async () => {
    const it = await juliet();
    it.send('slow one');
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await it.client.fails('conflict');
    for (const body of ['a', 'b']) await romeo.send(message(it.client.jid, body));
    goOn();
    await next.receives(resumed(it.id, 2));
    assert.deepEqual(await bodies(next, 2), ['a', 'b']);
    await romeoGets('slow one');
  });
});

suite('XEP-0198 5: while the lost stream is still at work', () => {
  test('its stanza is finished and counted before <resumed/>', async () => {
    const it = await juliet();
    it.send('one', 'slow two', 'three');
    await it.client.cut();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await turn();
    assert.ok(!next.texts.join('').includes('resumed'));
    goOn();
    await next.receives(resumed(it.id, 3));
    await romeoGets('one', 'slow two');
  });

  test('a stanza that waits over two losses is handled once', async () => {
    const it = await juliet();
    it.send('slow one');
    await it.client.cut();
    const second = await authenticated(server, 'juliet');
    await second.send(resume(it.id, 1));
    await second.cut();
    const third = await authenticated(server, 'juliet');
    await third.send(resume(it.id, 1));
    await turn();
    assert.equal(waiting.length, 1);
    goOn();
    await third.receives(resumed(it.id, 2));
    await isQuiet(third, 2);
    await romeoGets('slow one');
  });

  test('when the session has ended meanwhile, the client is told what was handled in the end', async () => {
    const it = await juliet();
    it.send('slow one', 'two');
    await it.client.cut();
    it.session?.end();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await turn();
    assert.ok(!next.texts.join('').includes('failed'));
    goOn();
    await next.receives(failed('item-not-found', 2));
    await romeoGets('slow one');
  });

  test('when the session ends while its resumption waits, that fails, and a resource can be bound', async () => {
    const it = await juliet();
    it.send('slow one');
    await it.client.cut();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    server.clock.advance(601_000);
    assert.ok(!server.host.sessions.of('juliet@capulet.lit').includes(it.session as never));
    goOn();
    await next.receives(failed('item-not-found', 2));
    await bind(next, 'instead');
    await romeoGets('slow one');
  });

  test('when the new stream is lost as well, the session waits on', async () => {
    const it = await juliet();
    it.send('slow one');
    await it.client.cut();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await next.cut();
    goOn();
    await turn();
    assert.equal(it.session?.isDetached, true);
    const third = await back(server, it, { h: 1, handled: 2 });
    await isQuiet(third, 2);
    await romeoGets('slow one');
  });
});

suite('XEP-0198 5: two resumptions at once', () => {
  test('the later one waits for the earlier and then takes over from it', async () => {
    const it = await juliet();
    it.send('slow one');
    await it.client.cut();
    const [first, second] = [await authenticated(server, 'juliet'), await authenticated(server, 'juliet')];
    await first.send(resume(it.id, 1));
    await second.send(resume(it.id, 1));
    await romeo.send(message(it.client.jid, 'missed'));
    await turn();
    goOn();
    await first.receives(resumed(it.id, 2));
    await second.receives(resumed(it.id, 2));
    assert.deepEqual(await bodies(second, 1), ['missed']);
    await isQuiet(second, 2);
    assert.match((await nextStanza(first)).toString(), /<(?:message|error)/);
    assert.equal(it.session?.isDetached, false);
    await romeoGets('slow one');
  });

  test('a later one that is lost while it waits does not disturb the earlier', async () => {
    const it = await juliet();
    it.send('slow one');
    await it.client.cut();
    const [first, second] = [await authenticated(server, 'juliet'), await authenticated(server, 'juliet')];
    await first.send(resume(it.id, 1));
    await second.send(resume(it.id, 1));
    await second.cut();
    goOn();
    await first.receives(resumed(it.id, 2));
    await isQuiet(first, 2);
    assert.equal(first.ended, false);
    await romeoGets('slow one');
  });

  test('many at the same moment: one of them has the session in the end, the others a conflict', async () => {
    const it = await juliet();
    await it.client.cut();
    const all = await Promise.all(Array.from({ length: 8 }, () => authenticated(server, 'juliet')));
    for (const client of all) client.raw(resume(it.id, 1));
    for (const client of all) await client.receives(resumed(it.id, 1));
    const left = all.filter((client) => !client.ended);
    assert.equal(left.length, 1);
    for (const client of all) if (client.ended) await client.fails('conflict');
    await isQuiet(left[0] as (typeof all)[0], 1);
  });
});

suite('XEP-0198 5: binding while a session waits', () => {
  test('the same resource ends it: a client that does not resume starts anew', async () => {
    const it = await juliet();
    await it.client.cut();
    const next = await authenticated(server, 'juliet');
    await bind(next, `r${resources}`);
    assert.equal(next.jid, it.client.jid);
    const third = await authenticated(server, 'juliet');
    await third.send(resume(it.id, 1));
    await third.receives(failed('item-not-found', 1));
  });

  for (const resourceConflict of ['refuse', 'rename'] as const) {
    test(`also where a resource in use is not to be had (${resourceConflict}): it is not in use`, async (t) => {
      const strict = await startCore({ settings: { resourceConflict } });
      t.after(() => strict.stop());
      const it = await device(strict, 'juliet', 'phone');
      await it.client.cut();
      const next = await authenticated(strict, 'juliet');
      await bind(next, 'phone');
      assert.equal(next.jid, 'juliet@capulet.lit/phone');
    });
  }

  test('at the limit of sessions the oldest that waits makes room, and none that is connected', async (t) => {
    const small = await startCore({ settings: { sessionsPerAccount: 3 } });
    t.after(() => small.stop());
    const [a, b, c] = [
      await device(small, 'juliet', 'a'),
      await device(small, 'juliet', 'b'),
      await device(small, 'juliet', 'c'),
    ];
    await c.client.cut();
    await b.client.cut();
    const d = await device(small, 'juliet', 'd');
    const resources = () => small.host.sessions.of('juliet@capulet.lit').map(({ jid }) => jid.resource);
    assert.deepEqual(resources(), ['a', 'c', 'd']);
    await device(small, 'juliet', 'e');
    assert.deepEqual(resources(), ['a', 'd', 'e']);
    const full = await authenticated(small, 'juliet');
    const refused = await full.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
    assert.equal(refused.attr('type'), 'error');
    assert.ok(!a.client.ended && !d.client.ended);
  });

  test('a session that was never told of leaves nothing behind', async () => {
    const before = server.host.sessions.count;
    const client = await authenticated(server, 'juliet');
    client.raw(
      `<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq><enable xmlns='${SM}' resume='true'/></stream:stream>`,
    );
    await client.cut();
    assert.equal(server.host.sessions.count, before);
  });
});
