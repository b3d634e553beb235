/** What one stream may cost: sizes, rates, failures (RFC 6120 sections 4.9.3.14, 6.4.5 and 13.12). */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';
import { ScramClient } from '../support/sasl-client.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const WRONG = `<auth xmlns='${SASL}' mechanism='PLAIN'>${btoa('\0juliet\0wrong')}</auth>`;

const server = await startCore({
  settings: {
    beforeAuth: { maxBytes: 1000, maxElements: 8, maxDepth: 4, maxAttributes: 6 },
    afterAuth: { maxBytes: 4000, maxElements: 32, maxDepth: 8, maxAttributes: 12 },
  },
});
after(() => server.stop());

const nested = (depth: number) => `${'<a>'.repeat(depth - 1)}${'</a>'.repeat(depth - 1)}`;
const attributes = (count: number) => Array.from({ length: count }, (_, i) => ` a${i}=''`).join('');

interface Limits {
  readonly bytes: number;
  readonly elements: number;
  readonly depth: number;
  readonly attributes: number;
}

/** The largest element that is allowed, and the smallest that is not. Each is named by its start tag. */
function sizes(limits: Limits, tag: string, name: string): Readonly<Record<string, (more: number) => string>> {
  const empty = `<${tag}></${name}>`.length;
  return {
    bytes: (more) => `<${tag}>${'x'.repeat(limits.bytes - empty + more)}</${name}>`,
    elements: (more) => `<${tag}>${'<a/>'.repeat(limits.elements - 1 + more)}</${name}>`,
    depth: (more) => `<${tag}>${nested(limits.depth + more)}</${name}>`,
    attributes: (more) => `<${tag}${attributes(limits.attributes - (tag.match(/=/g)?.length ?? 0) + more)}/>`,
  };
}

suite('limits before login', () => {
  const auth = `auth xmlns='${SASL}' mechanism='NONE'`;
  for (const [what, make] of Object.entries(
    sizes({ bytes: 1000, elements: 8, depth: 4, attributes: 6 }, auth, 'auth'),
  )) {
    test(`RFC 6120 13.12: ${what} up to the limit are taken, more are a policy-violation`, async () => {
      const client = server.connect();
      await client.open('capulet.lit');
      client.raw(make(0));
      await client.receives(`<failure xmlns='${SASL}'><invalid-mechanism/></failure>`);
      client.raw(make(1));
      await client.fails('policy-violation');
    });
  }

  test('RFC 6120 4.9.3.14: an element without an end is cut off at the limit', async () => {
    const client = server.connect();
    await client.open('capulet.lit');
    client.raw(`<auth xmlns='${SASL}' mechanism='`);
    for (let i = 0; i < 11; i++) client.raw('x'.repeat(100));
    await client.fails('policy-violation');
  });

  test('RFC 6120 4.9.3.14: so is a header', async () => {
    const client = server.connect();
    client.raw(`<stream:stream to='${'x'.repeat(1000)}`);
    await client.receive();
    await client.fails('policy-violation');
  });
});

suite('limits after login', () => {
  const limits = { bytes: 4000, elements: 32, depth: 8, attributes: 12 };
  for (const [what, make] of Object.entries(sizes(limits, `message id='last'`, 'message'))) {
    test(`RFC 6120 13.12: ${what} up to the limit are taken, more are a policy-violation`, async () => {
      const juliet = await server.login('juliet');
      juliet.raw(make(0));
      await juliet.receives(`<message id='last'/>`);
      juliet.raw(make(1));
      await juliet.fails('policy-violation');
    });
  }

  test('XEP-0388 2.6.1: what comes right behind a login that succeeds is under the limits of after', async () => {
    await server.account('juliet');
    const client = server.connect();
    const bind = `<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
    client.raw(
      client.header('capulet.lit') +
        `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${btoa('\0juliet\0secret')}</initial-response></authenticate>` +
        `${bind}<message type='headline' id='2' to='capulet.lit'><body>${'x'.repeat(3000)}</body></message>`,
    );
    for (const name of ['stream', 'features', 'success', 'features', 'iq', 'message']) {
      assert.equal((await client.receive()).name, name);
    }
  });
});

suite('too many failures', () => {
  async function fail(client: TestClient, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      client.raw(WRONG);
      await client.receives(`<failure xmlns='${SASL}'><not-authorized/></failure>`);
    }
  }

  async function connect(address: string): Promise<TestClient> {
    const client = server.connect({ address });
    await client.open('capulet.lit');
    return client;
  }

  test('RFC 6120 6.4.5: the fifth failure ends the stream with policy-violation', async () => {
    const client = await connect('127.0.0.1');
    await fail(client, 5);
    await client.fails('policy-violation');
  });

  test('RFC 6120 6.4.5: after four failures one may still succeed', async () => {
    const client = await connect('127.0.0.1');
    await fail(client, 4);
    client.raw(`<auth xmlns='${SASL}' mechanism='PLAIN'>${btoa('\0juliet\0secret')}</auth>`);
    await client.receives(`<success xmlns='${SASL}'/>`);
  });

  test('RFC 6120 6.4.5: both SASL profiles share one count', async () => {
    const client = await connect('127.0.0.1');
    await fail(client, 4);
    client.raw(
      `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${btoa('\0juliet\0wrong')}</initial-response></authenticate>`,
    );
    await client.receives(`<failure xmlns='urn:xmpp:sasl:2'><not-authorized xmlns='${SASL}'/></failure>`);
    await client.fails('policy-violation');
  });

  test('RFC 6120 6.4.5: what proves nothing wrong does not count', async () => {
    const client = await connect('127.0.0.1');
    for (let i = 0; i < 20; i++) {
      client.raw(`<auth xmlns='${SASL}' mechanism='PLAIN'/><abort xmlns='${SASL}'/>`);
      await client.receives(`<challenge xmlns='${SASL}'/>`);
      await client.receives(`<failure xmlns='${SASL}'><aborted/></failure>`);
    }
    await fail(client, 4);
  });

  test('RFC 6120 6.4.5: an address that fails 20 times is banned for an hour, over several streams', async () => {
    const address = '192.0.2.7';
    for (let i = 0; i < 4; i++) await fail(await connect(address), 4);
    const last = await connect(address);
    await fail(last, 3);
    assert.equal(server.limits.bannedUntil(address), undefined);
    await fail(last, 1);
    await last.fails('policy-violation');
    assert.equal(server.limits.bannedUntil(address), server.clock.now() + 3_600_000);
    // A stream that was there before ends with its next failure.
    const other = await connect(address);
    await fail(other, 1);
    await other.fails('policy-violation');
  });

  test('RFC 6120 6.4.5: on a stream that was open before the ban even the right password is refused while it lasts', async () => {
    await server.account('juliet');
    const address = '192.0.2.8';
    const right = `<auth xmlns='${SASL}' mechanism='PLAIN'>${btoa('\0juliet\0secret')}</auth>`;
    const [held, scram] = [await connect(address), await connect(address)];
    const exchange = new ScramClient({ mechanism: 'SCRAM-SHA-256', username: 'juliet', password: 'secret' });
    scram.raw(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${exchange.first().toString('base64')}</auth>`);
    const challenge = await scram.receives(`<challenge xmlns='${SASL}'/>`);
    for (let i = 0; i < 5; i++) await fail(await connect(address), 4);
    const final = exchange.final(Buffer.from(challenge.text(), 'base64')).toString('base64');
    held.raw(right);
    scram.raw(`<response xmlns='${SASL}'>${final}</response>`);
    for (const client of [held, scram]) {
      await client.receives(`<failure xmlns='${SASL}'><not-authorized/></failure>`);
      await client.fails('policy-violation');
    }
  });

  test('RFC 6120 6.5.2: a locked account whose password is right is no guess, and bans nobody', async () => {
    await server.account('tybalt');
    await server.command('user lock', { jid: 'tybalt@capulet.lit' });
    const address = '192.0.2.10';
    const client = await connect(address);
    for (let i = 0; i < 20; i++) {
      client.raw(`<auth xmlns='${SASL}' mechanism='PLAIN'>${btoa('\0tybalt\0secret')}</auth>`);
      await client.receives(`<failure xmlns='${SASL}'><account-disabled/></failure>`);
    }
    assert.equal(server.limits.bannedUntil(address), undefined);
  });

  test('RFC 6120 6.4.5: a trusted address is never banned: others speak through it', async () => {
    for (let i = 0; i < 6; i++) await fail(await connect('127.0.0.1'), 4);
    assert.equal(server.limits.bannedUntil('127.0.0.1'), undefined);
  });
});

suite('RFC 6120 13.12: the rate of bytes', () => {
  const settings = { bytesPerSecond: 1000, burstBytes: 4000 };
  let people = 0;
  const text = (bytes: number) => ' '.repeat(bytes);

  /** Somebody who has a whole burst. */
  async function login() {
    server.engine.streams.settings = { ...server.engine.streams.settings, ...settings };
    const client = await server.login(`writer${++people}`);
    server.clock.advance(10_000);
    return client;
  }

  test('past the burst nothing is read until it is paid for, and nobody is cut off', async () => {
    const juliet = await login();
    juliet.raw(text(4000));
    assert.ok(!juliet.transport.paused);
    juliet.raw(text(2000));
    assert.ok(juliet.transport.paused);
    juliet.raw(`<message to='${juliet.jid}' id='late'/>`);
    server.clock.advance(1900);
    assert.ok(juliet.transport.paused);
    server.clock.advance(200);
    assert.ok(!juliet.transport.paused);
    await juliet.receives(`<message id='late'/>`);
  });

  test('many small chunks count as much as one large', async () => {
    const juliet = await login();
    for (let i = 0; i < 40; i++) juliet.raw(text(100));
    assert.ok(!juliet.transport.paused);
    juliet.raw(text(100));
    assert.ok(juliet.transport.paused);
  });

  test('who keeps to the rate is never slowed down', async () => {
    const juliet = await login();
    for (let i = 0; i < 100; i++) {
      juliet.raw(text(1000));
      assert.ok(!juliet.transport.paused);
      server.clock.advance(1000);
    }
  });

  test('a pause for something else does not cut the throttle short', async () => {
    const [juliet, romeo] = [await login(), await login()];
    // The account has to be looked up: the stream waits for that, too.
    juliet.raw(`<message to='nobody@capulet.lit' id='bounced'/>${text(5000)}`);
    await juliet.receives(`<message id='bounced' type='error'/>`);
    await romeo.send(`<message to='${romeo.jid}'/>`);
    await romeo.receives('<message/>');
    assert.ok(juliet.transport.paused);
    server.clock.advance(2000);
    assert.ok(!juliet.transport.paused);
  });

  test('new settings hold at once', async () => {
    const juliet = await login();
    server.engine.streams.settings = { ...server.engine.streams.settings, bytesPerSecond: 0 };
    juliet.raw(text(100_000));
    assert.ok(!juliet.transport.paused);
  });
});

suite('RFC 6120 13.12: a client that does not read the answers to what it sends', () => {
  const asked = `<r xmlns='urn:xmpp:sm:3'/>`;

  /** Asks until it is cut off; returns what waits for it then, in bytes. */
  async function ask(client: TestClient): Promise<number> {
    const settings = { bytesPerSecond: 0, congestedBytes: 20_000, cutOffBytes: 50_000 };
    server.engine.streams.settings = { ...server.engine.streams.settings, ...settings };
    client.transport.stall();
    for (let i = 0; i < 5000 && !client.transport.closed; i++) client.raw(asked);
    assert.ok(client.transport.closed);
    return client.transport.bufferedBytes;
  }

  test('is cut off before login', async () => {
    const client = server.connect();
    await client.open('capulet.lit');
    assert.ok((await ask(client)) < 21_000);
  });

  test('is cut off after it, with what clients may leave waiting', async () => {
    const client = await server.login('juliet');
    await client.send(`<enable xmlns='urn:xmpp:sm:3'/>`);
    await client.receives(`<enabled xmlns='urn:xmpp:sm:3'/>`);
    const waiting = await ask(client);
    assert.ok(waiting > 45_000 && waiting < 51_000, String(waiting));
  });
});
