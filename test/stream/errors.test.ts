/** RFC 6120 section 4.9.3: every stream error that a client can provoke, before and after it has logged in. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, iq, z } from '#api';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';
import { MemoryLogger } from '../support/memory-log.ts';

const log = new MemoryLogger();

/** Fails where it must not: with an error of its own instead of an answer. */
const broken = defineModule({
  name: 'broken',
  summary: 'Fails',
  config: z.strictObject({}),
  setup: () => ({
    iq: [
      iq('get', '{urn:example:broken}now', 'host', () => {
        throw new Error('broken on purpose');
      }),
      iq('get', '{urn:example:broken}later', 'host', async () => {
        throw new Error('broken on purpose, later');
      }),
    ],
    nonzas: [
      {
        key: '{urn:example:broken}nonza',
        handle: () => {
          throw new Error('broken on purpose');
        },
      },
      { key: '{urn:example:broken}later', handle: async () => Promise.reject(new Error('broken on purpose, later')) },
    ],
  }),
});

const server = await startCore({ extra: [broken], log });
after(() => server.stop());

let people = 0;

const states: Readonly<Record<string, () => Promise<TestClient>>> = {
  'before login': async () => {
    const client = server.connect();
    await client.open('capulet.lit');
    return client;
  },
  'after login': () => server.login(`person${++people}`, { available: false }),
};

/** What comes, and what it is. */
const wrong: readonly (readonly [clause: string, condition: string, bytes: string | Buffer])[] = [
  ['4.9.3.1: text between elements', 'bad-format', 'hello'],
  ['4.9.3.2: a prefix that no element may have', 'bad-namespace-prefix', '<xml:message/>'],
  ['4.9.3.13: a prefix that is not bound', 'not-well-formed', '<foo:bar/>'],
  ['4.9.3.13: an end tag that does not match', 'not-well-formed', '<message><body></message>'],
  ['4.9.3.13: an attribute without quotes', 'not-well-formed', '<message to=juliet/>'],
  ['4.9.3.13: an attribute twice', 'not-well-formed', `<message to='a@b' to='a@c'/>`],
  ['4.9.3.13: a bare ampersand', 'not-well-formed', '<message><body>a & b</body></message>'],
  ['4.9.3.13: a character that XML has not', 'not-well-formed', '<message><body>\u0001</body></message>'],
  ['4.9.3.13: the end tag of something else', 'not-well-formed', '</other>'],
  ['4.9.3.18: a comment', 'restricted-xml', '<!-- a comment -->'],
  ['4.9.3.18: a comment in a stanza', 'restricted-xml', '<message><!-- a comment --></message>'],
  ['4.9.3.18: a processing instruction', 'restricted-xml', '<?php echo 1 ?>'],
  ['4.9.3.18: a document type', 'restricted-xml', '<!DOCTYPE foo>'],
  ['4.9.3.18: an entity that is not predefined', 'restricted-xml', '<message><body>&nbsp;</body></message>'],
  ['4.9.3.24: an element that is no stanza', 'unsupported-stanza-type', `<stranger xmlns='urn:example:strange'/>`],
  ['4.9.3.24: a stanza of another content namespace', 'unsupported-stanza-type', `<message xmlns='jabber:server'/>`],
  ['4.9.3.24: an element of the stream namespace', 'unsupported-stanza-type', '<stream:features/>'],
];

for (const [state, reach] of Object.entries(states)) {
  suite(`stream errors ${state}`, () => {
    for (const [clause, condition, bytes] of wrong) {
      test(`RFC 6120 ${clause} is ${condition}`, async () => {
        const client = await reach();
        client.raw(bytes.toString());
        await client.fails(condition);
      });
    }

    test('RFC 6120 4.9.3.22: bytes that are not UTF-8 are unsupported-encoding', async () => {
      const client = await reach();
      client.transport.handler?.onData(Buffer.from('<message><body>\xe4</body></message>', 'latin1'));
      await client.fails('unsupported-encoding');
    });

    test('RFC 6120 4.9.2: an error may say more in English', async () => {
      const client = await reach();
      client.raw('<message><body></message>');
      const error = await client.receive();
      const text = error.elements().find((it) => it.name === 'text');
      assert.equal(text?.ns, 'urn:ietf:params:xml:ns:xmpp-streams');
      assert.equal(text?.attr('xml:lang'), 'en');
    });

    test('RFC 6120 4.9.1.1: after an error nothing that follows is read', async () => {
      const witness = await server.login(`person${++people}`);
      const client = await reach();
      client.raw(`<!-- --><message to='${witness.jid}'><body>too late</body></message>`);
      client.raw(`<message to='${witness.jid}'><body>too late</body></message>`);
      await client.fails('restricted-xml');
      await witness.send(`<message to='${witness.jid}' id='own'/>`);
      await witness.receives(`<message id='own'/>`);
    });
  });
}

test('RFC 6120 4.9.3.22: a header in another encoding is unsupported-encoding', async () => {
  const client = server.connect();
  client.raw(`<?xml version='1.0' encoding='ISO-8859-1'?>`);
  await client.receive();
  await client.fails('unsupported-encoding');
});

test('RFC 6120 4.9.3.12: a stanza before login is not-authorized', async () => {
  for (const stanza of [
    `<message to='romeo@capulet.lit'/>`,
    '<presence/>',
    `<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>`,
    `<iq type='get' id='1'/>`,
    `<iq type='result' id='1'/>`,
  ]) {
    const client = await (states['before login'] as () => Promise<TestClient>)();
    await client.send(stanza);
    await client.fails('not-authorized');
  }
});

test('RFC 6120 4.9.3.3: a session that another replaces ends with conflict', async () => {
  const first = await server.login('juliet', { resource: 'balcony', available: false });
  await server.login('juliet', { resource: 'balcony', available: false });
  await first.fails('conflict');
});

test('RFC 6120 4.9.3.5: the sessions and logins of a host that is taken away end with host-gone', async () => {
  const other = await startCore({ hosts: ['montague.lit'] });
  const romeo = await other.login('romeo', { host: 'montague.lit', available: false });
  const stranger = other.connect();
  await stranger.open('montague.lit');
  const juliet = await other.login('juliet');
  await other.engine.removeHost('montague.lit');
  await romeo.fails('host-gone');
  stranger.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHJvbWVvAHNlY3JldA==</auth>`);
  await stranger.fails('host-gone');
  await juliet.send(`<message to='${juliet.jid}'/>`);
  await juliet.receives('<message/>');
  await other.stop();
});

test('RFC 6120 4.9.3.20: when the server stops, every stream ends with system-shutdown', async () => {
  const other = await startCore();
  const juliet = await other.login('juliet');
  const stranger = other.connect();
  await stranger.open('capulet.lit');
  const silent = other.connect();
  await other.restart();
  await juliet.fails('system-shutdown');
  await stranger.fails('system-shutdown');
  await silent.receive();
  await silent.fails('system-shutdown');
  await other.stop();
});

test('RFC 6120 4.9.3.8: what fails on our side outside of a stanza ends the stream, and is logged', async () => {
  for (const name of ['nonza', 'later']) {
    const client = await (states['after login'] as () => Promise<TestClient>)();
    await client.send(`<${name} xmlns='urn:example:broken'/>`);
    await client.fails('internal-server-error');
    assert.match(log.take(), /broken on purpose/);
  }
});

test('RFC 6120 8.3.3.6: what fails on our side in a stanza is answered, the stream goes on, and it is logged', async () => {
  const client = await (states['after login'] as () => Promise<TestClient>)();
  for (const name of ['now', 'later']) {
    const answer = await client.iq('get', `<${name} xmlns='urn:example:broken'/>`, 'capulet.lit');
    assert.match(String(answer), /type='error'.*<internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'\/>/);
    assert.match(log.take(), /broken on purpose/);
  }
});
