/** Micro benchmark of addresses and ids: `node --expose-gc test/bench/jid.ts`. Prints nanoseconds a call, best of rounds. */
import { parseJid } from '../../src/jid/jid.ts';
import { randomToken, TimeOrderedId } from '../../src/util/ids.ts';

const ROUNDS = 7;
const PEERS = 1000;

/** What the optimiser must not take away. */
let sink: unknown;

function measure(name: string, calls: number, call: (i: number) => unknown): void {
  let bestNs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) sink = call(round * calls + i);
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - start) / calls);
  }
  console.log(`${name.padEnd(56)} ${bestNs.toFixed(0).padStart(8)} ns`);
}

/** Heap of addresses that sessions hold, beside what the cache holds of them. */
function measureMemory(count: number): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  gc();
  const before = process.memoryUsage().heapUsed;
  const held = Array.from({ length: count }, (_, i) => parseJid(`held${i}@example.com/Conversations.${i}`));
  gc();
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  console.log(
    `${'a full address, its bare one and their cache entries'.padEnd(56)} ${bytes.toFixed(0).padStart(8)} bytes`,
  );
  sink = held;
}

measureMemory(8000);

/** Stanza texts, from which the parser cuts attributes as this does. */
const stanzas = Array.from({ length: PEERS }, (_, i) => `<message to="user${i}@example.com/Phone.${i}abcd" id="x">`);
const addresses = stanzas.map((stanza) => stanza.slice(13, stanza.indexOf('"', 13)));

measure('hit, the same string again', 1e6, () => parseJid('juliet@example.com/balcony'));
measure(`hit, ${PEERS} strings in turn`, 1e6, (i) => parseJid(addresses[i % PEERS]!));
measure(`hit, ${PEERS} fresh slices in turn (and the slicing)`, 1e6, (i) => {
  const stanza = stanzas[i % PEERS]!;
  return parseJid(stanza.slice(13, -9));
});
measure('miss, malformed', 1e5, (i) => parseJid(`us er${i}@example.com`));
measure('miss, bare address', 1e5, (i) => parseJid(`user${i}@example.com`));
measure('miss, resource of a known address', 1e5, (i) => parseJid(`juliet@example.com/Phone.${i}`));
measure('miss, full address of an unknown one', 1e5, (i) => parseJid(`someone${i}@example.com/Phone.abcd`));
measure('miss, domain', 1e5, (i) => parseJid(`host${i}.example.com`));
measure('miss, localpart beyond ASCII', 1e5, (i) => parseJid(`é${i}@example.com`));
measure('miss, resourcepart beyond ASCII', 1e5, (i) => parseJid(`juliet@example.com/é${i}`));
measure('miss, domain beyond ASCII', 2e4, (i) => parseJid(`é${i}.example.com`));
measure('miss, 2 KB of marks that compose', 200, (i) => parseJid(`${'a\u0301É'.repeat(330)}${i}@example.com`));
measure('miss, 339 labels beyond ASCII', 200, (i) => parseJid(`${'é.'.repeat(338)}x${i}`));
const tenMegabytes = 'a'.repeat(10e6);
measure('refused, 10 MB', 1e6, () => parseJid(tenMegabytes));
measure('randomToken()', 1e6, () => randomToken());
const ids = new TimeOrderedId();
measure('TimeOrderedId.next()', 1e6, () => ids.next());

if (sink === undefined) console.log('nothing was measured');
