/**
 * Micro benchmark of reading and writing XML: `node test/bench/xml.ts`. Prints stanzas a second, best of rounds, elements
 * built and all; ltx, which checks next to nothing, runs beside it to tell how fast the machine is.
 */
import { Parser as LtxParser } from 'ltx';
import { Element, type Node } from '../../src/xml/element.ts';
import { parseDocument, StreamParser } from '../../src/xml/parser.ts';
import { writeElement } from '../../src/xml/writer.ts';
import { AVATAR, BUNDLE, CHAT, HEADER, packetsOf } from '../xml/streams.ts';

const ROUNDS = 60;

/** What the optimiser must not take away. */
const sink: unknown[] = Array.from({ length: 64 });
let kept = 0;

function keep(value: unknown): void {
  sink[kept++ & 63] = value;
}

type Round = (stanzas: number) => void;

/** Runs the candidates by turns, so that what else the machine does hits all of them. */
function measure(name: string, stanzas: number, candidates: Readonly<Record<string, Round>>): void {
  const best = new Map(Object.keys(candidates).map((key) => [key, Infinity]));
  for (const round of Object.values(candidates)) for (let i = 0; i < 5; i++) round(stanzas);
  for (let i = 0; i < ROUNDS; i++) {
    for (const [key, round] of Object.entries(candidates)) {
      const start = process.hrtime.bigint();
      round(stanzas);
      const ns = Number(process.hrtime.bigint() - start) / stanzas;
      best.set(key, Math.min(best.get(key) as number, ns));
    }
  }
  const columns = [...best].map(
    ([key, ns]) =>
      `${key} ${Math.round(1e9 / ns)
        .toLocaleString('en')
        .padStart(9)}/s ${(ns / 1000).toFixed(2).padStart(8)} µs`,
  );
  console.log(`${name.padEnd(44)} ${columns.join('   ')}`);
}

function reader(packets: readonly Buffer[]): Round {
  const parser = new StreamParser();
  parser.push(Buffer.from(HEADER));
  while (parser.next() !== undefined);
  return (stanzas) => {
    for (let i = 0; i < stanzas; i++) {
      for (let j = 0; j < packets.length; j++) {
        parser.push(packets[j] as Buffer);
        for (let element = parser.next(); element !== undefined; element = parser.next()) keep(element);
      }
    }
  };
}

function ltxReader(packets: readonly Buffer[]): Round {
  const parser = new LtxParser();
  parser.on('element', keep);
  parser.write(HEADER);
  return (stanzas) => {
    for (let i = 0; i < stanzas; i++) for (const packet of packets) parser.write(packet.toString());
  };
}

function compare(name: string, xml: string, packetBytes: number, stanzas: number): void {
  const bytes = Buffer.from(xml);
  const packets = packetsOf(bytes, packetBytes);
  const size = `${name}, ${bytes.length} B`;
  const title = packets.length === 1 ? size : `${size} in packets of ${packetBytes}`;
  measure(title, stanzas, { parley: reader(packets), ltx: ltxReader(packets) });
}

/** The same element as a new object that has not been written yet. */
function renew({ ns, name, attrs, children, key }: Element): Element {
  const again = (child: Node): Node => (typeof child === 'string' ? child : renew(child));
  return new Element(ns, name, attrs, children.map(again), undefined, key);
}

console.log(`node ${process.version}`);
compare('chat message', CHAT, 65_536, 2000);
compare('chat message beyond ASCII', CHAT.replace('Wherefore art thou', 'Зачем же ты'), 65_536, 2000);
compare('20 chat messages in a packet', CHAT.repeat(20), 65_536, 100);
compare('OMEMO bundle', BUNDLE, 1460, 100);
compare('avatar', AVATAR, 16_384, 10);

const chat = parseDocument(CHAT);
const out = Buffer.alloc(1024);
const write = (element: Element): number => out.write(writeElement(element, ''));
measure('a chat message written, its text used again', 2000, {
  parley: (stanzas) => {
    for (let i = 0; i < stanzas; i++) keep(write(chat));
  },
});
measure('a chat message built anew and written', 2000, {
  parley: (stanzas) => {
    for (let i = 0; i < stanzas; i++) keep(write(renew(chat)));
  },
});
