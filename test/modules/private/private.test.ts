/** XEP-0049: private XML storage. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  Accounts,
  accountData,
  defineModule,
  jid,
  on,
  PrivateStorage,
  privateRead,
  privateWrite,
  StanzaError,
  z,
} from '#api';
import { el } from '../../../src/xml/element.ts';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley, type TestOptions, type TestServer } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';

const query = (inner: string): string => `<query xmlns='jabber:iq:private'>${inner}</query>`;
const PREFS = `<exodus xmlns='exodus:prefs'><defaultnick>Hamlet &amp; co</defaultnick></exodus>`;
const NO_PREFS = `<exodus xmlns='exodus:prefs'/>`;
const NOTES = `<notes xmlns='storage:rosternotes'><note jid='yorick@shakespeare.lit'>Alas</note></notes>`;

const shared = sharedServer();

/** A server of its own for a test that needs other options. */
async function start(t: TestContext, options?: TestOptions) {
  const server = options === undefined ? await shared(t) : await startParley(options);
  if (options !== undefined) t.after(() => server.stop());
  return { server, hamlet: await server.login('hamlet', { available: false }) };
}

async function stores(client: TestClient, inner: string, to?: string): Promise<void> {
  const answer = await client.iq('set', query(inner), to);
  assert.equal(answer.attr('type'), 'result', answer.toString());
  assert.equal(answer.firstElement(), undefined);
}

async function reads(client: TestClient, asked: string, expected: string): Promise<void> {
  const answer = await client.iq('get', query(asked));
  const difference = mismatch(answer, pattern(`<iq type='result'>${query(expected)}</iq>`));
  assert.equal(difference, undefined, difference);
}

const refusal = async (client: TestClient, type: 'get' | 'set', inner: string, to?: string) =>
  conditionOf(await client.iq(type, query(inner), to));

const exported = async (server: TestServer): Promise<unknown> =>
  (await server.host.parts.hooks.collect(accountData, jid('hamlet@capulet.lit'))).find((it) => it.name === 'private')
    ?.data;

test('XEP-0049 2.3: what was stored comes back, also after a restart', async (t) => {
  const { server, hamlet } = await start(t);
  await stores(hamlet, PREFS);
  await reads(hamlet, NO_PREFS, PREFS);
  await server.restart();
  await reads(await server.login('hamlet'), NO_PREFS, PREFS);
});

test('XEP-0049 2.3: what was never stored comes back as it was asked for, without content', async (t) => {
  const { hamlet } = await start(t);
  const answer = await hamlet.iq('get', query(`<exodus xmlns='exodus:prefs' a='b'>text</exodus>`));
  assert.equal(answer.firstElement()?.firstElement()?.toString(), NO_PREFS);
});

test('XEP-0049 2.3: one request may store several elements; each is replaced on its own', async (t) => {
  const { hamlet } = await start(t);
  await stores(hamlet, PREFS + NOTES);
  await stores(hamlet, `<exodus xmlns='exodus:prefs'>new</exodus>`, 'hamlet@capulet.lit');
  await reads(hamlet, NO_PREFS, `<exodus xmlns='exodus:prefs'>new</exodus>`);
  await reads(hamlet, `<notes xmlns='storage:rosternotes'/>`, NOTES);
});

test('an element without content is removed', async (t) => {
  const { server, hamlet } = await start(t);
  await stores(hamlet, PREFS + NOTES);
  await stores(hamlet, NO_PREFS);
  assert.deepEqual(await exported(server), [NOTES]);
});

test('XEP-0049 2.3: without an element of another namespace the answer is not-acceptable', async (t) => {
  const { hamlet } = await start(t);
  for (const type of ['get', 'set'] as const) {
    assert.equal(await refusal(hamlet, type, ''), 'not-acceptable');
    assert.equal(await refusal(hamlet, type, '<mine/>'), 'not-acceptable');
    assert.equal(await refusal(hamlet, type, `<mine xmlns=''/>`), 'not-acceptable');
  }
  assert.equal(await refusal(hamlet, 'set', `${PREFS}<mine/>`), 'not-acceptable');
  await reads(hamlet, NO_PREFS, NO_PREFS);
});

test('XEP-0049 2.3: only one element can be asked for at a time', async (t) => {
  const { hamlet } = await start(t);
  assert.equal(await refusal(hamlet, 'get', NO_PREFS + NOTES), 'bad-request');
});

test('XEP-0049 2.3 and 4: what belongs to somebody else is forbidden, whether there is an account or not', async (t) => {
  const { server, hamlet } = await start(t);
  await server.account('macbeth');
  for (const to of ['macbeth@capulet.lit', 'nobody@capulet.lit']) {
    for (const type of ['get', 'set'] as const) assert.equal(await refusal(hamlet, type, PREFS, to), 'forbidden');
  }
});

test('an element that is too large is refused, and what was there stays', async (t) => {
  const { hamlet } = await start(t, { modules: { private: { elementSize: '1 KiB' } } });
  await stores(hamlet, PREFS);
  const large = `<exodus xmlns='exodus:prefs'>${'ä'.repeat(500)}</exodus>`;
  assert.equal(await refusal(hamlet, 'set', NOTES + large), 'policy-violation');
  await reads(hamlet, NO_PREFS, PREFS);
  await reads(hamlet, `<notes xmlns='storage:rosternotes'/>`, `<notes xmlns='storage:rosternotes'/>`);
});

test('an account has room for so many bytes; what is replaced does not count', async (t) => {
  const { hamlet } = await start(t, { modules: { private: { elementSize: '1 KiB', accountSize: '2 KiB' } } });
  const filled = (name: string): string => `<${name} xmlns='urn:x'>${'x'.repeat(900)}</${name}>`;
  await stores(hamlet, filled('a'));
  await stores(hamlet, filled('b'));
  assert.equal(await refusal(hamlet, 'set', filled('c')), 'resource-constraint');
  await stores(hamlet, filled('a'));
  await stores(hamlet, `<b xmlns='urn:x'/>${filled('c')}`);
});

test('an account has room for so many elements', async (t) => {
  const { hamlet } = await start(t, { modules: { private: { elements: 2 } } });
  await stores(hamlet, PREFS + NOTES);
  assert.equal(await refusal(hamlet, 'set', `<third xmlns='urn:x'>x</third>`), 'resource-constraint');
  await stores(hamlet, `<third xmlns='urn:x'/>`);
});

test('it is exported with the account, and erased with it; the same name at another host is another account', async (t) => {
  const { server, hamlet } = await start(t, { hosts: ['montague.lit'] });
  await stores(hamlet, PREFS);
  const namesake = await server.login('hamlet', { host: 'montague.lit' });
  await reads(namesake, NO_PREFS, NO_PREFS);
  await stores(namesake, NOTES);
  assert.deepEqual(await exported(server), [PREFS]);
  await server.service(Accounts).remove('hamlet');
  assert.equal(await exported(server), undefined);
  await reads(namesake, `<notes xmlns='storage:rosternotes'/>`, NOTES);
});

test('for who has no account nothing is stored', async (t) => {
  const { server } = await start(t);
  const storage = server.service(PrivateStorage);
  const refused = await storage.set(jid('nobody@capulet.lit'), [el('urn:x', 'x', null, 'x')]);
  assert.equal(refused?.condition, 'service-unavailable');
});

test('a module may answer for elements that live elsewhere, and refuse them', async (t) => {
  const elsewhere = defineModule({
    name: 'elsewhere',
    summary: '',
    config: z.strictObject({}),
    setup: () => ({
      hooks: [
        on(privateRead, 'handle', ({ owner, key }) =>
          key === '{storage:bookmarks}storage' ? el('storage:bookmarks', 'storage', null, owner.bare) : undefined,
        ),
        on(privateWrite, 'handle', ({ element }) => {
          if (element.ns === 'urn:bad') return new StanzaError('not-allowed');
          return element.ns === 'storage:bookmarks' ? 'handled' : undefined;
        }),
      ],
    }),
  });
  const { server, hamlet } = await start(t, { extra: [elsewhere] });
  await stores(hamlet, `<storage xmlns='storage:bookmarks'>x</storage>${PREFS}`);
  await reads(
    hamlet,
    `<storage xmlns='storage:bookmarks'/>`,
    `<storage xmlns='storage:bookmarks'>hamlet@capulet.lit</storage>`,
  );
  assert.equal(await refusal(hamlet, 'set', `${NOTES}<a xmlns='urn:bad'/>`), 'not-allowed');
  assert.deepEqual(await exported(server), [PREFS]);
});
