/** A host that gets other modules while it runs: its sessions stay, and what they do next is done by the new ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineModule,
  iq,
  nonza,
  observe,
  on,
  outbound,
  type Router,
  Router as RouterToken,
  sessionEnded,
  slot,
  z,
} from '#api';
import type { Stanza } from '../../src/xmpp/stanza.ts';
import { conditionOf } from '../support/condition.ts';
import { startCore } from '../support/core.ts';
import { loadModule } from '../support/parley.ts';

const told: string[] = [];

/** A module in two editions. */
function edition(name: string) {
  return defineModule({
    name: 'changing',
    summary: name,
    config: z.strictObject({}),
    requires: { router: RouterToken },
    setup: ({ host, services }) => ({
      iq: [iq('get', `{urn:example:${name}}x`, 'host', () => undefined)],
      nonzas: [nonza(`{urn:example:${name}}x`, (session) => void told.push(`${name} ${session.jid.resource}`))],
      hooks: [
        on(outbound, 'guard', ({ stanza }) => void (stanza.id === 'tell' && told.push(name))),
        observe(sessionEnded, ({ jid }) => void told.push(`${name} saw the end of ${jid.resource}`)),
      ],
      components: [{ domain: `sub.${host.domain}`, receive: (stanza) => answer(services.router, stanza, name) }],
      close: () => void told.push(`${name} is closed`),
    }),
  });
}

function answer(router: Router, stanza: Stanza, name: string) {
  return router.route(stanza.replace(stanza.element.with({ id: name })).readdress(stanza.from));
}

test('setHost with other modules keeps sessions, streams that are being opened, and subdomains', async (t) => {
  const server = await startCore({ extra: [edition('first')] });
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { resource: 'balcony' });
  await server.account('romeo');
  const romeo = server.connect();
  await romeo.open('capulet.lit');
  const [session] = server.host.sessions.of('juliet@capulet.lit');
  assert.ok(session);

  const accounts = [await loadModule('accounts')];
  const { host } = server;
  await server.engine.setHost('capulet.lit', {
    modules: [...accounts, edition('second')],
    options: {},
    admins: new Set(['juliet@capulet.lit']),
  });
  assert.equal(server.host, host);
  assert.deepEqual(server.host.sessions.of('juliet@capulet.lit'), [session]);
  assert.ok(session.presence);
  assert.ok(host.isAdmin(session.jid));
  assert.deepEqual(told.splice(0), ['first is closed']);

  await juliet.send(`<message id='tell' to='${juliet.jid}'/>`);
  await juliet.receives(`<message id='tell'/>`);
  assert.equal(
    conditionOf(await juliet.iq('get', `<x xmlns='urn:example:first'/>`, 'capulet.lit')),
    'service-unavailable',
  );
  assert.equal((await juliet.iq('get', `<x xmlns='urn:example:second'/>`, 'capulet.lit')).attr('type'), 'result');
  juliet.raw(`<x xmlns='urn:example:second'/>`);
  await juliet.send(`<message to='sub.capulet.lit' id='m'/>`);
  await juliet.receives(`<message id='second'/>`);
  assert.deepEqual(told.splice(0), ['second', 'second balcony']);

  const plain = btoa('\0romeo\0secret');
  romeo.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await romeo.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);

  await juliet.close();
  assert.deepEqual(told.splice(0), ['second saw the end of balcony']);
});

test('a module that cannot start leaves the host as it was', async (t) => {
  const server = await startCore({ extra: [edition('first')] });
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { resource: 'balcony' });
  const broken = defineModule({
    name: 'broken',
    summary: 'Does not start',
    config: z.strictObject({}),
    setup: () => {
      throw new Error('no');
    },
  });
  const accounts = [await loadModule('accounts')];
  const plan = { modules: [...accounts, broken], options: {}, admins: new Set<string>() };
  await assert.rejects(server.engine.setHost('capulet.lit', plan), /no/);
  assert.equal((await juliet.iq('get', `<x xmlns='urn:example:first'/>`, 'capulet.lit')).attr('type'), 'result');
  await juliet.send(`<message to='sub.capulet.lit' id='m'/>`);
  await juliet.receives(`<message id='first'/>`);
});

test('a module that wants a domain that is taken leaves the host as it was', async (t) => {
  const server = await startCore({ extra: [edition('first')] });
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { resource: 'balcony' });
  const greedy = defineModule({
    name: 'greedy',
    summary: 'Wants what others have',
    config: z.strictObject({}),
    setup: () => ({
      components: [{ domain: 'taken.example', receive: () => undefined }],
      close: () => void told.push('greedy is closed'),
    }),
  });
  server.engine.router.addService('taken.example', { receive: () => undefined });
  const plan = { modules: [await loadModule('accounts'), greedy], options: {}, admins: new Set<string>() };
  told.length = 0;
  await assert.rejects(server.engine.setHost('capulet.lit', plan), /^CommandError: taken\.example cannot be served/);
  assert.deepEqual(told, ['greedy is closed']);
  await juliet.send(`<message to='sub.capulet.lit' id='m'/>`);
  await juliet.receives(`<message id='first'/>`);
});

test('what a module keeps with a session is there when the module is there again', async (t) => {
  const kept = slot<string>('kept');
  const server = await startCore();
  t.after(() => server.stop());
  await server.login('juliet');
  const [session] = server.host.sessions.of('juliet@capulet.lit');
  session?.slots.set(kept, 'value');
  const accounts = [await loadModule('accounts')];
  await server.engine.setHost('capulet.lit', { modules: accounts, options: {}, admins: new Set() });
  assert.equal(server.host.sessions.of('juliet@capulet.lit')[0]?.slots.get(kept), 'value');
});
