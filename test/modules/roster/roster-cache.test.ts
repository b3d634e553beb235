/** Rosters in memory: kept while in use, bounded otherwise; and changes of one roster take turns. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jid } from '#api';
import { AccountRoster, EMPTY, itemIn } from '../../../modules/roster/account-roster.ts';
import { RosterCache } from '../../../modules/roster/roster-cache.ts';
import { Turns } from '../../../modules/roster/turns.ts';

function rosterOf(size: number): AccountRoster {
  const roster = new AccountRoster();
  for (let i = 0; i < size; i++) roster.put(itemIn(jid(`c${i}@b.c`), 'both', false, undefined));
  return roster;
}

/** A cache over rosters of that many items, with a list of what was loaded. */
function cacheOf(size: number, limit: number, inUse: ReadonlySet<string> = new Set()) {
  const loads: string[] = [];
  const cache = new RosterCache(
    async (owner) => {
      loads.push(owner);
      return rosterOf(size);
    },
    (owner) => inUse.has(owner),
    limit,
  );
  return { cache, loads };
}

suite('the cache of rosters', () => {
  test('answers from memory, synchronously, what was loaded before', async () => {
    const { cache, loads } = cacheOf(1, 10);
    const first = await cache.get('a');
    assert.equal(cache.get('a'), first);
    assert.deepEqual(loads, ['a']);
  });

  test('loads once what is asked for twice at the same time', async () => {
    const { cache, loads } = cacheOf(1, 10);
    const [one, other] = await Promise.all([cache.get('a'), cache.get('a')]);
    assert.equal(one, other);
    assert.deepEqual(loads, ['a']);
  });

  test('forgets the least recently used when the items of idle rosters are too many', async () => {
    const { cache, loads } = cacheOf(4, 10);
    await cache.get('a');
    await cache.get('b');
    await cache.get('a');
    await cache.get('c');
    await cache.get('a');
    assert.deepEqual(loads, ['a', 'b', 'c']);
    await cache.get('b');
    assert.deepEqual(loads, ['a', 'b', 'c', 'b']);
  });

  test('never forgets a roster in use, and does once it is not', async () => {
    const inUse = new Set(['a']);
    const { cache, loads } = cacheOf(4, 10, inUse);
    for (const owner of ['a', 'b', 'c', 'd', 'a']) await cache.get(owner);
    assert.deepEqual(loads, ['a', 'b', 'c', 'd']);
    inUse.clear();
    cache.settle('a');
    for (const owner of ['b', 'c', 'd', 'a']) await cache.get(owner);
    assert.equal(loads.filter((it) => it === 'a').length, 2);
  });

  test('a roster that is larger than all the room is not kept idle', async () => {
    const { cache, loads } = cacheOf(20, 10);
    await cache.get('a');
    await cache.get('a');
    assert.deepEqual(loads, ['a', 'a']);
  });

  test('a load that failed is tried again', async () => {
    let broken = true;
    const cache = new RosterCache(
      async () => {
        if (broken) throw new Error('no database');
        return EMPTY;
      },
      () => false,
      10,
    );
    await assert.rejects(async () => cache.get('a'), /no database/);
    broken = false;
    assert.equal(await cache.get('a'), EMPTY);
  });
});

suite('turns', () => {
  test('tasks of one key run one after the other, in order, even past a failure', async () => {
    const turns = new Turns(() => {});
    const log: string[] = [];
    const task =
      (name: string, fails = false) =>
      async () => {
        log.push(`${name} begins`);
        await new Promise((done) => setImmediate(done));
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
      };
    const outcomes = await Promise.allSettled([turns.take('k', task('a', true)), turns.take('k', task('b'))]);
    assert.deepEqual(
      outcomes.map((it) => it.status),
      ['rejected', 'fulfilled'],
    );
    assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends']);
  });

  test('tasks of different keys do not wait for each other', async () => {
    const turns = new Turns(() => {});
    let release = (): void => {};
    const stuck = turns.take('a', () => new Promise<void>((done) => (release = done)));
    assert.equal(await turns.take('b', async () => 'free'), 'free');
    release();
    await stuck;
  });

  test('a key is busy from its first task to the end of its last, and then it is told', async () => {
    const idle: string[] = [];
    const turns = new Turns((key) => idle.push(key));
    const seen: boolean[] = [];
    const first = turns.take('k', async () => void seen.push(turns.busy('k')));
    const second = turns.take('k', async () => void seen.push(turns.busy('k')));
    await Promise.all([first, second]);
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(seen, [true, true]);
    assert.equal(turns.busy('k'), false);
    assert.deepEqual(idle, ['k']);
  });
});
