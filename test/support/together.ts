/**
 * Runs test files in one process, each as a suite of its own, so that its hooks are its own: `node together.ts FILE...`.
 * Starting a process takes longer than most files do.
 */
import { relative } from 'node:path';
import { describe } from 'node:test';

const ROOT = `${import.meta.dirname}/..`;

for (const file of process.argv.slice(2)) {
  void describe(relative(ROOT, file), async () => {
    await import(file);
  });
}
