/** What the server asks by itself, and who may answer (RFC 6120 section 8.2.3). */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { el, jid, type Stanza } from '#api';
import { PendingRequests } from '../../src/router/pending.ts';
import { FakeClock } from '../support/clock.ts';
import { startCore } from '../support/core.ts';

const server = await startCore();
after(() => server.stop());
const { router } = server.engine;
const host = jid('capulet.lit');
const payload = el('urn:example:x', 'x');
const juliet = await server.login('juliet', { resource: 'balcony' });

const ask = (to: string, from = host) => router.request({ from, to: jid(to), type: 'get' }, payload);

/** The id of the request that the client got. */
async function asked(client = juliet): Promise<string> {
  const request = await client.receives(`<iq type='get' to='${client.jid}' id='*'><x xmlns='urn:example:x'/></iq>`);
  return request.attr('id') ?? '';
}

suite('requests of the server', () => {
  for (const type of ['result', 'error']) {
    test(`a client answers with ${type}`, async () => {
      const answer = ask(juliet.jid);
      await juliet.send(`<iq type='${type}' to='capulet.lit' id='${await asked()}'><y xmlns='urn:example:y'/></iq>`);
      const stanza = await answer;
      assert.equal(stanza?.type, type);
      assert.equal(stanza?.from.full, juliet.jid);
      assert.equal(stanza?.element.firstElement()?.name, 'y');
    });
  }

  test('in the name of an account, too', async () => {
    const answer = ask(juliet.jid, jid('romeo@capulet.lit'));
    await server.account('romeo');
    await juliet.send(`<iq type='result' to='romeo@capulet.lit' id='${await asked()}'/>`);
    assert.equal((await answer)?.type, 'result');
  });

  test('nobody else can answer, not even another session of the account; ids do not repeat', async () => {
    const spy = await server.login('spy');
    const hall = await server.login('juliet', { resource: 'hall' });
    const [first, second] = [ask(juliet.jid), ask(juliet.jid)];
    const [one, two] = [await asked(), await asked()];
    assert.notEqual(one, two);
    for (const client of [spy, hall]) await client.send(`<iq type='result' to='capulet.lit' id='${two}'/>`);
    // The right one has not been answered yet: it still can be.
    await juliet.send(`<iq type='result' to='capulet.lit' id='${two}'/>`);
    assert.equal((await second)?.from.full, juliet.jid);
    await juliet.send(`<iq type='result' to='capulet.lit' id='${one}'/>`);
    assert.ok(await first);
  });

  test('a second answer, and one that nobody asked for, are dropped', async () => {
    const answer = ask(juliet.jid);
    const id = await asked();
    for (let i = 0; i < 2; i++) await juliet.send(`<iq type='result' to='capulet.lit' id='${id}'/>`);
    await juliet.send(`<iq type='result' to='capulet.lit' id='made up'/>`);
    assert.ok(await answer);
    await juliet.send(`<message to='${juliet.jid}' id='own'/>`);
    await juliet.receives(`<message id='own'/>`);
  });

  for (const [what, to] of [
    ['a resource that is not there', 'juliet@capulet.lit/gone'],
    ['a domain that is not reached', 'elsewhere.lit'],
    ['the server itself, which knows no such request', 'capulet.lit'],
  ] as const) {
    test(`from ${what} an error comes back`, async () => {
      const stanza = await ask(to);
      assert.equal(stanza?.type, 'error');
      assert.equal(stanza?.from.full, to);
    });
  }

  test('who does not answer within 30 seconds has given none', async () => {
    let answer: Stanza | undefined | 'none yet' = 'none yet';
    const waiting = ask(juliet.jid).then((it) => (answer = it));
    await asked();
    server.clock.advance(29_000);
    await Promise.resolve();
    assert.equal(answer, 'none yet');
    server.clock.advance(6000);
    await waiting;
    assert.equal(answer, undefined);
  });

  test('past 10,000 the oldest is given up: what waits is bounded', async () => {
    const pending = new PendingRequests(new FakeClock());
    const first = pending.expect('juliet@capulet.lit');
    const others = Array.from({ length: 9999 }, () => pending.expect('juliet@capulet.lit'));
    let given = false;
    void first.answer.then(() => (given = true));
    await Promise.resolve();
    assert.ok(!given);
    pending.expect('juliet@capulet.lit');
    assert.equal(await first.answer, undefined);
    assert.equal(new Set(others.map((it) => it.id)).size, 9999);
  });
});
