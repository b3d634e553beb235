/** The memory of which accounts exist. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownAccounts } from '../../../modules/accounts/known-accounts.ts';

/** A look-up whose answers the test gives. */
function questions() {
  const asked: { name: string; answer(exists: boolean): void }[] = [];
  const look = (name: string) => new Promise<boolean>((answer) => asked.push({ name, answer }));
  return { asked, look };
}

test('both answers are remembered, and then given without waiting', async () => {
  const { asked, look } = questions();
  const known = new KnownAccounts(10, look);
  const answers = ['juliet', 'nobody'].map(async (name) => known.has(name));
  asked[0]?.answer(true);
  asked[1]?.answer(false);
  assert.deepEqual(await Promise.all(answers), [true, false]);
  assert.deepEqual([known.has('juliet'), known.has('nobody')], [true, false]);
  assert.equal(asked.length, 2);
});

test('an answer that was under way when an account was created is not remembered', async () => {
  const { asked, look } = questions();
  const known = new KnownAccounts(10, look);
  const old = known.has('juliet');
  known.note('juliet', true);
  asked[0]?.answer(false);
  assert.equal(await old, false);
  assert.equal(known.has('juliet'), true);
});

test('a flood of invented names does not push out the real ones', async () => {
  const known = new KnownAccounts(10, async () => false);
  known.note('juliet', true);
  for (let i = 0; i < 100; i++) await known.has(`invented-${i}`);
  assert.equal(known.has('juliet'), true);
});

test('no more names are kept than the size says', async () => {
  const { asked, look } = questions();
  const known = new KnownAccounts(2, look);
  for (const name of ['a', 'b', 'c']) known.note(name, true);
  const forgotten = known.has('a');
  asked[0]?.answer(true);
  assert.equal(await forgotten, true);
  assert.equal(asked.length, 1);
});
