/** Whose messages accounts want to keep: XEP-0441. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { ask, conditionOf, MAM, say } from './support.ts';

const server = await startParley();
after(() => server.stop());
const romeo = await server.login('romeo', { resource: 'orchard' });
let people = 0;

/** Somebody who has not said anything yet. */
async function somebody(): Promise<TestClient> {
  return server.login(`p${people++}`, { resource: 'one' });
}

const list = (name: string, jids: readonly string[]) =>
  `<${name}>${jids.map((it) => `<jid>${it}</jid>`).join('')}</${name}>`;
const prefsXml = (fallback: string, always: readonly string[] = [], never: readonly string[] = []) =>
  `<prefs xmlns='${MAM}' default='${fallback}'>${list('always', always)}${list('never', never)}</prefs>`;
const set = (client: TestClient, xml: string) => client.iq('set', xml);
const get = async (client: TestClient) =>
  (await client.iq('get', `<prefs xmlns='${MAM}'/>`)).child(`{${MAM}}prefs`)?.toString();

/** Which of two messages with Romeo, one in each direction, is kept. */
async function keptWithRomeo(client: TestClient): Promise<string> {
  await say(romeo, client, 'in');
  await say(client, romeo, 'out');
  return (await ask(client)).bodies.join(' ');
}

suite('preferences', () => {
  test('XEP-0441 2.1: who has not said anything keeps everything, and both lists are there', async () => {
    const client = await somebody();
    assert.equal(await get(client), `<prefs xmlns='${MAM}' default='always'><always/><never/></prefs>`);
    assert.equal(await keptWithRomeo(client), 'in out');
  });

  test('XEP-0441 2.1: an update is answered with what holds now, and holds in the next session', async () => {
    const client = await somebody();
    const wanted = prefsXml('roster', ['romeo@capulet.lit'], ['tybalt@capulet.lit/x']);
    assert.equal((await set(client, wanted)).child(`{${MAM}}prefs`)?.toString(), wanted);
    assert.equal(await get(client), wanted);
  });

  test('XEP-0441 2.1.1: never keeps nothing, in either direction', async () => {
    const client = await somebody();
    await set(client, prefsXml('never'));
    assert.equal(await keptWithRomeo(client), '');
    // The other side keeps what it likes.
    assert.ok((await ask(romeo, { fields: { with: client.jid.split('/')[0] as string } })).bodies.length === 2);
  });

  test('XEP-0313 3.5: what is not kept is not stamped', async () => {
    const client = await somebody();
    await set(client, prefsXml('never'));
    assert.equal((await say(romeo, client, 'x')).child('{urn:xmpp:sid:0}stanza-id'), undefined);
    await set(client, prefsXml('always'));
    assert.ok((await say(romeo, client, 'y')).child('{urn:xmpp:sid:0}stanza-id'));
  });

  test('XEP-0441 2.1.1: roster keeps what is said with contacts, by their bare addresses', async () => {
    const client = await somebody();
    await set(client, prefsXml('roster'));
    assert.equal(await keptWithRomeo(client), '');
    await client.iq('set', `<query xmlns='jabber:iq:roster'><item jid='romeo@capulet.lit'/></query>`);
    await client.drain();
    assert.equal(await keptWithRomeo(client), 'in out');
  });

  test('XEP-0441 2.1.2: what is said with an address in always is kept', async () => {
    const client = await somebody();
    await set(client, prefsXml('never', ['romeo@capulet.lit']));
    assert.equal(await keptWithRomeo(client), 'in out');
  });

  test('XEP-0441 2.1.3: what is said with an address in never is not', async () => {
    const client = await somebody();
    await set(client, prefsXml('always', [], ['romeo@capulet.lit']));
    assert.equal(await keptWithRomeo(client), '');
  });

  test('XEP-0441 2.3: a full address is compared as it is: with from on the way in, with to on the way out', async () => {
    const client = await somebody();
    await set(client, prefsXml('always', [], [romeo.jid]));
    assert.equal(await keptWithRomeo(client), 'out');
    await client.send(`<message to='${romeo.jid}' type='chat'><body>full</body></message>`);
    await romeo.receives('<message><body>full</body></message>');
    assert.equal((await ask(client)).bodies.join(' '), 'out');
  });

  test('an address in both lists is not kept', async () => {
    const client = await somebody();
    await set(client, prefsXml('always', ['romeo@capulet.lit'], ['romeo@capulet.lit']));
    assert.equal(await keptWithRomeo(client), '');
  });

  test('XEP-0441 2.1.2 and 2.1.3: a list that is left out is empty', async () => {
    const client = await somebody();
    await set(client, prefsXml('never', ['romeo@capulet.lit'], ['tybalt@capulet.lit']));
    const answer = await set(client, `<prefs xmlns='${MAM}' default='always'/>`);
    assert.equal(answer.child(`{${MAM}}prefs`)?.toString(), prefsXml('always').replace(/<(\w+)><\/\w+>/g, '<$1/>'));
  });

  test('addresses are prepared, and doubles fall together', async () => {
    const client = await somebody();
    await set(client, prefsXml('always', ['ROMEO@capulet.lit', 'romeo@capulet.lit']));
    assert.equal(await get(client), prefsXml('always', ['romeo@capulet.lit']).replace('<never></never>', '<never/>'));
  });

  test('what is malformed is refused, and changes nothing', async () => {
    const client = await somebody();
    await set(client, prefsXml('never'));
    const before = await get(client);
    for (const fallback of ['', 'sometimes', 'ALWAYS']) {
      assert.equal(conditionOf(await set(client, prefsXml(fallback))), 'bad-request');
    }
    assert.equal(conditionOf(await set(client, `<prefs xmlns='${MAM}'/>`)), 'bad-request');
    assert.equal(conditionOf(await set(client, prefsXml('always', ['@']))), 'jid-malformed');
    const many = Array.from({ length: 1001 }, (_, i) => `a${i}@example.com`);
    assert.equal(conditionOf(await set(client, prefsXml('always', many))), 'policy-violation');
    assert.equal(await get(client), before);
  });

  test('preferences are durable, and go with the account', async (t) => {
    const other = await startParley();
    t.after(() => other.stop());
    const first = await other.login('juliet');
    await set(first, prefsXml('never', [], ['a@example.com']));
    await other.restart();
    const again = await other.login('juliet');
    assert.equal(await get(again), prefsXml('never', [], ['a@example.com']).replace('<always></always>', '<always/>'));
    await other.command('user delete', { jid: 'juliet@capulet.lit' });
    const anew = await other.login('juliet');
    assert.equal(await get(anew), `<prefs xmlns='${MAM}' default='always'><always/><never/></prefs>`);
  });

  test('the host says what holds for those who have not said anything', async (t) => {
    const other = await startParley({ modules: { archive: { default: 'never' } } });
    t.after(() => other.stop());
    const client = await other.login('juliet');
    await client.send(`<message to='juliet@capulet.lit'><body>x</body></message>`);
    await client.receive();
    assert.deepEqual((await ask(client)).bodies, []);
    await set(client, prefsXml('always'));
    await client.send(`<message to='juliet@capulet.lit'><body>y</body></message>`);
    await client.receive();
    assert.deepEqual((await ask(client)).bodies, ['y']);
  });
});
