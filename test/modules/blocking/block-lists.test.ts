/** Block lists in memory: what is read, what is kept, what is forgotten. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EMPTY } from '../../../modules/blocking/block-list.ts';
import { BlockLists } from '../../../modules/blocking/block-lists.ts';
import type { BlockingStore } from '../../../modules/blocking/store.ts';
import { jid } from '../../../src/jid/jid.ts';

/** Lists over tables that are a map, with a count of reads. */
function lists(stored: Record<string, readonly string[]>, limit = 100) {
  const reads: string[] = [];
  let failing = false;
  const items = async (_host: string, local: string) => {
    reads.push(local);
    if (failing) throw new Error('the database is away');
    return (stored[local] ?? []).map((it) => ({ jid: it }));
  };
  const owners = async (_host: string, after: string, count: number) => {
    if (failing) throw new Error('the database is away');
    return Object.keys(stored)
      .sort()
      .filter((it) => it > after)
      .slice(0, count)
      .map((local) => ({ local }));
  };
  const store = { items, owners } as unknown as BlockingStore;
  const { signal } = new AbortController();
  const it = new BlockLists({ host: 'capulet.lit', store, limit, signal });
  return { it, reads, fail: (value: boolean) => (failing = value) };
}

suite('block lists', () => {
  test('who blocks nobody gets the one empty list, without a read, once it is known who does', async () => {
    const { it, reads } = lists({ juliet: ['a@b.example'] });
    await it.learn();
    assert.equal(it.of('romeo@capulet.lit'), EMPTY);
    assert.deepEqual(reads, []);
  });

  test('until then an account is looked up, and only once', async () => {
    const { it, reads } = lists({ juliet: ['a@b.example'] });
    const [one, two] = await Promise.all([it.of('romeo@capulet.lit'), it.of('romeo@capulet.lit')]);
    assert.equal(one, EMPTY);
    assert.equal(two, EMPTY);
    assert.equal(it.of('romeo@capulet.lit'), EMPTY);
    assert.deepEqual(reads, ['romeo']);
  });

  test('a list is read once, and answered at once from then on', async () => {
    const { it, reads } = lists({ juliet: ['a@b.example'] });
    await it.learn();
    const list = await it.of('juliet@capulet.lit');
    assert.equal(it.of('juliet@capulet.lit'), list);
    assert.deepEqual(reads, ['juliet']);
  });

  test('many accounts with lists are learned page by page', async () => {
    const stored = Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`user${i}`, ['a@b.example']]));
    const { it, reads } = lists(stored);
    await it.learn();
    assert.equal(it.of('nobody@capulet.lit'), EMPTY);
    assert.equal((await it.of('user11999@capulet.lit')).size, 1);
    assert.equal((await it.of('user0@capulet.lit')).size, 1);
    assert.equal(reads.length, 2);
  });

  test('what could not be learned is looked up, and learned at the next attempt', async () => {
    const { it, reads, fail } = lists({ juliet: ['a@b.example'] });
    fail(true);
    await assert.rejects(it.learn());
    await assert.rejects(async () => it.of('romeo@capulet.lit'));
    fail(false);
    assert.equal(await it.of('nurse@capulet.lit'), EMPTY);
    await it.learn();
    assert.equal(it.of('romeo@capulet.lit'), EMPTY);
    assert.deepEqual(reads, ['romeo', 'nurse']);
  });

  test('the lists in memory have so many addresses together and no more; the least recently used go', async () => {
    const three = ['a@x.example', 'b@x.example', 'c@x.example'];
    const { it, reads } = lists({ one: three, two: three, three }, 8);
    await it.learn();
    await it.of('one@capulet.lit');
    await it.of('two@capulet.lit');
    await it.of('one@capulet.lit');
    await it.of('three@capulet.lit');
    await it.of('one@capulet.lit');
    assert.deepEqual(reads, ['one', 'two', 'three']);
    await it.of('two@capulet.lit');
    assert.deepEqual(reads, ['one', 'two', 'three', 'two']);
  });

  test('a list larger than all the room works, and is read each time', async () => {
    const { it, reads } = lists({ one: ['a@x.example', 'b@x.example'] }, 1);
    await it.learn();
    for (let i = 0; i < 3; i++) assert.ok((await it.of('one@capulet.lit')).covers(jid('a@x.example')));
    assert.equal(reads.length, 3);
  });

  test('changes of one list wait for each other, and a failed one changes nothing', async () => {
    const { it } = lists({});
    await it.learn();
    const owner = 'juliet@capulet.lit';
    const seen: number[] = [];
    const add = (peer: string) =>
      it.change(
        owner,
        async (before) => before.with([jid(peer)]),
        (_, after) => seen.push(after.size),
      );
    const failed = it.change(
      owner,
      () => Promise.reject(new Error('no')),
      () => seen.push(-1),
    );
    await Promise.all([add('a@x.example'), add('b@x.example'), assert.rejects(failed), add('c@x.example')]);
    assert.deepEqual(seen, [1, 2, 3]);
    const list = it.of(owner);
    assert.ok(!(list instanceof Promise) && list.size === 3);
  });

  test('a read that began before a change does not undo it', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const store = {
      owners: async () => [],
      items: async () => {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        return [{ jid: 'a@x.example' }];
      },
    } as unknown as BlockingStore;
    const it = new BlockLists({ host: 'capulet.lit', store, limit: 3, signal: new AbortController().signal });
    const saved = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const changed = it.change(
      'juliet@capulet.lit',
      async (before) => {
        began.resolve();
        await saved.promise;
        return before.with([jid('b@x.example')]);
      },
      () => {},
    );
    await new Promise(setImmediate);
    gates.shift()?.resolve();
    await began.promise;
    const other = it.of('romeo@capulet.lit'); // takes the room that Juliet's list had
    gates.shift()?.resolve();
    await other;
    const early = it.of('juliet@capulet.lit');
    saved.resolve();
    await changed;
    gates.shift()?.resolve();
    assert.equal((await early).size, 1);
    const list = it.of('juliet@capulet.lit');
    assert.ok(!(list instanceof Promise) && list.size === 2);
  });

  test('an account that unblocks all is as one that never blocked anybody', async () => {
    const { it, reads } = lists({ juliet: ['a@b.example'] });
    await it.learn();
    await it.change(
      'juliet@capulet.lit',
      async () => EMPTY,
      () => {},
    );
    assert.equal(it.of('juliet@capulet.lit'), EMPTY);
    assert.deepEqual(reads, ['juliet']);
  });
});
