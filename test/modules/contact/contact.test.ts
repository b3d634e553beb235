/** XEP-0157: contact addresses of the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isContactUri, options } from '../../../modules/contact/options.ts';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley } from '../../support/parley.ts';

const INFO = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;
const FORM_TYPE = 'http://jabber.org/network/serverinfo';

test('XEP-0157 3: the addresses are in a form of the disco#info of the host, those that there are', async (t) => {
  const server = await startParley({
    modules: {
      contact: {
        abuse: ['mailto:abuse@shakespeare.lit', 'xmpp:abuse@shakespeare.lit'],
        status: ['https://status.shakespeare.lit'],
      },
    },
  });
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { available: false });
  const answer = await juliet.iq('get', INFO, 'capulet.lit');
  const expected = `<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>
    <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>${FORM_TYPE}</value></field>
    <field var='abuse-addresses'><value>mailto:abuse@shakespeare.lit</value><value>xmpp:abuse@shakespeare.lit</value></field>
    <field var='status-addresses'><value>https://status.shakespeare.lit</value></field></x></query></iq>`;
  const difference = mismatch(answer, pattern(expected));
  assert.equal(difference, undefined, difference);
  assert.ok(!answer.toString().includes('sales-addresses'));
});

test('without addresses there is no form', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { available: false });
  assert.ok(!(await juliet.iq('get', INFO, 'capulet.lit')).toString().includes(FORM_TYPE));
});

test('XEP-0157 3: addresses are URIs that lead somewhere', () => {
  for (const good of [
    'mailto:abuse@shakespeare.lit',
    'mailto:abuse@shakespeare.lit?subject=spam',
    'xmpp:admins@shakespeare.lit?message',
    'xmpp:support%2eteam@shakespeare.lit',
    'xmpp:help.shakespeare.lit',
    'https://status.shakespeare.lit',
    'http://shakespeare.lit/feedback.php',
  ]) {
    assert.equal(isContactUri(good), true, good);
  }
  for (const bad of [
    'abuse@shakespeare.lit',
    'mailto:abuse',
    'mailto:@shakespeare.lit',
    'mailto:a@b.lit, c@d.lit',
    'xmpp:',
    'xmpp:@shakespeare.lit',
    'xmpp:support%20team@shakespeare.lit',
    'xmpp:a%ff@shakespeare.lit',
    'https:shakespeare.lit',
    'https://',
    'https://a b',
    'javascript:alert(1)',
    'MAILTO:a@b.lit ',
    '',
  ]) {
    assert.equal(isContactUri(bad), false, bad);
  }
});

test('a wrong address stops the configuration', () => {
  assert.equal(options.safeParse({ abuse: ['abuse@shakespeare.lit'] }).success, false);
  assert.equal(options.safeParse({ abuse: 'mailto:abuse@shakespeare.lit' }).success, false);
  assert.deepEqual(options.parse({}).abuse, []);
});
