/** Durable before anybody hears of it; and what could not be made durable did not happen. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { errorOf, itemsOf, push, roster, setItem } from './people.ts';

const server = await startParley();
after(() => server.stop());

test('RFC 6121 2.3.2: neither push nor result comes before the change is durable', async (t) => {
  const ann = await server.login('ann');
  await roster(ann);
  let release = (): void => {};
  const gate = new Promise<void>((done) => (release = done));
  const { atomically } = server.db;
  const held = t.mock.method(server.db, 'atomically', async (calls: Parameters<typeof atomically>[0]) => {
    await gate;
    return atomically.call(server.db, calls);
  });
  const answered = setItem(ann, `<item jid='a@b.c'/>`);
  const early = await Promise.race([
    answered.then(() => 'answered'),
    new Promise((done) => setImmediate(done, 'waits')),
  ]);
  assert.equal(early, 'waits');
  release();
  assert.equal((await answered).attr('type'), 'result');
  await ann.receives(push(`<item jid='a@b.c'/>`));
  assert.ok(held.mock.callCount() > 0);
});

test('a change that the database refuses is an error, is not pushed, and leaves the roster as it was', async (t) => {
  const bea = await server.login('bea');
  const ver = (await roster(bea)).firstElement()?.attr('ver');
  const broken = t.mock.method(server.db, 'atomically', () => Promise.reject(new Error('disk full')));
  assert.equal(errorOf(await setItem(bea, `<item jid='a@b.c'/>`)), 'cancel internal-server-error');
  await bea.send(`<presence to='d@capulet.lit' type='subscribe' id='s1'/>`);
  assert.equal(errorOf(await bea.receive()), 'cancel internal-server-error');
  broken.mock.restore();
  await bea.receivesNothing();
  const result = await roster(bea);
  assert.deepEqual(itemsOf(result), []);
  assert.equal(result.firstElement()?.attr('ver'), ver);
  assert.equal((await setItem(bea, `<item jid='a@b.c'/>`)).attr('type'), 'result');
});
