/** Micro benchmark of the delivery ledger: `node test/bench/ledger.ts`. Prints nanoseconds of CPU a message, best of rounds. */
import { Book } from '../../modules/ledger/book.ts';
import { fingerprint } from '../../modules/ledger/fingerprint.ts';
import { jid } from '../../src/jid/jid.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Element } from '../../src/xml/element.ts';
import { StreamParser } from '../../src/xml/parser.ts';
import { Stanza } from '../../src/xmpp/stanza.ts';

const ROUNDS = 200;
const MESSAGES = 256;
const PASSES = 8;

const romeo = jid('romeo@example.com/orchard');
const juliet = jid('juliet@example.com');
const balcony = jid('juliet@example.com/balcony');
const ARCHIVED = '00000000000000000000000000';

const HEADER = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`;

/** Messages as a stream gives them: each with its own text. */
function parse(): Stanza[] {
  const parser = new StreamParser();
  const take = (text: string): Element | undefined => {
    parser.push(Buffer.from(text));
    return parser.next();
  };
  take(HEADER);
  return Array.from({ length: MESSAGES }, () => {
    const id = crypto.randomUUID();
    const text = `<body>But soft, what light</body><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/>`;
    const element = take(`<message to='juliet@example.com' type='chat' id='${id}'>${text}</message>`);
    return new Stanza(element as Element, romeo, juliet);
  });
}

function measure(name: string, call: (stanza: Stanza) => void): void {
  let bestNs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const stanzas = parse();
    const start = process.cpuUsage();
    for (let pass = 0; pass < PASSES; pass++) {
      for (const stanza of stanzas) {
        stanza.trace = 0;
        call(stanza);
      }
    }
    const { user, system } = process.cpuUsage(start);
    bestNs = Math.min(bestNs, ((user + system) * 1000) / (PASSES * MESSAGES));
  }
  console.log(`${name.padEnd(64)} ${bestNs.toFixed(0).padStart(6)} ns`);
}

let sink = 0;
const book = new Book(systemClock, { maxEntries: 200_000, keepMs: 3_600_000 });

measure('Date.now()', () => {
  sink += Date.now();
});
measure('the fingerprint of an id of 36 characters', (it) => {
  sink += fingerprint(it.id as string);
});
const heardAt = Date.now();
measure('received', (it) => {
  book.turn(heardAt);
  book.note('received', it, romeo, 'tls');
});
const known = parse()[0] as Stanza;
book.note('received', known, romeo, 'tls');
measure('a further step', (it) => {
  it.trace = known.trace;
  book.note('written', it, balcony);
});
measure('received, archived for both, written', (it) => {
  book.turn(heardAt);
  book.note('received', it, romeo, 'tls');
  book.note('archived', it, romeo.bareJid, ARCHIVED);
  book.note('archived', it, juliet, ARCHIVED);
  book.note('written', it, balcony);
});
measure('the same and acknowledged, each by itself', (it) => {
  book.turn(heardAt);
  book.note('received', it, romeo, 'tls');
  book.note('archived', it, romeo.bareJid, ARCHIVED);
  book.note('archived', it, juliet, ARCHIVED);
  book.note('written', it, balcony);
  book.turn();
  book.note('acknowledged', it, balcony);
});
if (sink === 0) console.log('nothing was measured');
