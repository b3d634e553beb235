/** Differential fuzzing against saxes: `node test/xml/fuzz.ts --minutes 10 [--seed N]`. Exits with 1 on a difference. */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { compare } from './compare.ts';
import { bytes } from './documents.ts';

const ROUND = 2000;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const until = Date.now() + Number(values.minutes) * 60_000;
let cases = 0;
let accepted = 0;
let differences = 0;

console.log(`seed ${first}`);
for (let seed = first; Date.now() < until; seed++) {
  const property = fc.property(bytes, fc.integer({ min: 1, max: 40 }), (document, packetBytes) => {
    cases++;
    if (compare(document, packetBytes)) accepted++;
  });
  const result = fc.check(property, { seed, numRuns: ROUND });
  if (!result.failed) continue;
  differences++;
  const [document, packetBytes] = result.counterexample as [Buffer, number];
  console.log(`seed ${seed}, packets of ${packetBytes} bytes: ${JSON.stringify(document.toString('latin1'))}`);
  console.log(`  ${String(result.errorInstance)}`);
}
console.log(`cases ${cases}, accepted ${accepted}, differences ${differences}`);
process.exitCode = differences === 0 ? 0 : 1;
