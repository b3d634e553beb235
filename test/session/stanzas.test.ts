/** RFC 6120 section 8: what clients send, what becomes of it on the way, and what errors look like. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, iq, StanzaError, z } from '#api';
import type { TestClient } from '../support/client.ts';
import { conditionOf } from '../support/condition.ts';
import { startCore } from '../support/core.ts';
import { parseXml } from '../support/xml.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const error = (condition: string, type: string) => `<error type='${type}'><${condition} xmlns='${STANZAS}'/></error>`;

/** Answers in every way there is. */
const answers = defineModule({
  name: 'answers',
  summary: 'Answers',
  config: z.strictObject({}),
  setup: () => ({
    iq: [
      iq('get', '{urn:example:answer}nothing', 'host', () => undefined),
      iq('get', '{urn:example:answer}echo', ['host', 'account'], ({ payload }) => payload),
      iq('get', '{urn:example:answer}deferred', 'host', () => 'deferred'),
      iq('set', '{urn:example:answer}refused', 'host', () => new StanzaError('not-acceptable', 'not today')),
      iq('set', '{urn:example:answer}thrown', 'host', () => Promise.reject(new StanzaError('forbidden'))),
      iq('get', '{urn:example:answer}own', 'self', ({ to }) => {
        throw new StanzaError('gone', to.full);
      }),
    ],
  }),
});

const server = await startCore({ extra: [answers] });
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });
const romeo = await server.login('romeo', { resource: 'orchard' });

/** The last stanza that came, byte for byte. */
async function lastBytes(client: TestClient): Promise<string> {
  await client.receive();
  return client.texts.at(-1) ?? '';
}

/** Proves that the client is still there and that nothing is queued for it. */
async function quiet(client: TestClient): Promise<void> {
  await client.send(`<message to='${client.jid}' id='quiet'/>`);
  await client.receives(`<message id='quiet'/>`);
}

suite('8.1.2: from', () => {
  test('RFC 6120 8.1.2.1: the server states the full address of the sender', async () => {
    await juliet.send(`<message to='romeo@capulet.lit'/>`);
    await romeo.receives(`<message from='juliet@capulet.lit/balcony' to='romeo@capulet.lit'/>`);
  });

  for (const from of ['juliet@capulet.lit', 'juliet@capulet.lit/balcony', 'JULIET@capulet.LIT/balcony']) {
    test(`RFC 6120 8.1.2.1: the sender may say ${from} itself`, async () => {
      await juliet.send(`<message from='${from}' to='romeo@capulet.lit'/>`);
      const message = await romeo.receives(`<message from='juliet@capulet.lit/balcony'/>`);
      assert.equal(message.attrs.filter((it) => it === 'from').length, 1);
    });
  }

  for (const from of ['romeo@capulet.lit', 'spy@capulet.lit/other', 'capulet.lit', '', '@', 'juliet@capulet.lit']) {
    test(`RFC 6120 8.1.2.1, 4.9.3.9: '${from}' of somebody else is invalid-from`, async () => {
      const spy = await server.login('spy', { resource: 'one', available: false });
      await spy.send(`<message from='${from}' to='romeo@capulet.lit'/>`);
      await spy.fails('invalid-from');
      await quiet(romeo);
    });
  }
});

suite('8.1.1: to', () => {
  for (const to of ['', 'a@b@c', '@capulet.lit', 'romeo@', 'romeo@capulet.lit/', `${'x'.repeat(1024)}@capulet.lit`]) {
    test(`RFC 6120 8.3.3.8: a message to '${to.slice(0, 20)}' is jid-malformed`, async () => {
      await juliet.send(`<message to='${to}' id='m' type='chat'/>`);
      await juliet.receives(
        `<message type='error' id='m' from='capulet.lit' to='juliet@capulet.lit/balcony'>${error('jid-malformed', 'modify')}</message>`,
      );
    });
  }

  test('RFC 6120 8.3.3.8: so are presence and requests, and the request comes back with the error', async () => {
    await juliet.send(`<presence to='@' id='p'/>`);
    await juliet.receives(`<presence type='error' id='p'>${error('jid-malformed', 'modify')}</presence>`);
    await juliet.send(`<iq type='get' to='@' id='i'><x xmlns='urn:example:x'/></iq>`);
    await juliet.receives(`<iq type='error' id='i'><x xmlns='urn:example:x'/>${error('jid-malformed', 'modify')}</iq>`);
  });

  test('RFC 6120 8.3.1: an error or a result to nowhere is dropped', async () => {
    await juliet.send(`<message type='error' to='@'/>`);
    await juliet.send(`<iq type='result' id='1' to='@'/>`);
    await juliet.send(`<presence type='error' to='@'/>`);
    await quiet(juliet);
  });

  test('RFC 7622 3: addresses are prepared before they are compared', async () => {
    await juliet.send(`<message to='ROMEO@Capulet.LIT/orchard' id='m'/>`);
    await romeo.receives(`<message id='m' to='romeo@capulet.lit/orchard'/>`);
  });

  test('RFC 6120 10.3.1: a message to nobody is to the own account', async () => {
    await juliet.send(`<message id='note'><body>to myself</body></message>`);
    await juliet.receives(`<message id='note' from='juliet@capulet.lit/balcony' to='juliet@capulet.lit'/>`);
  });
});

suite('8.1.3, 8.2.3: iq', () => {
  const payload = `<x xmlns='urn:example:x'/>`;
  const cases: readonly (readonly [rule: string, stanza: string])[] = [
    ['8.1.3: without an id', `<iq type='get' to='capulet.lit'>${payload}</iq>`],
    ['8.1.3: with an empty id', `<iq type='get' id='' to='capulet.lit'>${payload}</iq>`],
    ['8.2.3: without a type', `<iq id='i' to='capulet.lit'>${payload}</iq>`],
    ['8.2.3: of a type that there is not', `<iq type='put' id='i' to='capulet.lit'>${payload}</iq>`],
    ['8.2.3: with two children', `<iq type='get' id='i' to='capulet.lit'>${payload}${payload}</iq>`],
    ['8.2.3: without a child', `<iq type='set' id='i' to='capulet.lit'/>`],
    ['8.2.3: with text alone', `<iq type='set' id='i' to='capulet.lit'>x</iq>`],
  ];
  for (const [rule, stanza] of cases) {
    test(`RFC 6120 ${rule} a request is a bad-request, from whom it was sent to`, async () => {
      await juliet.send(stanza);
      await juliet.receives(`<iq type='error' from='capulet.lit'>${error('bad-request', 'modify')}</iq>`);
    });
  }

  test('RFC 6120 8.2.3: white space around the child does no harm', async () => {
    await juliet.send(`<iq type='get' id='i' to='capulet.lit'>\n  <nothing xmlns='urn:example:answer'/>\n</iq>`);
    await juliet.receives(`<iq type='result' id='i'/>`);
  });

  test('RFC 6120 8.2.3: what nobody answers is service-unavailable', async () => {
    for (const to of ['capulet.lit', undefined, 'juliet@capulet.lit', 'romeo@capulet.lit', 'capulet.lit/x']) {
      assert.equal(conditionOf(await juliet.iq('get', payload, to)), 'service-unavailable', to);
    }
  });

  test('RFC 6120 8.2.3: a result carries the id, and comes from whom the request was sent to', async () => {
    await juliet.send(
      `<iq type='get' id='some id' to='capulet.lit'><echo xmlns='urn:example:answer' a='b'>c</echo></iq>`,
    );
    const result = await juliet.receives(
      `<iq type='result' id='some id' from='capulet.lit' to='juliet@capulet.lit/balcony'><echo xmlns='urn:example:answer' a='b'>c</echo></iq>`,
    );
    assert.equal(result.elements().length, 1);
    const empty = await juliet.iq('get', `<nothing xmlns='urn:example:answer'/>`, 'capulet.lit');
    assert.equal(empty.attr('type'), 'result');
    assert.deepEqual(empty.children, []);
  });

  test('RFC 6120 10.3.3: without an address the own account answers, for the server where it has to', async () => {
    const answer = await juliet.iq('get', `<own xmlns='urn:example:answer'/>`);
    assert.equal(conditionOf(answer), 'gone');
    assert.match(String(answer), /juliet@capulet\.lit<\/text>/);
    const echo = await juliet.iq('get', `<nothing xmlns='urn:example:answer'/>`);
    assert.equal(echo.attr('type'), 'result');
    assert.equal(echo.attr('from'), 'juliet@capulet.lit');
  });

  test('RFC 6120 8.2.3: results and errors are never answered', async () => {
    for (const type of ['result', 'error']) {
      for (const to of [
        'capulet.lit',
        'juliet@capulet.lit',
        'romeo@capulet.lit',
        'nobody@capulet.lit',
        'elsewhere.lit',
      ]) {
        await juliet.send(`<iq type='${type}' id='i' to='${to}'/>`);
      }
    }
    await juliet.send(`<iq type='get' id='d' to='capulet.lit'><deferred xmlns='urn:example:answer'/></iq>`);
    await quiet(juliet);
  });
});

suite('8.3: stanza errors', () => {
  test('RFC 6120 8.3.2, XEP-0086: type, legacy code, condition, text in English; the request comes with it', async () => {
    const answer = await juliet.iq('set', `<refused xmlns='urn:example:answer'/>`, 'capulet.lit');
    const [payload, problem] = answer.elements();
    assert.equal(payload?.key, '{urn:example:answer}refused');
    assert.equal(
      problem?.toString(),
      `<error xmlns='jabber:client' type='modify' code='406'><not-acceptable xmlns='${STANZAS}'/>` +
        `<text xmlns='${STANZAS}' xml:lang='en'>not today</text></error>`,
    );
  });

  test('RFC 6120 8.3.1: a refusal may be thrown, later too', async () => {
    assert.equal(
      conditionOf(await juliet.iq('set', `<thrown xmlns='urn:example:answer'/>`, 'capulet.lit')),
      'forbidden',
    );
  });

  test('RFC 6120 8.3.1: an error to a message carries its id and type error, and no more than the error', async () => {
    await juliet.send(`<message to='nobody@capulet.lit' id='m' type='chat'><body>hello?</body></message>`);
    const answer = await juliet.receives(
      `<message type='error' id='m' from='nobody@capulet.lit' to='juliet@capulet.lit/balcony'>${error('service-unavailable', 'cancel')}</message>`,
    );
    assert.equal(answer.elements().length, 1);
  });

  test('RFC 6120 8.3.1: a message without an id gets an error without one', async () => {
    await juliet.send(`<message to='nobody@capulet.lit'/>`);
    assert.equal((await juliet.receives(`<message type='error'/>`)).attr('id'), undefined);
  });

  test('RFC 6120 8.3.1: an error is never answered with an error', async () => {
    for (const to of ['nobody@capulet.lit', 'romeo@capulet.lit/gone', 'elsewhere.lit', 'capulet.lit']) {
      await juliet.send(`<message to='${to}' type='error'>${error('gone', 'cancel')}</message>`);
      await juliet.send(`<presence to='${to}' type='error'>${error('gone', 'cancel')}</presence>`);
    }
    await quiet(juliet);
    await quiet(romeo);
  });
});

suite('8.4: what the server does not know it leaves alone', () => {
  const body = (inside: string) => `<message to='romeo@capulet.lit/orchard'>${inside}</message>`;
  const stamped = (inside: string) =>
    `<message from='juliet@capulet.lit/balcony' to='romeo@capulet.lit/orchard'>${inside}</message>`;

  for (const [what, inside] of [
    ['text with references', '<body>a &lt; b &amp;&amp; c &gt; d</body>'],
    ['text beyond ASCII', '<body>Grüße, 世界 \u{1f600}</body>'],
    ['quotes', `<body it="isn't">"it's"</body>`],
    ['a payload in another namespace', `<x xmlns='urn:example:x'><y a='1'/>text<z/></x>`],
    ['prefixes of its own', `<p:x xmlns:p='urn:example:x' p:a='1'><p:y/></p:x>`],
    ['white space', '<body>  two\n  lines\t</body>'],
    ['mixed content', 'text <body/> more text <x/>'],
    ['much of it', `<body>${'lorem &amp; ipsum '.repeat(500)}</body><x xmlns='urn:example:x' a='"'/>`],
  ] as const) {
    test(`RFC 6120 8.4: ${what} arrives with the same meaning, and means no more`, async () => {
      await juliet.send(body(inside));
      const received = await romeo.receive();
      const sent = parseXml(stamped(inside));
      assert.equal(received.toString(), sent.toString());
    });
  }

  test('RFC 6120 8.4: a longer content arrives byte for byte: prefixes, quotes, references', async () => {
    const inside =
      `<x xmlns="urn:example:x" a = 'one'><p:y xmlns:p='urn:example:p' p:b="2">&#x41;&apos;&quot; ]]&gt;</p:y ></x>` +
      `<body>${'lorem ipsum '.repeat(30)}</body>`;
    await juliet.send(body(inside));
    assert.equal(await lastBytes(romeo), stamped(inside));
  });

  test('RFC 6120 11.1: a CDATA section is text like any other', async () => {
    await juliet.send(body('<body><![CDATA[<b> & ]]></body>'));
    const message = await romeo.receives(stamped('<body>&lt;b&gt; &amp; </body>'));
    assert.equal(message.firstElement()?.text(), '<b> & ');
  });

  test('RFC 6120 8.4: a prefix that the stream header has bound is bound again for the recipient', async () => {
    await server.account('prefix');
    const client = server.connect();
    const xmlns = `xmlns:e='urn:example:e'`;
    await client.open('capulet.lit', xmlns);
    client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa('\0prefix\0secret')}</auth>`);
    await client.receive();
    await client.open('capulet.lit', xmlns);
    await client.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
    client.raw(`<message to='romeo@capulet.lit/orchard'><e:x e:a='1'>${'y'.repeat(400)}</e:x></message>`);
    const message = await romeo.receive();
    assert.equal(message.firstElement()?.key, '{urn:example:e}x');
    assert.equal(message.firstElement()?.attr('{urn:example:e}a'), '1');
  });

  test('RFC 6120 8.4: attributes that the server does not know pass, with and without a namespace', async () => {
    await juliet.send(
      `<message to='romeo@capulet.lit/orchard' subject='&lt;"' xmlns:e='urn:example:e' e:a='1' e:b='2'><body/></message>`,
    );
    const message = await romeo.receive();
    assert.equal(message.attr('subject'), '<"');
    assert.equal(message.attr('{urn:example:e}a'), '1');
    assert.equal(message.attr('{urn:example:e}b'), '2');
  });

  test('RFC 6120 8.1.5: xml:lang stays, on the stanza and inside', async () => {
    await juliet.send(`<message to='romeo@capulet.lit/orchard' xml:lang='cs'><body xml:lang='de'>x</body></message>`);
    await romeo.receives(`<message xml:lang='cs'><body xml:lang='de'>x</body></message>`);
  });

  test('RFC 6120 8.1.4: a type that the server does not know stays', async () => {
    await juliet.send(`<message to='romeo@capulet.lit/orchard' type='poem' id='&apos;'/>`);
    await romeo.receives(`<message type='poem' id="'"/>`);
  });
});
