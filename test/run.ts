/**
 * Runs the tests: first the fast ones (unit and scenario), side by side, then those with real processes, sockets and
 * clients, one after the other. `node test/run.ts [unit|service] [part of a path ...]` runs some of them.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { findPostgres } from './support/postgres.ts';

const ROOT = import.meta.dirname;
/** Longer than any file, or lot of them, takes on a busy machine. */
const TIMEOUT_MS = 240_000;
const TOGETHER = join(ROOT, 'support/together.ts');
/** Files that share a process. */
const LOT = 8;
/** Suites that need more than this process. */
const SERVICE = /^(?:cli|interop|system)\//;

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface Outcome {
  readonly name: string;
  readonly file?: string;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error & { cause?: unknown } };
}

const [first, ...rest] = process.argv.slice(2);
const kind = first === 'unit' || first === 'service' ? first : undefined;
const wanted = kind === undefined && first !== undefined ? [first, ...rest] : rest;
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
  .sort();

// Compiling the sources anew in each of a hundred processes would take longer than the tests.
const cache = mkdtempSync(join(tmpdir(), 'parley-test-cache-'));
process.env['NODE_COMPILE_CACHE'] ??= cache;
// One server for all files; a file that is run by itself finds or starts its own.
const postgres = await findPostgres();
process.env['PARLEY_TEST_POSTGRES'] = postgres.url;

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const group of ['unit', 'service'] as const) {
    if (kind !== undefined && kind !== group) continue;
    const chosen = files.filter((file) => SERVICE.test(file) === (group === 'service'));
    if (chosen.length > 0) await runGroup(group, chosen);
  }
} finally {
  await postgres.stop();
  rmSync(cache, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

async function runGroup(group: 'unit' | 'service', chosen: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  const before = { ...total };
  if (group === 'service') await follow({ files: chosen.map((file) => join(ROOT, file)), concurrency: 1 });
  else await runTogether(lots(chosen));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${group}: ${chosen.length} files, ${total.passed - before.passed} passed in ${seconds} s`);
}

/** Lots of neighbouring files, each run in one process, a few processes at a time. */
async function runTogether(waiting: string[][]): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let lot = waiting.shift(); lot !== undefined; lot = waiting.shift()) {
      await follow({ files: [TOGETHER], argv: lot.map((file) => join(ROOT, file)) });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker));
}

/** Neighbouring files in lots: to start a process takes about as long as the tests of a file. */
function lots(chosen: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(chosen.length / LOT) }, (_, i) => chosen.slice(i * LOT, (i + 1) * LOT));
}

async function follow(what: { files: string[]; argv?: string[]; concurrency?: number }): Promise<void> {
  // What hangs fails; without a limit it would take the whole run with it.
  for await (const { type, data } of run({ ...what, timeout: TIMEOUT_MS })) {
    if (type === 'test:pass' || type === 'test:fail') count(type === 'test:fail', data as unknown as Outcome);
    else if (type === 'test:stderr') process.stderr.write((data as { message: string }).message);
  }
}

/** Files and suites are no tests; a failure of theirs is one all the same, unless a test in them has failed already. */
function count(failed: boolean, outcome: Outcome): void {
  const { error, type } = outcome.details;
  if (failed) {
    if (error !== undefined && /subtests? failed|test failed$/.test(error.message) && total.failed > 0) return;
    total.failed++;
    console.log(`\nFAILED ${relative(ROOT, outcome.file ?? '')}: ${outcome.name}\n${inspect(error?.cause ?? error)}\n`);
  } else if (type !== 'suite' && !outcome.name.endsWith('.ts')) {
    if (outcome.skip !== undefined || outcome.todo !== undefined) total.skipped++;
    else total.passed++;
  }
}
