/** XEP-0297: stanzas within others. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jid } from '../../src/jid/jid.ts';
import { delay } from '../../src/xmpp/delay.ts';
import { forward, forwardText, readForwarded } from '../../src/xmpp/forward.ts';
import { Stanza } from '../../src/xmpp/stanza.ts';
import { parseXml } from '../support/xml.ts';

const sent = new Stanza(
  parseXml(
    `<message type='chat' id='0202197'><body>Yet &amp; still</body><mood xmlns='urn:mood'><kind/></mood></message>`,
  ),
  jid('juliet@capulet.lit/orchard'),
  jid('romeo@montague.lit'),
);
const late = delay(jid('montague.lit'), Date.UTC(2010, 6, 10, 23, 8, 25));
const STAMP = `<delay xmlns='urn:xmpp:delay' from='montague.lit' stamp='2010-07-10T23:08:25.000Z'/>`;
const INNER = `<body>Yet &amp; still</body><mood xmlns='urn:mood'><kind/></mood>`;

suite('forwarding', () => {
  test('XEP-0297 3.2 rules 2 and 3: a forward has a delay, and the stanza its namespace and its true addresses', () => {
    assert.equal(
      forward(sent, late).toString(),
      `<forwarded xmlns='urn:xmpp:forward:0'>${STAMP}<message xmlns='jabber:client' type='chat' id='0202197' from='juliet@capulet.lit/orchard' to='romeo@montague.lit'>${INNER}</message></forwarded>`,
    );
  });

  test('a stanza that is text is forwarded as it is', () => {
    const text = forwardText(sent.xml, late).toString();
    assert.equal(
      text,
      `<forwarded xmlns='urn:xmpp:forward:0'>${STAMP}<message xmlns='jabber:client' from='juliet@capulet.lit/orchard' to='romeo@montague.lit' type='chat' id='0202197'>${INNER}</message></forwarded>`,
    );
    assert.ok(!forwardText(sent.xml).toString().includes('delay'));
  });

  test('both are read alike, and empty stanzas too', () => {
    for (const element of [forward(sent, late), forwardText(sent.xml, late)]) {
      const read = readForwarded(parseXml(element.toString()));
      assert.equal(read?.stanza.attr('from'), 'juliet@capulet.lit/orchard');
      assert.equal(read?.stanza.innerXml(), INNER);
      assert.equal(read?.delayedMs, Date.UTC(2010, 6, 10, 23, 8, 25));
    }
    const empty = new Stanza(parseXml('<presence/>'), sent.from, sent.to);
    assert.equal(readForwarded(parseXml(forwardText(empty.xml).toString()))?.stanza.name, 'presence');
  });

  test('what is no forward, or holds no stanza, is not read as one', () => {
    assert.equal(readForwarded(parseXml(`<message><body/></message>`)), undefined);
    assert.equal(readForwarded(parseXml(`<forwarded xmlns='urn:xmpp:forward:0'>${STAMP}</forwarded>`)), undefined);
    assert.equal(readForwarded(parseXml(`<forwarded xmlns='urn:xmpp:forward:0'><message/></forwarded>`)), undefined);
  });
});
