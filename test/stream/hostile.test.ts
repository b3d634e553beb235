/** Whatever bytes come, over whatever kind of stream: nothing throws, nobody else notices, and the stream ends or is well. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ComponentDomain, ComponentStream } from '../../src/stream/component.ts';
import { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';
import { MemoryLogger } from '../support/memory-log.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const SASL2 = 'urn:xmpp:sasl:2';
const RUNS = 2000;

const log = new MemoryLogger();
const server = await startCore({
  anonymous: true,
  log,
  modules: { fast: {}, register: { open: true } },
  settings: { sessionsPerAccount: 10_000, cutOffBytes: 1_000_000 },
});
after(() => server.stop());
const { router, streams } = server.engine;
const component = new ComponentDomain('sub.capulet.lit', 'secret', router);
router.addService(component.domain, component);
const services = { router, clock: server.clock, log, domains: new Map([[component.domain, component]]) };
const witness = await server.login('juliet', { resource: 'balcony' });
const baseline = streams.table.size;

const HEADER = `<?xml version='1.0'?><stream:stream to='capulet.lit' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
const OPEN = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='capulet.lit' version='1.0'/>`;
const COMPONENT = `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='sub.capulet.lit'>`;
/** Logs in without any cost, and binds a resource. */
const LOGIN = `<authenticate xmlns='${SASL2}' mechanism='ANONYMOUS'><initial-response/><bind xmlns='urn:xmpp:bind:0'><tag>x</tag></bind></authenticate>`;

/** What honest peers say before they are known, whole. */
const NEGOTIATION = [
  HEADER,
  OPEN,
  COMPONENT,
  LOGIN,
  '</stream:stream>',
  `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`,
  `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
  `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>biwsbj1yb21lbyxyPWFiYw==</auth>`,
  `<response xmlns='${SASL}'>Yz1iaXdzLHI9YWJj</response>`,
  `<abort xmlns='${SASL}'/>`,
  `<authenticate xmlns='${SASL2}' mechanism='HT-SHA-256-NONE'><initial-response>AAAA</initial-response><user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/><fast xmlns='urn:xmpp:fast:0' count='3'/></authenticate>`,
  `<authenticate xmlns='${SASL2}' mechanism='SCRAM-SHA-1'><initial-response>biwsbj1yb21lbyxyPWFiYw==</initial-response></authenticate>`,
  `<response xmlns='${SASL2}'>Yz1iaXdzLHI9YWJj</response>`,
  `<next xmlns='${SASL2}' task='UPGR-SCRAM-SHA-256'/>`,
  `<task-data xmlns='${SASL2}'><hash xmlns='urn:xmpp:scram-upgrade:0'>AAAA</hash></task-data>`,
  `<iq xmlns='jabber:client' type='get' id='1' to='capulet.lit'><query xmlns='jabber:iq:register'/></iq>`,
  `<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>`,
  '<handshake>00112233445566778899aabbccddeeff00112233</handshake>',
];

/** And what they say then. */
const STANZAS = [
  `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>`,
  `<iq xmlns='jabber:client' type='get' id='2'><ping xmlns='urn:xmpp:ping'/></iq>`,
  `<iq xmlns='jabber:client' type='get' id='3' to='capulet.lit'/>`,
  `<iq xmlns='jabber:client' type='result' id='3' to='capulet.lit'/>`,
  `<message xmlns='jabber:client' to='nobody@capulet.lit' type='chat'><body>hi &amp; bye</body></message>`,
  `<message xmlns='jabber:client' to='@'/>`,
  `<message xmlns='jabber:client' to='sub.capulet.lit'><p:x xmlns:p='urn:x' p:y='1'/></message>`,
  `<message xmlns='jabber:client'><body>to myself</body></message>`,
  `<presence xmlns='jabber:client'><priority>-200</priority><show>xa</show></presence>`,
  `<presence xmlns='jabber:client' type='unavailable'/>`,
  `<presence xmlns='jabber:client' to='montague.lit' type='subscribe'/>`,
  `<enable xmlns='urn:xmpp:sm:3' resume='true'/>`,
  `<r xmlns='urn:xmpp:sm:3'/>`,
  `<a xmlns='urn:xmpp:sm:3' h='1'/>`,
  `<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>`,
];

const COMPONENT_STANZAS = [
  `<message from='sub.capulet.lit' to='nobody@capulet.lit'/>`,
  `<message from='a@sub.capulet.lit' to='@'/>`,
  `<iq from='sub.capulet.lit' to='capulet.lit' type='set'/>`,
  `<iq from='sub.capulet.lit' to='capulet.lit' type='get' id='1'><x xmlns='urn:x'/></iq>`,
  `<presence from='b@sub.capulet.lit/c' to='sub.capulet.lit'/>`,
  `<iq from='sub.capulet.lit' to='b@sub.capulet.lit' type='result' id='1'/>`,
];

/** Pieces of XML, right and wrong. */
const CRUMBS = [
  '<',
  '>',
  '/>',
  '</',
  `'`,
  '"',
  '=',
  '&',
  '&amp;',
  '&#0;',
  '&#x110000;',
  '&x;',
  ']]>',
  '<![CDATA[',
  '<!--',
  '<?',
  '?>',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  ' ',
  '\n',
  '\0',
  '\ufeff',
  '\ufffe',
  'xmlns=',
  'xmlns:stream=',
  'stream:',
  'xml:lang=',
  '<message',
  '</message>',
  '<iq ',
  '<a>',
  '</a>',
  '{',
  '}',
  'a',
  '<stream:error>',
  'x'.repeat(3000),
  '<a>'.repeat(20),
  ` a='1' a='2'`,
  '\ud800',
];

/** Mostly these words, sometimes something else. */
function pieces(words: readonly string[]): fc.Arbitrary<Buffer[]> {
  const text = (list: readonly string[]) => fc.constantFrom(...list).map((it) => Buffer.from(it));
  const piece = fc.oneof(
    { weight: 24, arbitrary: text(words) },
    { weight: 2, arbitrary: text([...NEGOTIATION, ...STANZAS]) },
    { weight: 2, arbitrary: text(CRUMBS) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((it) => Buffer.from(it)) },
  );
  return fc.array(piece, { maxLength: 8 });
}

/** Where to change a byte, and to what; or to cut it out, or to say something twice. */
const mutation = fc.record({ at: fc.nat(), what: fc.constantFrom('set', 'cut', 'twice'), byte: fc.nat(255) });

type Kind = 'stream' | 'frames' | 'component';
type Start = 'nothing' | 'header' | 'login';

const attacks = (kind: Kind, start: Start, words: readonly string[]) =>
  fc.record({
    kind: fc.constant(kind),
    start: fc.constant(start),
    pieces: pieces(words),
    mutations: fc.oneof(fc.constant([]), fc.array(mutation, { maxLength: 3 })),
    cut: fc.nat(),
  });
type Attack = ReturnType<typeof attacks> extends fc.Arbitrary<infer T> ? T : never;

const attack: fc.Arbitrary<Attack> = fc.oneof(
  ...(['stream', 'frames'] as const).flatMap((kind) => [
    attacks(kind, 'nothing', NEGOTIATION),
    attacks(kind, 'header', NEGOTIATION),
    attacks(kind, 'login', STANZAS),
    attacks(kind, 'login', STANZAS),
  ]),
  attacks('component', 'nothing', NEGOTIATION),
  attacks('component', 'header', COMPONENT_STANZAS),
  attacks('component', 'login', COMPONENT_STANZAS),
);

function mutate(bytes: Buffer, mutations: Attack['mutations']): Buffer {
  let result = bytes;
  for (const { at, what, byte } of mutations) {
    if (result.length === 0) break;
    const i = at % result.length;
    if (what === 'set') result[i] = byte;
    else if (what === 'cut') result = Buffer.concat([result.subarray(0, i), result.subarray(i + (byte % 8) + 1)]);
    else result = Buffer.concat([result.subarray(0, i), result.subarray(i >> 1)]);
  }
  return result;
}

function connect(kind: Attack['kind']): TestClient {
  if (kind !== 'component') return server.connect({ framing: kind });
  return new TestClient(
    { accept: (transport) => void new ComponentStream(transport, services) },
    { contentNs: 'jabber:component:accept' },
  );
}

/** How the peer begins, before it goes astray. */
async function begin(client: TestClient, { kind, start }: Attack): Promise<void> {
  if (start === 'nothing') return;
  client.raw({ stream: HEADER, frames: OPEN, component: COMPONENT }[kind]);
  if (start === 'header') return;
  if (kind !== 'component') return client.raw(LOGIN);
  const id = (await client.receive()).attr('id') ?? '';
  client.raw(`<handshake>${createHash('sha1').update(`${id}secret`).digest('hex')}</handshake>`);
}

/** Frames are sent one by one; a stream is cut in two anywhere. */
function chunks({ kind, pieces, mutations, cut }: Attack): Buffer[] {
  if (kind === 'frames') return pieces.map((it, i) => mutate(Buffer.from(it), i === 0 ? mutations : []));
  const bytes = mutate(Buffer.concat(pieces), mutations);
  const at = cut % (bytes.length + 1);
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

const turn = () => new Promise<void>((done) => setImmediate(done));

/** Time passes, and the witness is heard. */
async function minute(): Promise<void> {
  witness.raw(' ');
  server.clock.advance(61_000);
  await turn();
}

async function run(it: Attack): Promise<void> {
  const client = connect(it.kind);
  await begin(client, it);
  for (const chunk of chunks(it)) client.raw(chunk);
  await turn();
  // Well, and if asked to end, it ends; in the middle of something that has no end, time ends it.
  if (!client.ended)
    client.raw(it.kind === 'frames' ? `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>` : '</stream:stream>');
  for (let i = 0; i < 50 && !client.ended; i++) await turn();
  for (let minutes = 0; minutes < 12 && !client.ended; minutes++) await minute();
  // A component that has proven itself may be silent for ever.
  if (!client.ended && it.kind === 'component' && it.start === 'login') return client.cut();
  assert.ok(client.ended, 'the stream neither ends nor goes on');
  const isSilent = it.kind === 'frames' && client.texts.length === 0; // a close before any open
  assert.ok(client.closed || isSilent, `no orderly end: ${client.texts.join('')}`);
}

test(`${RUNS} hostile streams: no error on our side, nobody else hears of them, and nothing is left of them`, async () => {
  const sent = witness.texts.length;
  let count = 0;
  await fc.assert(
    fc.asyncProperty(attack, async (it) => {
      await run(it);
      assert.doesNotMatch(log.take(), /^error/m);
      if (++count % 100 > 0) return;
      await witness.send(`<message to='${witness.jid}' id='${count}'/>`);
      await witness.receives(`<message id='${count}' from='${witness.jid}'/>`);
    }),
    { numRuns: RUNS },
  );
  // A managed session waits for its client for a while (XEP-0198 section 5).
  for (let minutes = 0; minutes < 12; minutes++) await minute();
  const heard =
    witness.texts
      .slice(sent)
      .join('')
      .match(/<[a-z]+ from='[^']*'/g) ?? [];
  assert.deepEqual([...new Set(heard)], [`<message from='${witness.jid}'`]);
  assert.equal(streams.table.size, baseline);
  assert.equal(server.host.sessions.count, 1);
});
