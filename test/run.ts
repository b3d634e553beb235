/**
 * Runs all tests: first the fast ones (unit and scenario), then those with real sockets, services, clients and peers.
 * `node test/run.ts [unit|service] [part of a path ...]` runs some of them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = import.meta.dirname;
/** Suites that need more than this process. */
const SERVICE = /^(?:interop|system)\//;

const [first, ...rest] = process.argv.slice(2);
const kind = first === 'unit' || first === 'service' ? first : undefined;
const wanted = kind === undefined && first !== undefined ? [first, ...rest] : rest;

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

let failed = false;
for (const group of ['unit', 'service'] as const) {
  if (kind !== undefined && kind !== group) continue;
  const chosen = files.filter((file) => SERVICE.test(file) === (group === 'service')).map((file) => join(ROOT, file));
  if (chosen.length === 0) continue;
  // Service tests share ports, accounts and the processor: one at a time.
  const concurrency = group === 'service' ? ['--test-concurrency=1'] : [];
  const run = spawnSync(process.execPath, ['--test', '--test-reporter=dot', ...concurrency, ...chosen], { stdio: 'inherit' });
  failed ||= run.status !== 0;
}
process.exit(failed ? 1 : 0);
