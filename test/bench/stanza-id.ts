/** Micro benchmark of the stamp on each message: `node test/bench/stanza-id.ts`. Prints nanoseconds a message, best of rounds. */

import { strip } from '../../modules/stanza-id/forged.ts';
import { stamp } from '../../modules/stanza-id/stamp.ts';
import { jid } from '../../src/jid/jid.ts';
import { TimeOrderedId } from '../../src/util/ids.ts';
import { type Element, el } from '../../src/xml/element.ts';
import { StreamParser } from '../../src/xml/parser.ts';
import { keeping } from '../../src/xmpp/keeping.ts';
import { NS } from '../../src/xmpp/ns.ts';
import { Stanza } from '../../src/xmpp/stanza.ts';

const ROUNDS = 40;
const MESSAGES = 256;
const PASSES = 80;
const HOST = 'example.com';

const romeo = jid('romeo@example.com/orchard');
const juliet = jid('juliet@example.com');
const ids = new TimeOrderedId();

/** What the optimiser must not take away. */
let sink: unknown;

const HEADER = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`;

/** Messages as a stream gives them: each with its own text. */
function parse(children: (i: number) => string): Stanza[] {
  const parser = new StreamParser();
  const list: Stanza[] = [];
  const take = (text: string): Element | undefined => {
    parser.push(Buffer.from(text));
    return parser.next();
  };
  take(HEADER);
  for (let i = 0; i < MESSAGES; i++) {
    const element = take(`<message to='juliet@example.com' type='chat' id='m${i}'>${children(i)}</message>`);
    list.push(new Stanza(element as Element, romeo, juliet));
  }
  return list;
}

function measure(name: string, children: (i: number) => string, call: (stanza: Stanza) => unknown): number {
  let bestNs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const stanzas = parse(children);
    const start = process.hrtime.bigint();
    for (let pass = 0; pass < PASSES; pass++) for (const stanza of stanzas) sink = call(stanza);
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - start) / (PASSES * MESSAGES));
  }
  console.log(`${name.padEnd(64)} ${bestNs.toFixed(0).padStart(6)} ns`);
  return bestNs;
}

function rewrite(stanza: Stanza): Stanza {
  const honest = strip(stanza.element, HOST);
  const stamped = keeping(stanza.type, honest) === 'lasting' ? stamp(honest, stanza.to.bare, ids.next()) : honest;
  return stamped === stanza.element ? stanza : stanza.replace(stamped);
}

const body = (i: number): string => `<body>But soft, what light through yonder window breaks? ${i}</body>`;
const rich = (i: number): string =>
  `${body(i)}<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>` +
  `<active xmlns='http://jabber.org/protocol/chatstates'/><origin-id xmlns='urn:xmpp:sid:0' id='o${i}'/>`;
const state = (): string => `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;
const forged = (i: number): string => `${body(i)}<stanza-id xmlns='urn:xmpp:sid:0' by='Juliet@example.com' id='f'/>`;

measure('TimeOrderedId.next()', body, () => ids.next());
measure('keeping, a body', body, (it) => keeping(it.type, it.element));
measure('keeping, a body and four extensions', rich, (it) => keeping(it.type, it.element));
measure('writing out alone, a body', body, (it) => it.xmlTo('juliet@example.com/x'));
measure('the whole rewrite, a body', body, rewrite);
measure('the whole rewrite, a body and four extensions', rich, rewrite);
measure('the whole rewrite, a chat state (left as it is)', state, rewrite);
measure('the whole rewrite, a forged id removed', forged, rewrite);
measure('the stamp alone, as a builder and append would write it', body, ({ element, to }) =>
  element.append(el(NS.stanzaId, 'stanza-id', { by: to.bare, id: ids.next() })),
);
measure('the stamp alone, as it is', body, (it) => stamp(it.element, it.to.bare, ids.next()));
if (sink === undefined) console.log('nothing was measured');
