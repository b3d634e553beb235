/** Messages that come while the queue is read: none is left behind, whatever comes first. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Delivery } from '../../../modules/offline/delivery.ts';
import type { OfflineQueues } from '../../../modules/offline/queues.ts';
import type { MessageRow } from '../../../modules/offline/store.ts';
import type { Session, Sessions } from '../../../src/contracts/session.ts';
import { jid } from '../../../src/jid/jid.ts';
import { silent } from '../../../src/kernel/log.ts';
import { Slots } from '../../../src/kernel/slot.ts';
import { Stanza, stanza } from '../../../src/xmpp/stanza.ts';

const juliet = jid('juliet@capulet.lit/balcony');
const romeo = jid('romeo@capulet.lit/orchard');

function row(number: number): MessageRow {
  const xml = `<message xmlns='jabber:client' from='${romeo.full}' to='${juliet.bare}'><body>${number}</body></message>`;
  return { number, received_at: 0, stanza: xml };
}

/** A delivery to one session, whose reads of the queue wait for the test. */
function scene() {
  const reads: { readonly handed: number; answer(rows: readonly MessageRow[]): Promise<void> }[] = [];
  const sent: string[] = [];
  const session = {
    jid: juliet,
    account: juliet.bareJid,
    slots: new Slots(),
    presence: stanza('presence', { from: juliet, to: juliet }),
    priority: 0,
    send: (it: Stanza) =>
      sent.push(`${it.element.childText('{jabber:client}body')}${it.xml.includes('<delay') ? ' late' : ''}`),
    isDetached: false,
    arrived: async () => true,
  } as unknown as Session;
  const sessions = { of: () => [session], get: () => session } as unknown as Sessions;
  const queues = {
    next: (_: string, handed: number) =>
      new Promise((resolve) => {
        const answer = async (rows: readonly MessageRow[]): Promise<void> => {
          resolve(rows);
          await new Promise(setImmediate);
        };
        reads.push({ handed, answer });
      }),
  } as unknown as OfflineQueues;
  const { signal } = new AbortController();
  const common = {
    archive: undefined,
    blocking: undefined,
    ledger: undefined,
    log: silent,
    delivered: { inc() {} },
    signal,
  };
  const delivery = new Delivery({ host: jid('capulet.lit'), queues, sessions, ...common });
  const message = new Stanza(stanza('message', { from: romeo, to: juliet.bareJid }).element, romeo, juliet.bareJid);
  return { delivery, session, reads, sent, isBehind: () => delivery.isBehind(message) };
}

suite('a message that is added', () => {
  test('while a read is under way that does not see it: the queue is read again', async () => {
    const { delivery, session, reads, sent, isBehind } = scene();
    delivery.showed(session);
    assert.equal(isBehind(), true);
    delivery.added(juliet.bareJid, 7);
    await reads[0]?.answer([]);
    assert.equal(reads.length, 2);
    assert.equal(isBehind(), true);
    await reads[1]?.answer([row(7)]);
    assert.equal(reads[2]?.handed, 7);
    await reads[2]?.answer([]);
    assert.deepEqual(sent, ['7']);
    assert.equal(isBehind(), false);
  });

  test('just after the last read: it is fetched, and what comes meanwhile queues behind it', async () => {
    const { delivery, session, reads, sent, isBehind } = scene();
    delivery.showed(session);
    await reads[0]?.answer([]);
    assert.equal(isBehind(), false);
    delivery.added(juliet.bareJid, 1);
    assert.equal(isBehind(), true);
    await reads[1]?.answer([row(1)]);
    await reads[2]?.answer([]);
    assert.deepEqual(sent, ['1']);
    assert.equal(isBehind(), false);
  });

  test('XEP-0203 2: what came before anybody was there has a delay, what came then has none', async () => {
    const { delivery, session, reads, sent } = scene();
    delivery.showed(session);
    delivery.added(juliet.bareJid, 3);
    delivery.added(juliet.bareJid, 4);
    await reads[0]?.answer([row(2), row(3), row(4)]);
    await reads[1]?.answer([]);
    assert.deepEqual(sent, ['2 late', '3', '4']);
  });

  test('for an account whose session went below zero stays in the queue', async () => {
    const { delivery, session, reads, isBehind } = scene();
    session.priority = -1;
    delivery.showed(session);
    delivery.added(juliet.bareJid, 1);
    assert.equal(reads.length, 0);
    assert.equal(isBehind(), false, 'nobody takes it: it is the router’s to say so');
  });
});

test('the presence that brings the messages does not wait for them', async () => {
  const { delivery, session, reads, sent } = scene();
  assert.equal(delivery.showed(session), undefined);
  await reads[0]?.answer([row(1)]);
  assert.deepEqual(sent, ['1 late']);
  await reads[1]?.answer([row(2)]);
  assert.deepEqual(sent, ['1 late', '2 late']);
});
