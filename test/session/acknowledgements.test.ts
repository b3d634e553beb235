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
  return { stanza: message, xml: message.xml, at: 0, moment: 0 };
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

  test('section 6: before the counter has wrapped, more than was sent is no older number either', () => {
    const acks = filled('a', 'b');
    acks.acknowledge(2);
    for (const h of [3, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1]) assert.equal(acks.acknowledge(h), false, String(h));
    assert.equal(acks.acknowledge(0), true);
  });

  test('the queue is bounded in bytes, and in what comes while the client is away', () => {
    const acks = filled('1', '2', '3', '4', '5', '6', '7');
    assert.deepEqual([acks.exceeds(true), acks.exceeds(false)], [true, false]);
    acks.leave();
    for (const body of ['8', '9', '10', '11', '12']) acks.push(entry(body));
    assert.equal(acks.exceeds(true), false);
    acks.push(entry('13'));
    assert.deepEqual([acks.exceeds(true), acks.exceeds(false)], [true, false]);
  });

  test('room in bytes comes back with acknowledgements', () => {
    const long = new Acknowledgements(LIMITS);
    long.push(entry('x'.repeat(9_000)));
    assert.equal(long.exceeds(false), false);
    long.push(entry('x'.repeat(9_000)));
    assert.equal(long.exceeds(false), true);
    long.acknowledge(1);
    assert.equal(long.exceeds(false), false);
  });

  test('both counters wrap after 2^32 - 1', () => {
    const acks = new Acknowledgements(LIMITS, { handled: 2 ** 32 - 1, sent: 2 ** 32 - 2 });
    acks.countHandled();
    assert.equal(acks.handled, 0);
    for (const body of ['a', 'b', 'c', 'd']) acks.push(entry(body));
    assert.equal(acks.sent, 2);
    assert.equal(acks.acknowledge(3), false);
    assert.equal(acks.acknowledge(2 ** 32 - 1), true);
    assert.deepEqual(bodies(acks), ['b', 'c', 'd']);
    assert.equal(acks.acknowledge(1), true);
    assert.deepEqual(bodies(acks), ['d']);
    assert.equal(acks.acknowledge(2 ** 32 - 5), true, 'an older one');
    assert.equal(acks.acknowledge(2), true);
    assert.equal(acks.length, 0);
  });

  test('what waits is found by its place among all that were sent', () => {
    const acks = filled('a', 'b', 'c');
    acks.acknowledge(1);
    assert.equal(acks.first, 1);
    assert.deepEqual(
      [0, 1, 2, 3].map((place) => acks.at(place)?.stanza.element.childText('{jabber:client}body')),
      [undefined, 'b', 'c', undefined],
    );
  });

  test('h is an unsigned integer of 32 bits', () => {
    assert.equal(parseCounter('0'), 0);
    assert.equal(parseCounter('4294967295'), 4294967295);
    for (const bad of [undefined, '', '-1', '1.5', '4294967296', '99999999999', ' 1', '0x10']) {
      assert.equal(parseCounter(bad), undefined);
    }
  });
});
