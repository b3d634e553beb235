/** What is kept of a subscription request: RFC 6121 section 3.1.3. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jid, Stanza } from '#api';
import { REQUEST_BYTES, requestFrom } from '../../../modules/roster/requests.ts';
import { parseXml } from '../../support/xml.ts';

const romeo = jid('romeo@montague.lit');
const juliet = jid('juliet@capulet.lit');
const nick = `<nick xmlns='http://jabber.org/protocol/nick'>Romeo</nick>`;

/** What is kept of a request with these children and attributes. */
function kept(children: string, attributes = '') {
  const element = parseXml(`<presence type='subscribe' to='x@y.z' from='a@b.c/d'${attributes}>${children}</presence>`);
  return parseXml(requestFrom(romeo, new Stanza(element, romeo, juliet)).stanza);
}

suite('a kept subscription request', () => {
  test('is the whole stanza, without the addresses, which are known', () => {
    const element = kept(
      `<status xml:lang='it'>Ciao</status>${nick}<x xmlns='urn:x'><y/></x>`,
      ` id='s1' xml:lang='it'`,
    );
    assert.equal(element.attr('from'), undefined);
    assert.equal(element.attr('to'), undefined);
    assert.equal(element.attr('id'), 's1');
    assert.equal(element.attr('xml:lang'), 'it');
    assert.deepEqual(
      element.elements().map((it) => it.key),
      ['{jabber:client}status', '{http://jabber.org/protocol/nick}nick', '{urn:x}x'],
    );
  });

  test('keeps of a stanza that is too long what fits', () => {
    const element = kept(`<x xmlns='urn:x'>${'x'.repeat(REQUEST_BYTES)}</x><status>Ciao</status>${nick}`);
    assert.deepEqual(
      element.elements().map((it) => it.name),
      ['status', 'nick'],
    );
  });

  test('is never longer than its limit, whatever its attributes, and counted in bytes', () => {
    for (const [children, attributes] of [
      ['', ` id='${'é'.repeat(REQUEST_BYTES)}'`],
      [`<status>${'é'.repeat(REQUEST_BYTES / 2)}</status>`, ''],
      [Array.from({ length: 100 }, (_, i) => `<x xmlns='urn:${i}'/>`).join(''), ''],
    ] as const) {
      const stored = requestFrom(
        romeo,
        new Stanza(parseXml(`<presence type='subscribe'${attributes}>${children}</presence>`), romeo, juliet),
      );
      assert.ok(Buffer.byteLength(stored.stanza) <= REQUEST_BYTES);
      assert.equal(parseXml(stored.stanza).attr('type'), 'subscribe');
    }
  });
});
