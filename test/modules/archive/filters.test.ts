/** Which messages are asked for: XEP-0313 section 4.1. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { ask, conditionOf, MAM, queryXml, refused, say } from './support.ts';

const server = await startParley();
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });
const romeo = await server.login('romeo', { resource: 'orchard' });
const nurse = await server.login('nurse', { resource: 'chamber' });
const garden = await server.login('romeo', { resource: 'garden', available: false });

const START = server.clock.now();
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

// One message a second: from Romeo, to Romeo, from his garden, from the nurse, to herself.
await say(romeo, juliet, 'm0');
server.clock.advance(1000);
await say(juliet, romeo, 'm1');
server.clock.advance(1000);
await garden.send(`<message to='juliet@capulet.lit' type='chat'><body>m2</body></message>`);
await juliet.receives('<message/>');
server.clock.advance(1000);
await say(nurse, juliet, 'm3');
server.clock.advance(1000);
await say(juliet, juliet, 'm4');
server.clock.advance(1000);
await juliet.send(`<message to='romeo@capulet.lit/garden' type='chat'><body>m5</body></message>`);
await garden.receives('<message/>');
const all = await ask(juliet);
const [id0 = '', id1 = '', , id3 = '', , id5 = ''] = all.ids;

const bodies = async (fields: Readonly<Record<string, string | readonly string[]>>) =>
  (await ask(juliet, { fields })).bodies.join(' ');

suite('filtering by address', () => {
  test('XEP-0313 4.1.1: without an address all messages match', async () => {
    assert.equal(all.bodies.join(' '), 'm0 m1 m2 m3 m4 m5');
    assert.equal(await bodies({}), 'm0 m1 m2 m3 m4 m5');
  });

  test('XEP-0313 4.1.1: a bare address matches whom messages are from or to, whatever the resource', async () => {
    assert.equal(await bodies({ with: 'romeo@capulet.lit' }), 'm0 m1 m2 m5');
    assert.equal(await bodies({ with: 'nurse@capulet.lit' }), 'm3');
  });

  test('XEP-0313 4.1.1: a full address matches that very address', async () => {
    assert.equal(await bodies({ with: 'romeo@capulet.lit/garden' }), 'm2 m5');
    assert.equal(await bodies({ with: 'romeo@capulet.lit/orchard' }), 'm0');
    assert.equal(await bodies({ with: 'romeo@capulet.lit/nowhere' }), '');
  });

  test('XEP-0313 4.1.1: one’s own address matches what one has sent to oneself', async () => {
    assert.equal(await bodies({ with: 'juliet@capulet.lit' }), 'm4');
  });

  test('an address is prepared before it is compared', async () => {
    assert.equal(await bodies({ with: 'ROMEO@Capulet.LIT' }), 'm0 m1 m2 m5');
  });

  test('nobody has said anything with a stranger', async () => {
    const found = await ask(juliet, { fields: { with: 'stranger@example.com' } });
    assert.deepEqual([found.ids.length, found.count, found.complete], [0, '0', true]);
  });
});

suite('filtering by time', () => {
  test('XEP-0313 4.1.2: start and end are among what is asked for', async () => {
    assert.equal(await bodies({ start: at(1) }), 'm1 m2 m3 m4 m5');
    assert.equal(await bodies({ end: at(1) }), 'm0 m1');
    assert.equal(await bodies({ start: at(1), end: at(3) }), 'm1 m2 m3');
    assert.equal(await bodies({ start: at(2), end: at(2) }), 'm2');
  });

  test('XEP-0313 4.1.2: a moment before or after is not', async () => {
    assert.equal(await bodies({ start: at(1.001) }), 'm2 m3 m4 m5');
    assert.equal(await bodies({ end: at(0.999) }), 'm0');
    assert.equal(await bodies({ start: at(3), end: at(1) }), '');
  });

  test('XEP-0082: a time may be written with an offset', async () => {
    assert.equal(await bodies({ start: '2030-01-01T02:00:04+02:00' }), 'm4 m5');
  });

  test('times and an address hold together', async () => {
    assert.equal(await bodies({ with: 'romeo@capulet.lit', start: at(1), end: at(4) }), 'm1 m2');
    assert.equal(await bodies({ with: 'romeo@capulet.lit/garden', start: at(3) }), 'm5');
  });
});

suite('limiting by id', () => {
  test('XEP-0313 4.1.3: messages after and before one that is known, and between two', async () => {
    assert.equal(await bodies({ 'after-id': id1 }), 'm2 m3 m4 m5');
    assert.equal(await bodies({ 'before-id': id1 }), 'm0');
    assert.equal(await bodies({ 'after-id': id0, 'before-id': id3 }), 'm1 m2');
    assert.equal(await bodies({ 'after-id': id5 }), '');
  });

  test('XEP-0313 4.1.3: single messages, in the order of the archive', async () => {
    assert.equal(await bodies({ ids: id3 }), 'm3');
    assert.equal(await bodies({ ids: [id5, id0, id3, id0] }), 'm0 m3 m5');
  });

  test('all that is given holds together', async () => {
    assert.equal(await bodies({ ids: [id0, id3, id5], with: 'romeo@capulet.lit' }), 'm0 m5');
    assert.equal(await bodies({ ids: [id0, id3, id5], with: 'romeo@capulet.lit/garden' }), 'm5');
    assert.equal(await bodies({ ids: [id0, id3, id5], start: at(1), 'before-id': id5 }), 'm3');
    assert.equal(await bodies({ with: 'romeo@capulet.lit', 'after-id': id3 }), 'm5');
  });

  test('XEP-0313 4.1.3: an id that is not in the archive is not found', async () => {
    for (const field of ['after-id', 'before-id', 'ids']) {
      assert.equal(await refused(juliet, { fields: { [field]: 'nothing' } }), 'item-not-found');
    }
    assert.equal(await refused(juliet, { fields: { ids: [id0, 'nothing'] } }), 'item-not-found');
    const [strange = ''] = (await ask(nurse)).ids;
    assert.equal(await refused(romeo, { fields: { ids: strange } }), 'item-not-found');
  });

  test('no more than a thousand ids are looked for', async () => {
    const many = Array.from({ length: 1001 }, (_, i) => `id${i}`);
    assert.equal(await refused(juliet, { fields: { ids: many } }), 'policy-violation');
  });
});

suite('the form', () => {
  test('XEP-0313 4.1.5: the fields can be asked for; none is required, and the list of ids is open', async () => {
    const answer = await juliet.iq('get', `<query xmlns='${MAM}'/>`);
    const form = answer.child(`{${MAM}}query`)?.child('{jabber:x:data}x');
    assert.equal(form?.attr('type'), 'form');
    const fields = (form?.elements() ?? []).map((it) => `${it.attr('var')} ${it.attr('type')}`);
    assert.deepEqual(fields, [
      'FORM_TYPE hidden',
      'with jid-single',
      'start text-single',
      'end text-single',
      'before-id text-single',
      'after-id text-single',
      'ids list-multi',
      'include-groupchat boolean',
    ]);
    assert.ok(!answer.toString().includes('required'));
    assert.match(
      answer.toString(),
      /<validate xmlns='http:\/\/jabber.org\/protocol\/xdata-validate' datatype='xs:string'><open\/><\/validate>/,
    );
    assert.match(answer.toString(), /<value>urn:xmpp:mam:2<\/value>/);
  });

  test('XEP-0313 4.1.5: a field that is not known is not implemented', async () => {
    assert.equal(await refused(juliet, { fields: { '{urn:example}text': 'x' } }), 'feature-not-implemented');
  });

  test('XEP-0313 4.1.4: with or without what was said in rooms, there is none of it in the archive of an account', async () => {
    for (const value of ['true', 'false', '0', '1']) {
      assert.equal(await bodies({ 'include-groupchat': value, 'after-id': id3 }), 'm4 m5');
    }
    assert.equal(await refused(juliet, { fields: { 'include-groupchat': 'maybe' } }), 'bad-request');
  });

  test('a field without a value says nothing', async () => {
    assert.equal(await bodies({ with: '', start: '', 'after-id': id3 }), 'm4 m5');
    assert.equal(await bodies({ with: [], 'after-id': id3 }), 'm4 m5');
  });

  test('what is malformed is refused with the reason', async () => {
    assert.equal(await refused(juliet, { fields: { with: '@' } }), 'jid-malformed');
    for (const time of ['yesterday', '2030-01-01', '2030-13-01T00:00:00Z', '1893456000']) {
      assert.equal(await refused(juliet, { fields: { start: time } }), 'bad-request');
      assert.equal(await refused(juliet, { fields: { end: time } }), 'bad-request');
    }
    const other = queryXml({ fields: {} }).replace(`<value>${MAM}</value>`, '<value>urn:other</value>');
    assert.equal(conditionOf(await juliet.iq('set', other)), 'bad-request');
    const unsent = queryXml({ fields: {} }).replace(`type='submit'`, `type='form'`);
    assert.equal(conditionOf(await juliet.iq('set', unsent)), 'bad-request');
  });

  test('XEP-0313 6.1.3: accounts have no archives of nodes', async () => {
    assert.equal(conditionOf(await juliet.iq('set', `<query xmlns='${MAM}' node='n'/>`)), 'feature-not-implemented');
  });
});

suite('who may ask', () => {
  test('XEP-0313 3.3.1: an account’s archive is at its bare address, and at none', async () => {
    assert.equal((await ask(juliet, { to: 'juliet@capulet.lit' })).bodies.length, 6);
  });

  test('XEP-0313 8.1: nobody reads anybody else’s archive', async () => {
    for (const to of ['romeo@capulet.lit', 'stranger@capulet.lit']) {
      assert.equal(await refused(juliet, { to }), 'forbidden');
      assert.equal(conditionOf(await juliet.iq('get', `<metadata xmlns='${MAM}'/>`, to)), 'forbidden');
      assert.equal(conditionOf(await juliet.iq('get', `<prefs xmlns='${MAM}'/>`, to)), 'forbidden');
    }
  });

  test('XEP-0313 7: accounts say that they have archives, hosts do not', async () => {
    const disco = async (to: string) =>
      (await juliet.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, to)).toString();
    const account = await disco('juliet@capulet.lit');
    for (const feature of ['', '#extended', '#groupchat-field'])
      assert.match(account, new RegExp(`'${MAM}${feature}'`));
    assert.doesNotMatch(account, /groupchat-available/);
    assert.match(account, /'urn:xmpp:sid:0'/);
    assert.match(account, /'urn:xmpp:message-retract:1#tombstone'/);
    assert.doesNotMatch(await disco('capulet.lit'), /urn:xmpp:mam:2/);
  });
});
