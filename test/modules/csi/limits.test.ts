/** Client state indication (XEP-0352): bounds, options, and the ends of sessions and modules. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientStateSaid, defineModule, observe, Sessions, z } from '#api';
import { loadModules } from '../../../src/server/module-files.ts';
import { startParley } from '../../support/parley.ts';
import { ACTIVE, event, headline, INACTIVE, item, status, Verona } from './support.ts';

const MOOD = 'http://jabber.org/protocol/mood';

suite('bounds', () => {
  test('when there are more than may be held back, all are sent in order, and holding goes on', async (t) => {
    const server = await startParley({ modules: { csi: { maxStanzas: 3 } } });
    t.after(() => server.stop());
    const verona = await Verona.inactive(server);
    const contact = (i: number): string => `<presence from='nurse@capulet.lit/${i}'/>`;
    await verona.quietly(async () => {
      for (const i of [1, 2, 3, 1]) await verona.arrives(contact(i));
    });
    await verona.arrives(contact(4));
    for (const i of [2, 3, 1, 4]) await verona.phone.receives(contact(i));
    await verona.quietly(async () => {
      for (const i of [1, 2, 3]) await verona.arrives(contact(i));
    });
  });

  test('the same when they are larger together than may be held back', async (t) => {
    const server = await startParley({ modules: { csi: { maxBytes: '4 KiB' } } });
    t.after(() => server.stop());
    const verona = await Verona.inactive(server);
    const contact = (i: number): string =>
      `<presence from='nurse@capulet.lit/${i}'>${status('x'.repeat(1500))}</presence>`;
    await verona.quietly(async () => {
      for (const i of [1, 1, 1, 2, 2]) await verona.arrives(contact(i));
    });
    await verona.arrives(contact(3));
    for (const i of [1, 2, 3]) await verona.phone.receives(`<presence from='nurse@capulet.lit/${i}'/>`);
  });
});

suite('options', () => {
  test('XEP-0352 3.2: an operator may have nothing held back or dropped', async (t) => {
    const server = await startParley({ modules: { csi: { presence: false, events: false, chatStates: false } } });
    t.after(() => server.stop());
    const verona = await Verona.inactive(server);
    const composing = `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;
    for (const it of [
      `<presence from='nurse@capulet.lit/hall'/>`,
      headline('nurse@capulet.lit', event(MOOD, item('sad'))),
      `<message from='romeo@capulet.lit/orchard' type='chat'>${composing}</message>`,
    ]) {
      await verona.arrives(it);
      await verona.phone.receives(it);
    }
  });

  test('or say which nodes matter', async (t) => {
    const server = await startParley({ modules: { csi: { urgentNodes: [MOOD] } } });
    t.after(() => server.stop());
    const verona = await Verona.inactive(server);
    const bookmarks = headline('juliet@capulet.lit', event('urn:xmpp:bookmarks:1', item('a room', 'a')));
    await verona.quietly(() => verona.arrives(bookmarks));
    await verona.arrives(headline('romeo@capulet.lit', event(MOOD, item('sad'))));
    await verona.phone.receives(bookmarks);
    await verona.phone.receives(headline('romeo@capulet.lit', event(MOOD)));
  });
});

suite('ends', () => {
  test('a client that is active pays nothing: its session has no gate', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    const { phone } = await Verona.open(server);
    const session = server.service(Sessions).of('juliet@capulet.lit')[0];
    assert.equal(session?.gate, undefined);
    await phone.send(INACTIVE);
    await phone.receivesNothing();
    assert.notEqual(session?.gate, undefined);
    await phone.send(ACTIVE);
    await phone.receivesNothing();
    assert.equal(session?.gate, undefined);
  });

  test('what is held back when a session ends is sent to nobody', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    const verona = await Verona.inactive(server);
    await verona.says('one');
    await verona.arrives(headline('romeo@capulet.lit', event(MOOD, item('sad'))));
    await verona.phone.close();
    assert.deepEqual(
      verona.phone.texts.filter((it) => /status>one|sad/.test(it)),
      [],
    );
    const next = await server.login('juliet', { resource: 'other', available: false });
    await next.receivesNothing();
  });

  test('when the module goes, nobody stays behind a gate', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    const verona = await Verona.inactive(server);
    await verona.says('one');
    const modules = (await loadModules()).filter((it) => it.name !== 'csi');
    await server.engine.setHost('capulet.lit', { modules, options: {}, admins: new Set() });
    await verona.phone.receives(status('one'));
    await verona.says('two');
    await verona.phone.receives(status('two'));
  });

  test('other modules are told what clients say, and when', async (t) => {
    const told: string[] = [];
    const listener = defineModule({
      name: 'listener',
      summary: 'Listens',
      config: z.strictObject({}),
      setup: () => ({
        hooks: [
          observe(clientStateSaid, ({ session, isActive }) => void told.push(`${session.jid.resource} ${isActive}`)),
        ],
      }),
    });
    const server = await startParley({ extra: [listener] });
    t.after(() => server.stop());
    const { phone } = await Verona.open(server);
    for (const it of [ACTIVE, INACTIVE, INACTIVE, ACTIVE]) await phone.send(it);
    await phone.receivesNothing();
    assert.deepEqual(told, ['phone true', 'phone false', 'phone false', 'phone true']);
  });
});
