/** Asking for, granting, denying and ending subscriptions: RFC 6121 section 3. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { jid, Router, stanza } from '#api';
import { startParley } from '../../support/parley.ts';
import { itemsOf, push, roster, setItem, subscribe } from '../roster/people.ts';

const server = await startParley({ modules: { roster: { maxRequests: 3 } } });
after(() => server.stop());

suite('asking for a subscription', () => {
  test('RFC 6121 3.1.2: the request comes from the bare address; the asker’s roster says that it waits', async () => {
    const ann = await server.login('ann', { resource: 'r' });
    const abe = await server.login('abe', { resource: 'r' });
    await roster(ann);
    await ann.send(`<presence to='${abe.jid}' type='subscribe' id='s1'/>`);
    await ann.receives(push(`<item jid='abe@capulet.lit' subscription='none' ask='subscribe'/>`));
    await abe.receives(`<presence from='ann@capulet.lit' to='abe@capulet.lit' type='subscribe' id='s1'/>`);
    assert.deepEqual(itemsOf(await roster(abe)), [], 'the request is not in the roster of who is asked');
  });

  test('RFC 6121 3.1.2: a name and groups that were set before stay', async () => {
    await server.account('ben');
    const bea = await server.login('bea');
    await roster(bea);
    await setItem(bea, `<item jid='ben@capulet.lit' name='Ben'><group>G</group></item>`);
    await bea.drain();
    await bea.send(`<presence to='ben@capulet.lit' type='subscribe'/>`);
    await bea.receives(push(`<item jid='ben@capulet.lit' name='Ben' ask='subscribe'><group>G</group></item>`));
  });

  test('RFC 6121 3.1.3: it goes to available resources, the whole of it, and to each that comes until it is answered', async () => {
    const cid = await server.login('cid');
    await roster(cid);
    const silent = await server.login('cora', { resource: 'silent', available: false });
    const request = `<status>Please</status><nick xmlns='http://jabber.org/protocol/nick'>Cid</nick><test xmlns='org.example'/>`;
    await cid.send(`<presence to='cora@capulet.lit' type='subscribe' xml:lang='it'>${request}</presence>`);
    await cid.receives(push(`<item jid='cora@capulet.lit' ask='subscribe'/>`));
    await silent.receivesNothing();
    const expected = `<presence from='cid@capulet.lit' to='cora@capulet.lit' type='subscribe' xml:lang='it'>${request}</presence>`;
    for (const resource of ['one', 'two']) {
      const cora = await server.login('cora', { resource });
      if (resource === 'two') await cora.receives(`<presence from='cora@capulet.lit/one'/>`);
      await cora.receives(expected);
      await cora.receivesNothing();
    }
    const last = await server.login('cora', { resource: 'last' });
    await last.drain();
    await last.send(`<presence to='cid@capulet.lit' type='unsubscribed'/>`);
    await cid.receives(`<presence from='cora@capulet.lit' type='unsubscribed'/>`);
    const after = await server.login('cora', { resource: 'after' });
    assert.deepEqual(
      (await after.drain()).filter((it) => it.attr('type') === 'subscribe'),
      [],
    );
  });

  test('RFC 6121 3.1.3: a request survives a restart', async (t) => {
    const other = await startParley();
    t.after(() => other.stop());
    await other.account('dan');
    const dot = await other.login('dot');
    await dot.send(`<presence to='dan@capulet.lit' type='subscribe'><status>Please</status></presence>`);
    await dot.receivesNothing();
    await other.restart();
    const dan = await other.login('dan');
    await dan.receives(`<presence from='dot@capulet.lit' type='subscribe'><status>Please</status></presence>`);
  });

  test('RFC 6121 A.3.1: asking again while the first request waits tells nobody', async () => {
    const eve = await server.login('eve');
    const ed = await server.login('ed');
    await eve.send(`<presence to='ed@capulet.lit' type='subscribe'><status>First</status></presence>`);
    await ed.receives(`<presence type='subscribe'><status>First</status></presence>`);
    await eve.send(`<presence to='ed@capulet.lit' type='subscribe'><status>Again</status></presence>`);
    await eve.receivesNothing();
    await ed.receivesNothing();
  });

  test('RFC 6121 3.1.3, rule 2: who is subscribed already is answered by the server, and shown who is there', async () => {
    await subscribe(server, 'fay', 'fred', 'from');
    const fay = await server.login('fay');
    await fay.drain();
    await server.command('roster remove', { jid: 'fred@capulet.lit', contact: 'fay@capulet.lit' });
    await subscribe(server, 'fay', 'fred', 'from');
    await fay.drain();
    const head = { from: jid('fred@capulet.lit'), to: jid('fay@capulet.lit'), type: 'subscribe' };
    const fred = await server.login('fred');
    await fred.drain();
    await server.service(Router).route(stanza('presence', head));
    await fred.receives(`<presence from='${fay.jid}' to='fred@capulet.lit'/>`);
    assert.deepEqual(
      (await fay.drain()).filter((it) => it.attr('type') === 'subscribe'),
      [],
    );
  });

  test('RFC 6121 8.5.1: a request to an account that does not exist looks like one that is not answered', async () => {
    const gus = await server.login('gus');
    await roster(gus);
    for (const to of ['nobody@capulet.lit', 'nobody@capulet.lit/r'])
      await gus.send(`<presence to='${to}' type='subscribe'/>`);
    await gus.receives(push(`<item jid='nobody@capulet.lit' subscription='none' ask='subscribe'/>`));
    await gus.receivesNothing();
  });

  test('requests that wait are bounded; what comes on top is dropped without a word', async () => {
    await server.account('hal');
    for (const name of ['h1', 'h2', 'h3', 'h4']) {
      const client = await server.login(name);
      await client.send(`<presence to='hal@capulet.lit' type='subscribe'/>`);
      await client.receivesNothing();
    }
    const hal = await server.login('hal');
    const requests = await hal.drain();
    assert.deepEqual(
      requests.map((it) => it.attr('from')),
      ['h1@capulet.lit', 'h2@capulet.lit', 'h3@capulet.lit'],
    );
  });

  test('nobody subscribes to themselves', async () => {
    const ida = await server.login('ida');
    await roster(ida);
    for (const type of ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed']) {
      await ida.send(`<presence to='ida@capulet.lit' type='${type}'/>`);
    }
    await ida.receivesNothing();
    assert.deepEqual(itemsOf(await roster(ida)), []);
  });

  test('RFC 6121 3.1.2: a request to another server is sent anew when a resource comes; one that is here is not', async () => {
    await server.account('jim');
    const jay = await server.login('jay');
    await jay.send(`<presence to='jo@montague.lit' type='subscribe'/>`);
    await jay.receives(`<presence type='error' from='jo@montague.lit' to='jay@capulet.lit'/>`);
    await jay.send(`<presence to='jim@capulet.lit' type='subscribe'/>`);
    await jay.receivesNothing();
    await jay.close();
    const again = await server.login('jay');
    await again.receives(`<presence type='error' from='jo@montague.lit' to='jay@capulet.lit'/>`);
    await again.receivesNothing();
  });
});

suite('granting and denying', () => {
  test('RFC 6121 3.1.5 and 3.1.6: an approval is delivered before the push, and presence follows', async () => {
    const kim = await server.login('kim', { resource: 'r' });
    const kate = await server.login('kate', { resource: 'r' });
    await kate.send('<presence><status>Look for me</status></presence>');
    await roster(kim);
    await roster(kate);
    await kate.drain();
    await kim.send(`<presence to='kate@capulet.lit' type='subscribe'/>`);
    await kim.drain();
    await kate.receives(`<presence type='subscribe'/>`);
    await kate.send(`<presence to='${kim.jid}' type='subscribed'/>`);
    await kim.receives(`<presence from='kate@capulet.lit' to='kim@capulet.lit' type='subscribed'/>`);
    const pushed = await kim.receives(push(`<item jid='kate@capulet.lit' subscription='to'/>`));
    assert.equal(pushed.firstElement()?.firstElement()?.attr('ask'), undefined);
    await kim.receives(`<presence from='${kate.jid}' to='kim@capulet.lit'><status>Look for me</status></presence>`);
    await kate.receives(push(`<item jid='kim@capulet.lit' subscription='from'/>`));
    await kim.receivesNothing();
    await kate.receivesNothing();
  });

  test('RFC 6121 3.1.6: an approval goes to interested resources only', async () => {
    await server.account('leo');
    const lea = await server.login('lea', { resource: 'reader' });
    const deaf = await server.login('lea', { resource: 'deaf' });
    await roster(lea);
    await lea.send(`<presence to='leo@capulet.lit' type='subscribe'/>`);
    await lea.drain();
    await deaf.drain();
    const leo = await server.login('leo', { available: false });
    await leo.send(`<presence to='lea@capulet.lit' type='subscribed'/>`);
    await lea.receives(`<presence type='subscribed'/>`);
    await deaf.receivesNothing();
  });

  test('RFC 6121 A.2.3: two that ask each other end in both', async () => {
    const mia = await server.login('mia');
    const max = await server.login('max');
    await mia.send(`<presence to='max@capulet.lit' type='subscribe'/>`);
    await mia.receivesNothing();
    await max.receives(`<presence from='mia@capulet.lit' type='subscribe'/>`);
    await max.send(`<presence to='mia@capulet.lit' type='subscribe'/>`);
    await mia.receives(`<presence from='max@capulet.lit' type='subscribe'/>`);
    await max.send(`<presence to='mia@capulet.lit' type='subscribed'/>`);
    await mia.send(`<presence to='max@capulet.lit' type='subscribed'/>`);
    await max.drain();
    await mia.drain();
    assert.deepEqual(itemsOf(await roster(mia)), ['max@capulet.lit both']);
    assert.deepEqual(itemsOf(await roster(max)), ['mia@capulet.lit both']);
  });

  test('RFC 6121 3.2: a denied request leaves both rosters without a subscription', async () => {
    const nat = await server.login('nat');
    const ned = await server.login('ned');
    await roster(nat);
    await roster(ned);
    await nat.send(`<presence to='ned@capulet.lit' type='subscribe'/>`);
    await nat.receives(push(`<item jid='ned@capulet.lit' ask='subscribe'/>`));
    await ned.receives(`<presence type='subscribe'/>`);
    await ned.send(`<presence to='nat@capulet.lit' type='unsubscribed'/>`);
    await nat.receives(`<presence type='unsubscribed' from='ned@capulet.lit'/>`);
    await nat.receives(push(`<item jid='ned@capulet.lit' subscription='none'/>`));
    await ned.receivesNothing();
    assert.deepEqual(itemsOf(await roster(ned)), []);
  });

  test('RFC 6121 A.3.3: an approval that nobody asked for is not delivered and changes nothing', async () => {
    const oda = await server.login('oda');
    const otto = await server.login('otto');
    await roster(oda);
    await otto.send(`<presence to='oda@capulet.lit' type='subscribed'/>`);
    await otto.receivesNothing();
    await oda.receivesNothing();
    assert.deepEqual(itemsOf(await roster(oda)), []);
  });
});

suite('ending a subscription', () => {
  test('RFC 6121 3.2.2: unavailable presence of each resource comes before unsubscribed, then no more presence', async () => {
    await subscribe(server, 'pam', 'pat', 'both');
    const pat = await server.login('pat');
    const one = await server.login('pam', { resource: 'one' });
    await server.login('pam', { resource: 'two' });
    await roster(pat);
    await roster(one);
    await pat.drain();
    await one.drain();
    await one.send(`<presence to='pat@capulet.lit' type='unsubscribed'/>`);
    await pat.receives(`<presence from='pam@capulet.lit/one' to='pat@capulet.lit' type='unavailable'/>`);
    await pat.receives(`<presence from='pam@capulet.lit/two' to='pat@capulet.lit' type='unavailable'/>`);
    await pat.receives(`<presence from='pam@capulet.lit' to='pat@capulet.lit' type='unsubscribed'/>`);
    await pat.receives(push(`<item jid='pam@capulet.lit' subscription='from'/>`));
    await one.receives(push(`<item jid='pat@capulet.lit' subscription='to'/>`));
    await one.send('<presence/>');
    await one.drain();
    await pat.receivesNothing();
  });

  test('RFC 6121 3.3.2 and 3.3.3: unsubscribe is delivered before the push, and unavailable presence comes back', async () => {
    await subscribe(server, 'rita', 'rob', 'both');
    const rob = await server.login('rob', { resource: 'r' });
    const rita = await server.login('rita', { resource: 'r' });
    await roster(rob);
    await roster(rita);
    await rob.drain();
    await rita.drain();
    await rita.send(`<presence to='${rob.jid}' type='unsubscribe'/>`);
    await rob.receives(`<presence from='rita@capulet.lit' to='rob@capulet.lit' type='unsubscribe'/>`);
    await rob.receives(push(`<item jid='rita@capulet.lit' subscription='to'/>`));
    await rita.receives(push(`<item jid='rob@capulet.lit' subscription='from'/>`));
    await rita.receives(`<presence from='${rob.jid}' to='rita@capulet.lit' type='unavailable'/>`);
    await rita.receivesNothing();
    await rob.receivesNothing();
  });

  test('RFC 6121 3.3.3: unsubscribe takes a request back that was not answered', async () => {
    await server.account('sam');
    const sue = await server.login('sue');
    await sue.send(`<presence to='sam@capulet.lit' type='subscribe'/>`);
    await sue.send(`<presence to='sam@capulet.lit' type='unsubscribe'/>`);
    await sue.receivesNothing();
    const sam = await server.login('sam');
    await sam.receivesNothing();
    assert.deepEqual(itemsOf(await roster(sam)), []);
    assert.deepEqual(itemsOf(await roster(sue)), ['sam@capulet.lit none']);
  });

  test('RFC 6121 A.2.2: unsubscribing from a stranger makes no item', async () => {
    const tim = await server.login('tim');
    await roster(tim);
    await tim.send(`<presence to='tom@capulet.lit' type='unsubscribe'/>`);
    await tim.send(`<presence to='tom@capulet.lit' type='unsubscribed'/>`);
    await tim.receivesNothing();
    assert.deepEqual(itemsOf(await roster(tim)), []);
  });
});

suite('pre-approval', () => {
  test('RFC 6121 3.4: both features are announced after authentication', async () => {
    await server.account('uwe');
    const uwe = server.connect({ secure: true });
    const SUB = '{urn:xmpp:features:pre-approval}sub';
    const VER = '{urn:xmpp:features:rosterver}ver';
    const { features: before } = await uwe.open('capulet.lit');
    assert.deepEqual([before.child(SUB), before.child(VER)], [undefined, undefined]);
    const token = Buffer.from('\0uwe\0secret').toString('base64');
    await uwe.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${token}</auth>`);
    await uwe.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
    const { features } = await uwe.open('capulet.lit');
    assert.ok(features.child(SUB));
    assert.ok(features.child(VER));
  });

  test('RFC 6121 3.4.2: approves the request that comes later, without asking', async () => {
    const val = await server.login('val', { resource: 'r' });
    const viv = await server.login('viv', { resource: 'r' });
    await roster(val);
    await roster(viv);
    await val.send(`<presence to='viv@capulet.lit' type='subscribed'/>`);
    await val.receives(push(`<item jid='viv@capulet.lit' subscription='none' approved='true'/>`));
    await viv.receivesNothing();
    await viv.send(`<presence to='val@capulet.lit' type='subscribe'/>`);
    await viv.receives(push(`<item jid='val@capulet.lit' subscription='none' ask='subscribe'/>`));
    await viv.receives(`<presence from='val@capulet.lit' to='viv@capulet.lit' type='subscribed'/>`);
    await viv.receives(push(`<item jid='val@capulet.lit' subscription='to'/>`));
    await viv.receives(`<presence from='${val.jid}'/>`);
    await val.receives(push(`<item jid='viv@capulet.lit' subscription='from' approved='true'/>`));
    await val.receivesNothing();
  });

  test('RFC 6121 3.4.2: is taken back by unsubscribed, which is not routed', async () => {
    const wim = await server.login('wim');
    const wanda = await server.login('wanda');
    await roster(wim);
    await wim.send(`<presence to='wanda@capulet.lit' type='subscribed'/>`);
    await wim.receives(push(`<item jid='wanda@capulet.lit' approved='true'/>`));
    await wim.send(`<presence to='wanda@capulet.lit' type='unsubscribed'/>`);
    const pushed = await wim.receives(push(`<item jid='wanda@capulet.lit' subscription='none'/>`));
    assert.equal(pushed.firstElement()?.firstElement()?.attr('approved'), undefined);
    await wanda.receivesNothing();
    await wanda.send(`<presence to='wim@capulet.lit' type='subscribe'/>`);
    await wim.receives(`<presence type='subscribe' from='wanda@capulet.lit'/>`);
  });
});
