/** Hook points: order by name, synchronous until something waits, failures with a name on them. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type Binding,
  collectPoint,
  contribute,
  filterPoint,
  HookFailure,
  HookTable,
  observe,
  on,
  tellPoint,
} from '../../src/kernel/hook.ts';
import { type Logger, silent } from '../../src/kernel/log.ts';

interface Seen {
  readonly seen: string[];
}
const point = filterPoint<Seen, string>('test.point');
const news = tellPoint<Seen>('test.news');
const names = collectPoint<Seen, string>('test.names');
const see = (name: string) => (it: Seen) => {
  it.seen.push(name);
};
const table = (...bindings: (readonly [string, Binding])[]): HookTable => new HookTable(bindings, silent);

suite('filter points', () => {
  test('phases run in their order, whatever the order of binding', () => {
    const hooks = table(
      ['c', on(point, 'fallback', see('c'))],
      ['b', on(point, 'handle', see('b'))],
      ['a', on(point, 'guard', see('a'))],
    );
    const context = { seen: [] };
    assert.equal(hooks.run(point, context), undefined);
    assert.deepEqual(context.seen, ['a', 'b', 'c']);
  });

  test('before and after hold inside a phase', () => {
    const hooks = table(
      ['csi', on(point, 'handle', see('csi'), { after: ['sm'] })],
      ['sm', on(point, 'handle', see('sm'))],
      ['mam', on(point, 'handle', see('mam'), { before: ['sm'] })],
    );
    const context = { seen: [] as string[] };
    void hooks.run(point, context);
    assert.ok(context.seen.indexOf('mam') < context.seen.indexOf('sm'));
    assert.ok(context.seen.indexOf('sm') < context.seen.indexOf('csi'));
  });

  test('a contradiction stops the boot and names both sides', () => {
    assert.throws(
      () =>
        table(
          ['a', on(point, 'handle', see('a'), { after: ['b'] })],
          ['b', on(point, 'handle', see('b'), { after: ['a'] })],
        ),
      /cycle in test\.point: a, b/,
    );
  });

  test('the first answer ends the run', () => {
    const hooks = table(['a', on(point, 'guard', () => 'no')], ['b', on(point, 'handle', see('b'))]);
    const context = { seen: [] };
    assert.equal(hooks.run(point, context), 'no');
    assert.deepEqual(context.seen, []);
  });

  test('a run is synchronous until a handler returns a promise, and keeps the order after it', async () => {
    const hooks = table(
      ['a', on(point, 'guard', see('a'))],
      [
        'b',
        on(point, 'record', async (it) => {
          await null;
          it.seen.push('b');
        }),
      ],
      [
        'c',
        on(point, 'handle', (it) => {
          it.seen.push('c');
          return 'done';
        }),
      ],
      ['d', on(point, 'fallback', see('d'))],
    );
    const context: Seen = { seen: [] };
    const answer = hooks.run(point, context);
    assert.deepEqual(context.seen, ['a']);
    assert.equal(await answer, 'done');
    assert.deepEqual(context.seen, ['a', 'b', 'c']);
  });

  test('a failure carries the names of module and point, thrown now or later', async () => {
    const broken = (): never => {
      throw new Error('disk full');
    };
    const now = table(['mam', on(point, 'record', broken)]);
    const isNamed = (it: unknown): boolean =>
      it instanceof HookFailure &&
      it.message === 'mam failed in test.point' &&
      (it.cause as Error).message === 'disk full';
    assert.throws(() => now.run(point, { seen: [] }), isNamed);
    const later = table(['mam', on(point, 'record', async () => broken())]);
    await assert.rejects(async () => later.run(point, { seen: [] }), isNamed);
  });

  test('`has` tells whether anybody is bound', () => {
    assert.equal(table(['a', on(point, 'guard', see('a'))]).has(point), true);
    assert.equal(table().has(point), false);
  });
});

suite('tell and collect points', () => {
  test('an observer that fails is logged by name, and the others are told', async () => {
    const lines: string[] = [];
    const log: Logger = { ...silent, error: (_, message) => void lines.push(message) };
    const hooks = new HookTable(
      [
        [
          'a',
          observe(news, () => {
            throw new Error('a');
          }),
        ],
        [
          'b',
          observe(news, async () => {
            throw new Error('b');
          }),
        ],
        ['c', observe(news, see('c'))],
      ],
      log,
    );
    const event = { seen: [] };
    await hooks.tell(news, event);
    assert.deepEqual(event.seen, ['c']);
    assert.deepEqual(lines, ['a failed in test.news', 'b failed in test.news']);
  });

  test('telling waits for observers that wait, and is synchronous when none does', async () => {
    const event = { seen: [] as string[] };
    const waiting = table([
      'a',
      observe(news, async (it) => {
        await null;
        it.seen.push('a');
      }),
    ]).tell(news, event);
    assert.deepEqual(event.seen, []);
    await waiting;
    assert.deepEqual(event.seen, ['a']);
    assert.equal(table(['b', observe(news, see('b'))]).tell(news, event), undefined);
  });

  test('contributions are gathered in order', async () => {
    const hooks = table(['a', contribute(names, () => ['1', '2'])], ['b', contribute(names, async () => ['3'])]);
    assert.deepEqual(await hooks.collect(names, { seen: [] }), ['1', '2', '3']);
    assert.deepEqual(await table().collect(names, { seen: [] }), []);
  });
});
