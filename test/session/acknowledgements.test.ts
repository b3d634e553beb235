/** XEP-0198 section 4: counters and the queue of what is not acknowledged. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jid } from '../../src/jid/jid.ts';
import { Acknowledgements, parseCounter } from '../../src/session/acknowledgements.ts';
import { el } from '../../src/xml/element.ts';
import { NS } from '../../src/xmpp/ns.ts';
import { stanza } from '../../src/xmpp/stanza.ts';

const LIMITS = { stanzas: 5, bytes: 10_000 };
const head = { from: jid('romeo@montague.lit'), to: jid('juliet@capulet.lit') };

function entry(body: string) {
  const message = stanza('message', head, el(NS.client, 'body', null, body));
  return { stanza: message, xml: message.xml, at: 0 };
}
function filled(...bodies: string[]): Acknowledgements {
  const acks = new Acknowledgements(LIMITS);
  for (const body of bodies) acks.push(entry(body));
  return acks;
}
const bodies = (acks: Acknowledgements): string[] =>
  [...acks.pending()].map((it) => it.stanza.element.childText('{jabber:client}body') as string);

suite('XEP-0198 section 4', () => {
  test('an acknowledgement releases what it covers, and keeps the rest in order', () => {
    const acks = filled('a', 'b', 'c');
    assert.equal(acks.acknowledge(2), true);
    assert.deepEqual(bodies(acks), ['c']);
    assert.equal(acks.acknowledge(3), true);
    assert.equal(acks.length, 0);
  });

  test('the same or an older acknowledgement changes nothing', () => {
    const acks = filled('a', 'b', 'c');
    acks.acknowledge(2);
    assert.equal(acks.acknowledge(2), true);
    assert.equal(acks.acknowledge(1), true);
    assert.equal(acks.acknowledge(0), true);
    assert.deepEqual(bodies(acks), ['c']);
  });

  test('section 6: more than was sent is refused', () => {
    const acks = filled('a', 'b');
    assert.equal(acks.acknowledge(3), false);
    assert.equal(acks.acknowledge(2 ** 31 - 1), false);
    assert.deepEqual(bodies(acks), ['a', 'b']);
  });

  test('the queue is bounded in stanzas and in bytes, and room comes back', () => {
    const acks = filled('1', '2', '3', '4', '5');
    assert.equal(acks.push(entry('6')), false);
    acks.acknowledge(1);
    assert.equal(acks.push(entry('6')), true);
    const long = new Acknowledgements(LIMITS);
    assert.equal(long.push(entry('x'.repeat(9_000))), true);
    assert.equal(long.push(entry('x'.repeat(9_000))), false);
    long.acknowledge(1);
    assert.equal(long.push(entry('x'.repeat(9_000))), true);
  });

  test('the counter wraps after 2^32 - 1', () => {
    const acks = new Acknowledgements(LIMITS);
    acks.handled = 2 ** 32 - 1;
    acks.countHandled();
    assert.equal(acks.handled, 0);
  });

  test('h is an unsigned integer of 32 bits', () => {
    assert.equal(parseCounter('0'), 0);
    assert.equal(parseCounter('4294967295'), 4294967295);
    for (const bad of [undefined, '', '-1', '1.5', '4294967296', '99999999999', ' 1', '0x10']) {
      assert.equal(parseCounter(bad), undefined);
    }
  });
});
