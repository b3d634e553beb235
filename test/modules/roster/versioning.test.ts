/** Roster versioning: RFC 6121 section 2.6, XEP-0237. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { itemsOf, push, roster, setItem, verOf } from './people.ts';

const server = await startParley();
after(() => server.stop());

/** A client whose roster has that many contacts, and the version that it has then. */
async function withContacts(name: string, count: number): Promise<{ client: TestClient; ver: string }> {
  const client = await server.login(name);
  for (let i = 0; i < count; i++) await setItem(client, `<item jid='c${i}@b.c'/>`);
  return { client, ver: verOf(await roster(client)) };
}

/** Another session of the account, which has not asked for the roster yet. */
async function another(name: string): Promise<TestClient> {
  const client = await server.login(name, { resource: 'other', available: false });
  return client;
}

suite('roster versioning', () => {
  test('RFC 6121 2.6.2: an empty ver, like none, gets the whole roster with its version', async () => {
    const { client } = await withContacts('ann', 2);
    for (const ver of ['', undefined]) {
      const result = await roster(client, ver);
      assert.deepEqual(itemsOf(result), ['c0@b.c none', 'c1@b.c none']);
      assert.notEqual(verOf(result), '');
    }
  });

  test('RFC 6121 2.6.3: the current version gets an empty result and no pushes', async () => {
    const { ver } = await withContacts('bea', 8);
    const client = await another('bea');
    const result = await roster(client, ver);
    assert.equal(result.attr('type'), 'result');
    assert.equal(result.firstElement(), undefined);
    await client.receivesNothing();
  });

  test('RFC 6121 2.6.3: asking with a version makes the resource interested', async () => {
    const { client, ver } = await withContacts('cid', 8);
    const other = await another('cid');
    await roster(other, ver);
    await setItem(client, `<item jid='new@b.c'/>`);
    await other.receives(push(`<item jid='new@b.c'/>`));
  });

  test('an empty roster that was always empty has a version, too', async () => {
    const { client, ver } = await withContacts('dan', 0);
    assert.notEqual(ver, '');
    assert.equal((await roster(client, ver)).firstElement(), undefined);
    await setItem(client, `<item jid='a@b.c'/>`);
    assert.deepEqual(itemsOf(await roster(client, ver)), ['a@b.c none']);
  });

  test('RFC 6121 2.6.3: what changed is pushed after an empty result, once each, in the order of the changes', async () => {
    const { client, ver } = await withContacts('eve', 20);
    await setItem(client, `<item jid='c3@b.c' name='first'/>`);
    await setItem(client, `<item jid='c7@b.c' subscription='remove'/>`);
    await setItem(client, `<item jid='new@b.c'/>`);
    await setItem(client, `<item jid='c3@b.c' name='last'/>`);
    const now = verOf(await roster(client));
    const other = await another('eve');
    assert.equal((await roster(other, ver)).firstElement(), undefined);
    await other.receives(push(`<item jid='c7@b.c' subscription='remove'/>`));
    await other.receives(push(`<item jid='new@b.c' subscription='none'/>`));
    const last = await other.receives(push(`<item jid='c3@b.c' name='last' subscription='none'/>`));
    assert.equal(verOf(last), now);
    await other.receivesNothing();
  });

  test('RFC 6121 2.6.3: each of these pushes leads to a version from which the rest can be asked for', async () => {
    const { client, ver } = await withContacts('fay', 20);
    await setItem(client, `<item jid='c1@b.c' name='x'/>`);
    await setItem(client, `<item jid='c2@b.c' name='y'/>`);
    const other = await another('fay');
    await roster(other, ver);
    const between = verOf(await other.receive());
    await other.receive();
    await roster(other, between);
    await other.receives(push(`<item jid='c2@b.c' name='y'/>`));
    await other.receivesNothing();
  });

  test('RFC 6121 2.6.3: a contact that was removed and came back is pushed as it is', async () => {
    const { client, ver } = await withContacts('gus', 20);
    await setItem(client, `<item jid='c1@b.c' subscription='remove'/>`);
    await setItem(client, `<item jid='c1@b.c' name='again'/>`);
    const other = await another('gus');
    await roster(other, ver);
    await other.receives(push(`<item jid='c1@b.c' name='again' subscription='none'/>`));
    await other.receivesNothing();
  });

  test('RFC 6121 2.6.3: where the pushes would be more than the roster, the roster is sent', async () => {
    const { client, ver } = await withContacts('hal', 2);
    await setItem(client, `<item jid='c0@b.c' subscription='remove'/>`);
    const result = await roster(client, ver);
    assert.deepEqual(itemsOf(result), ['c1@b.c none']);
    assert.notEqual(verOf(result), ver);
  });

  test('a version of somebody else’s, of the future or of nobody’s gets the whole roster', async () => {
    const { client, ver } = await withContacts('ida', 3);
    const { ver: foreign } = await withContacts('jay', 4);
    const later = ver.replace(/\d+$/, (it) => String(Number(it) + 1));
    for (const odd of [
      foreign,
      later,
      'x',
      '.',
      `${ver}0`,
      `${ver.replace(/\d+$/, '')}-1`,
      ver.replace(/\.(\d+)$/, '.0$1'),
    ]) {
      assert.equal(itemsOf(await roster(client, odd)).length, 3, odd);
    }
  });

  test('RFC 6121 2.6.3: every push has a version of its own, whatever changed', async () => {
    const { client, ver } = await withContacts('kim', 1);
    const seen = new Set([ver]);
    await client.drain();
    for (const item of [
      `<item jid='c0@b.c' name='A'/>`,
      `<item jid='c0@b.c' name='A'><group>G</group></item>`,
      `<item jid='c0@b.c' name='A'/>`,
      `<item jid='c0@b.c'/>`,
      `<item jid='c0@b.c'/>`,
      `<item jid='c0@b.c' subscription='remove'/>`,
    ]) {
      await setItem(client, item);
      seen.add(verOf(await client.receive()));
    }
    assert.equal(seen.size, 7);
  });

  test('versions go on after a restart', async (t) => {
    const other = await startParley();
    t.after(() => other.stop());
    const before = await other.login('lea');
    for (let i = 0; i < 8; i++) await setItem(before, `<item jid='c${i}@b.c'/>`);
    const ver = verOf(await roster(before));
    await before.close();
    await other.restart();
    const client = await other.login('lea');
    assert.equal((await roster(client, ver)).firstElement(), undefined);
    await setItem(client, `<item jid='c7@b.c' name='x'/>`);
    const hall = await other.login('lea', { resource: 'hall', available: false });
    await roster(hall, ver);
    await hall.receives(push(`<item jid='c7@b.c' name='x'/>`));
  });

  test('the version of an account that is gone is none of the next account of that name', async () => {
    const { client, ver } = await withContacts('mia', 1);
    await server.command('user delete', { jid: 'mia@capulet.lit' });
    await client.ends();
    const next = await withContacts('mia', 1);
    assert.notEqual(next.ver, ver);
    assert.deepEqual(itemsOf(await roster(next.client, ver)), ['c0@b.c none']);
  });

  test('a client that was away for longer than removals are remembered gets the whole roster', async () => {
    const { client, ver } = await withContacts('ned', 1);
    await setItem(client, `<item jid='old@b.c'/>`);
    const late = verOf(await roster(client));
    await setItem(client, `<item jid='old@b.c' subscription='remove'/>`);
    // 3,000 contacts make pushes of 600 changes look cheap; the removal among them must not be lost.
    await fill('ned@capulet.lit', 3000);
    for (const known of [ver, late]) assert.equal(itemsOf(await roster(client, known)).length, 3001);
  });
});

/** Contacts by the command, which many at once share commits. */
async function fill(jid: string, count: number): Promise<void> {
  const added = Array.from({ length: count }, (_, i) => server.command('roster add', { jid, contact: `f${i}@b.c` }));
  await Promise.all(added);
}
