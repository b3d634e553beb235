/** XEP-0198 sections 5 and 7: to its contacts a session that waits is there. Roster and presence need no second telling. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { acknowledge, back, device, isQuiet, nextStanza, REQUEST, turn } from './devices.ts';

const server = await startParley({
  only: ['accounts', 'offline', 'ping', 'presence', 'roster'],
  settings: { pingIntervalMs: 86_400_000, authTimeoutMs: 86_400_000 },
});
after(() => server.stop());

let names = 0;
/** Juliet's phone, and Romeo, who sees her presence. */
async function friends() {
  const [local, other] = [`juliet${++names}`, `romeo${names}`];
  const romeo = await server.login(other);
  await server.account(local);
  await server.command('roster add', {
    jid: `${local}@capulet.lit`,
    contact: `${other}@capulet.lit`,
    subscription: 'from',
  });
  await romeo.drain();
  const phone = await device(server, local, 'phone');
  await romeo.drain();
  return { local, romeo, phone, jid: phone.client.jid };
}

suite('XEP-0198 5 and 7: presence of a session that waits', () => {
  test('contacts notice neither the loss nor the return', async () => {
    const { romeo, phone, jid } = await friends();
    await phone.client.cut();
    await romeo.receivesNothing();
    await romeo.send(`<presence to='${jid}' type='probe'/>`);
    await romeo.receives(`<presence from='${jid}'/>`);
    const next = await back(server, phone, { h: 1, handled: 1 });
    await isQuiet(next, 1);
    await romeo.receivesNothing();
  });

  test('they are told when it is given up', async () => {
    const { romeo, phone, jid } = await friends();
    await phone.client.cut();
    server.clock.advance(601_000);
    await turn();
    await romeo.receives(`<presence from='${jid}' type='unavailable'/>`);
    await romeo.receivesNothing();
  });

  test('they are told at once when the stream is closed in peace', async () => {
    const { romeo, phone, jid } = await friends();
    await phone.client.close();
    await romeo.receives(`<presence from='${jid}' type='unavailable'/>`);
  });

  test('a client may leave with whatever presence it wants', async () => {
    const { romeo, phone, jid } = await friends();
    await phone.client.send('<presence><show>away</show></presence>');
    await phone.client.cut();
    await romeo.receives(`<presence from='${jid}'><show>away</show></presence>`);
    const next = await back(server, phone, { h: 1, handled: 2 });
    await next.receives(`<presence from='${jid}'><show>away</show></presence>`);
  });

  test('what contacts show meanwhile, and changes of the roster, come when it is back', async () => {
    const { local, romeo, phone } = await friends();
    await phone.client.send(`<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`);
    await phone.client.receives(`<iq type='result' id='r'/>`);
    await phone.client.receives(REQUEST);
    await phone.client.send(acknowledge(2));
    await phone.client.cut();
    await server.command('roster add', { jid: `${local}@capulet.lit`, contact: 'nurse@capulet.lit', name: 'Nurse' });
    await romeo.send(`<presence to='${local}@capulet.lit'><status>directed</status></presence>`);
    await romeo.receivesNothing();
    const next = await back(server, phone, { h: 2, handled: 2 });
    const push = await nextStanza(next);
    assert.match(push.toString(), /^<iq .*type='set'.*<query .*jid='nurse@capulet\.lit'/);
    const presence = await nextStanza(next);
    assert.match(presence.toString(), /^<presence .*<status>directed<\/status>/);
  });
});
