/** What becomes of the sessions of accounts that are removed or locked. */
import { test } from 'node:test';
import { startParley } from '../../support/parley.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const NOT_AUTHORIZED = `<error xmlns='http://etherx.jabber.org/streams'>
  <not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>`;

function plain(local: string, password: string): string {
  const data = Buffer.from(`\0${local}\0${password}`).toString('base64');
  return `<auth xmlns='${SASL}' mechanism='PLAIN'>${data}</auth>`;
}

test('XEP-0077 3.2: removing an account ends all its sessions with not-authorized', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const balcony = await server.login('juliet', { resource: 'balcony', available: false });
  const chamber = await server.login('juliet', { resource: 'chamber', available: false });
  const romeo = await server.login('romeo', { available: false });
  await server.command('user delete', { jid: 'juliet@capulet.lit' });
  await balcony.receives(NOT_AUTHORIZED);
  await chamber.receives(NOT_AUTHORIZED);
  await romeo.receivesNothing();
});

test('RFC 6120 6.5.1: a locked account loses its sessions and cannot log in until it is unlocked', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { available: false });
  await server.command('user lock', { jid: 'juliet@capulet.lit' });
  await juliet.receives(NOT_AUTHORIZED);

  const again = server.connect();
  await again.open('capulet.lit');
  await again.send(plain('juliet', 'secret'));
  await again.receives(`<failure xmlns='${SASL}'><account-disabled/></failure>`);

  await server.command('user unlock', { jid: 'juliet@capulet.lit' });
  await again.send(plain('juliet', 'secret'));
  await again.receives(`<success xmlns='${SASL}'/>`);
});

test('a login that was under way when its account was removed does not outlive it', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  await server.account('juliet');
  const juliet = server.connect();
  await juliet.open('capulet.lit');
  await juliet.send(plain('juliet', 'secret'));
  await juliet.receives(`<success xmlns='${SASL}'/>`);
  await juliet.open('capulet.lit');
  await server.command('user delete', { jid: 'juliet@capulet.lit' });
  await juliet.send(`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`);
  await juliet.receives(`<iq type='result' id='b'/>`);
  await juliet.receives(NOT_AUTHORIZED);

  await server.login('juliet', { available: false });
});
