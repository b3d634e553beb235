/** XEP-0114: external components, and how stanzas go to them and come from them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, suite, test } from 'node:test';
import { ComponentDomain, ComponentStream } from '../../src/stream/component.ts';
import { TestClient } from '../support/client.ts';
import { conditionOf } from '../support/condition.ts';
import { startCore } from '../support/core.ts';
import { MemoryLogger } from '../support/memory-log.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const ACCEPT = 'jabber:component:accept';

const log = new MemoryLogger();
const server = await startCore({ log });
after(() => server.stop());
const { router } = server.engine;
const domains = new Map(
  ['plays', 'rooms', 'absent', 'slow'].map((name) => {
    const domain = new ComponentDomain(`${name}.capulet.lit`, 'secret', router);
    assert.ok(router.addService(domain.domain, domain));
    return [domain.domain, domain] as const;
  }),
);
const services = { router, clock: server.clock, log, domains };

function connect(): TestClient {
  return new TestClient(
    { accept: (transport) => void new ComponentStream(transport, services) },
    { secure: false, contentNs: ACCEPT },
  );
}

const header = (to: string, ns = ACCEPT) =>
  `<stream:stream xmlns='${ns}' xmlns:stream='http://etherx.jabber.org/streams' to='${to}'>`;
const proof = (id: string, secret = 'secret') =>
  createHash('sha1')
    .update(id + secret)
    .digest('hex');
const handshake = (text: string) => `<handshake>${text}</handshake>`;

async function open(to: string) {
  const client = connect();
  client.raw(header(to));
  return { client, id: (await client.receive()).attr('id') ?? '' };
}

async function join(to: string): Promise<TestClient> {
  const { client, id } = await open(to);
  client.raw(handshake(proof(id)));
  await client.receives('<handshake/>');
  return client;
}

const juliet = await server.login('juliet', { resource: 'balcony' });
const plays = await join('plays.capulet.lit');

suite('XEP-0114 3: the handshake', () => {
  test('the header has the domain and an id, and no version, which would promise features', async () => {
    const { client } = await open('rooms.capulet.lit');
    assert.match(
      client.texts.join(''),
      /^<\?xml version='1\.0'\?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http:\/\/etherx\.jabber\.org\/streams' from='rooms\.capulet\.lit' id='[\w-]{22}'>$/,
    );
    await client.close();
  });

  test('the proof is the SHA-1 of id and secret in hexadecimal, of either case; it is answered with an empty element', async () => {
    for (const write of [
      (text: string) => text,
      (text: string) => text.toUpperCase(),
      (text: string) => ` ${text}\n`,
    ]) {
      const { client, id } = await open('rooms.capulet.lit');
      client.raw(handshake(write(proof(id))));
      await client.receives('<handshake/>');
      assert.match(client.texts.at(-1) ?? '', /^<handshake\/>$/);
      await client.close();
    }
  });

  for (const [what, text] of [
    ['another secret', (id: string) => proof(id, 'guess')],
    ['the id of another stream', () => proof('other')],
    ['half of it', (id: string) => proof(id).slice(0, 20)],
    ['nothing', () => ''],
  ] as const) {
    test(`a proof of ${what} is not-authorized, and closes the stream`, async () => {
      const { client, id } = await open('rooms.capulet.lit');
      client.raw(handshake(text(id)));
      await client.fails('not-authorized');
      assert.equal(domains.get('rooms.capulet.lit')?.link, undefined);
    });
  }

  for (const to of ['strangers.capulet.lit', 'capulet.lit', '@', '']) {
    test(`a domain that is no component's is host-unknown: '${to}'`, async () => {
      const { client } = await open(to);
      await client.fails('host-unknown');
    });
  }

  test('a domain that is connected is a conflict for another, and goes on itself', async () => {
    const { client, id } = await open('plays.capulet.lit');
    client.raw(handshake(proof(id)));
    await client.fails('conflict');
    await juliet.send(`<message to='plays.capulet.lit' id='m'/>`);
    await plays.receives(`<message id='m'/>`);
  });

  test('only who knows the secret learns that a domain is connected', async () => {
    const { client, id } = await open('plays.capulet.lit');
    client.raw(handshake(proof(id, 'guess')));
    await client.fails('not-authorized');
  });

  test('stanzas before the handshake are not-authorized', async () => {
    const { client } = await open('rooms.capulet.lit');
    client.raw(`<message from='rooms.capulet.lit' to='${juliet.jid}'/>`);
    await client.fails('not-authorized');
  });

  test('RFC 6120 4.9.3.10: the namespaces of clients and of other streams are not spoken here', async () => {
    const client = connect();
    client.raw(header('rooms.capulet.lit', 'jabber:client'));
    await client.receive();
    await client.fails('invalid-namespace');
    const other = connect();
    other.raw(`<stream to='rooms.capulet.lit' xmlns='${ACCEPT}'>`);
    await other.receive();
    await other.fails('invalid-namespace');
  });

  test('before the handshake nobody gets much', async () => {
    const { client } = await open('rooms.capulet.lit');
    client.raw(handshake('x'.repeat(5000)));
    await client.fails('policy-violation');
    const silent = connect();
    silent.raw(`<stream:stream ${'x'.repeat(5000)}`);
    await silent.receive();
    await silent.fails('policy-violation');
  });

  test('who does not prove itself in half a minute is cut off; who has, may be silent', async () => {
    const { client } = await open('rooms.capulet.lit');
    const silent = connect();
    server.clock.advance(31_000);
    await client.fails('connection-timeout');
    await silent.receive();
    await silent.fails('connection-timeout');
    assert.ok(!plays.ended);
  });

  test('RFC 6120 4.4: a component may leave and come back', async () => {
    const first = await join('rooms.capulet.lit');
    await first.close();
    assert.ok(first.closed);
    const second = await join('rooms.capulet.lit');
    await second.cut();
    await (await join('rooms.capulet.lit')).close();
    assert.match(log.take(), /component connected.*component disconnected/s);
  });
});

suite('XEP-0114 3: stanzas from the component', () => {
  test('from any address of its domain', async () => {
    for (const from of ['plays.capulet.lit', 'hamlet@plays.capulet.lit', 'hamlet@plays.capulet.lit/act 3']) {
      plays.raw(`<message from='${from}' to='juliet@capulet.lit' type='chat'><body>to be</body></message>`);
      await juliet.receives(`<message from='${from}' to='juliet@capulet.lit' type='chat'><body>to be</body></message>`);
    }
  });

  test('in the namespace of clients, what is inside included', async () => {
    plays.raw(
      `<message from='plays.capulet.lit' to='${juliet.jid}'><body>x</body><x xmlns='urn:example:x'><y/></x></message>`,
    );
    await juliet.receive();
    assert.equal(
      juliet.texts.at(-1),
      `<message from='plays.capulet.lit' to='juliet@capulet.lit/balcony'><body>x</body><x xmlns='urn:example:x'><y/></x></message>`,
    );
  });

  for (const from of [
    'juliet@capulet.lit',
    'capulet.lit',
    'rooms.capulet.lit',
    'a.plays.capulet.lit',
    '',
    '@',
    undefined,
  ]) {
    test(`RFC 6120 4.9.3.9: from ${from === undefined ? 'nobody' : `'${from}'`} is invalid-from`, async () => {
      const rooms = await join('absent.capulet.lit');
      rooms.raw(`<message ${from === undefined ? '' : `from='${from}'`} to='${juliet.jid}'/>`);
      await rooms.fails('invalid-from');
    });
  }

  test('RFC 6120 4.9.3.7: to nobody is improper-addressing', async () => {
    const rooms = await join('absent.capulet.lit');
    rooms.raw(`<message from='absent.capulet.lit'/>`);
    await rooms.fails('improper-addressing');
  });

  test('RFC 6120 8.3.3.8: to what is no address is jid-malformed: one bad address must not cost a gateway its stream', async () => {
    plays.raw(`<message from='hamlet@plays.capulet.lit' to='@' id='m'/>`);
    await plays.receives(
      `<message type='error' id='m' from='plays.capulet.lit' to='hamlet@plays.capulet.lit'><error type='modify'><jid-malformed xmlns='${STANZAS}'/></error></message>`,
    );
  });

  test('RFC 6120 8.2.3: a request without an id or of no such type is a bad-request, and runs nothing', async () => {
    for (const attributes of [`type='get'`, `type='put' id='1'`, `id='1'`]) {
      plays.raw(`<iq from='plays.capulet.lit' to='capulet.lit' ${attributes}><x xmlns='urn:example:x'/></iq>`);
      assert.equal(conditionOf(await plays.receive()), 'bad-request');
    }
  });

  test('RFC 6120 4.9.3.24: what is no stanza ends the stream', async () => {
    const rooms = await join('absent.capulet.lit');
    rooms.raw(`<x xmlns='urn:example:x'/>`);
    await rooms.fails('unsupported-stanza-type');
  });

  test('errors come back to the component', async () => {
    plays.raw(`<message from='hamlet@plays.capulet.lit' to='nobody@capulet.lit' id='m'/>`);
    await plays.receives(
      `<message type='error' id='m' from='nobody@capulet.lit' to='hamlet@plays.capulet.lit'><error type='cancel'><service-unavailable xmlns='${STANZAS}'/></error></message>`,
    );
    plays.raw(`<iq type='get' id='i' from='plays.capulet.lit' to='capulet.lit'><x xmlns='urn:example:x'/></iq>`);
    assert.equal(conditionOf(await plays.answer('i')), 'service-unavailable');
  });

  test('more than clients may send', async () => {
    const body = 'x'.repeat(1_000_000);
    plays.raw(`<message from='plays.capulet.lit' to='${juliet.jid}'><body>${body}</body></message>`);
    assert.equal((await juliet.receive()).childText('{jabber:client}body'), body);
  });

  test('RFC 6120 10.1: a component may speak to itself and to others of its kind', async () => {
    const rooms = await join('rooms.capulet.lit');
    plays.raw(`<message from='plays.capulet.lit' to='rooms.capulet.lit' id='m'/>`);
    await rooms.receives(`<message from='plays.capulet.lit' id='m'/>`);
    rooms.raw(`<message from='a@rooms.capulet.lit' to='b@rooms.capulet.lit' id='own'/>`);
    await rooms.receives(`<message from='a@rooms.capulet.lit' id='own'/>`);
    await rooms.close();
  });
});

suite('stanzas for the component', () => {
  test('to any address of its domain, whatever kind they are, in its own namespace', async () => {
    for (const to of ['plays.capulet.lit', 'hamlet@plays.capulet.lit', 'hamlet@plays.capulet.lit/act 3']) {
      await juliet.send(`<message to='${to}' id='m'><body>x</body></message>`);
      await juliet.send(`<presence to='${to}' id='p'/>`);
      await juliet.send(`<iq type='get' to='${to}' id='i'><x xmlns='urn:example:x'/></iq>`);
      await plays.receives(`<message from='${juliet.jid}' to='${to}' id='m'><body>x</body></message>`);
      assert.doesNotMatch(plays.texts.at(-1) ?? '', /jabber:client/);
      await plays.receives(`<presence from='${juliet.jid}' to='${to}' id='p'/>`);
      await plays.receives(`<iq from='${juliet.jid}' to='${to}' id='i'><x xmlns='urn:example:x'/></iq>`);
    }
  });

  test('what it answers comes to who asked', async () => {
    await juliet.send(`<iq type='get' to='plays.capulet.lit' id='i'><x xmlns='urn:example:x'/></iq>`);
    await plays.receives(`<iq type='get' id='i'/>`);
    plays.raw(`<iq type='result' id='i' from='plays.capulet.lit' to='${juliet.jid}'/>`);
    await juliet.receives(`<iq type='result' id='i' from='plays.capulet.lit'/>`);
  });

  test('while it is not connected, errors say that it may be later; what is not to be answered is not', async () => {
    for (const stanza of [
      `<message to='absent.capulet.lit' id='x'/>`,
      `<iq type='get' to='a@absent.capulet.lit' id='x'><x xmlns='urn:example:x'/></iq>`,
    ]) {
      await juliet.send(stanza);
      const answer = await juliet.receives(`<${stanza.slice(1, stanza.indexOf(' '))} type='error' id='x'/>`);
      assert.equal(conditionOf(answer), 'service-unavailable');
      assert.equal(
        answer
          .elements()
          .find((it) => it.name === 'error')
          ?.attr('type'),
        'wait',
      );
    }
    await juliet.send(`<presence to='absent.capulet.lit'/>`);
    await juliet.send(`<message to='absent.capulet.lit' type='error'/>`);
    await juliet.send(`<iq to='absent.capulet.lit' type='result' id='1'/>`);
    await juliet.send(`<message to='${juliet.jid}' id='own'/>`);
    await juliet.receives(`<message id='own'/>`);
  });

  test('a component that does not read is cut off when too much waits for it', async () => {
    const slow = await join('slow.capulet.lit');
    slow.transport.stall();
    for (let i = 0; i < 80; i++) {
      await juliet.send(`<message to='slow.capulet.lit'><body>${'x'.repeat(250_000)}</body></message>`);
    }
    assert.ok(slow.ended);
    assert.match(log.take(), /does not read/);
    // The first ones waited in vain, the last ones came back.
    await juliet.receives(`<message type='error' from='slow.capulet.lit'/>`);
  });
});

test('a domain has one owner: host, module or component', () => {
  const again = new ComponentDomain('plays.capulet.lit', 'secret', router);
  assert.equal(router.addService('plays.capulet.lit', again), false);
  assert.equal(router.addService('capulet.lit', again), false);
  router.removeService('plays.capulet.lit', again);
  assert.deepEqual([...router.services()].sort(), [...domains.keys()].sort());
});
