/** Which messages are worth keeping, clause by clause. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Keeping, keeping } from '../../src/xmpp/keeping.ts';
import { parseXml } from '../support/xml.ts';

const BODY = '<body>But soft!</body>';
const ACTIVE = `<active xmlns='http://jabber.org/protocol/chatstates'/>`;
const REQUEST = `<request xmlns='urn:xmpp:receipts'/>`;
const ORIGIN = `<origin-id xmlns='urn:xmpp:sid:0' id='de305d54'/>`;

const hint = (name: string): string => `<${name} xmlns='urn:xmpp:hints'/>`;
const state = (name: string): string => `<${name} xmlns='http://jabber.org/protocol/chatstates'/>`;

function worth(type: string, children: string): Keeping {
  return keeping(type, parseXml(`<message type='${type}'>${children}</message>`));
}

type Row = readonly [rule: string, type: string, children: string, Keeping];

function table(name: string, rows: readonly Row[]): void {
  suite(name, () => {
    for (const [rule, type, children, expected] of rows) {
      test(`${rule}: ${expected}`, () => assert.equal(worth(type, children), expected));
    }
  });
}

table('by type', [
  ['XEP-0160 3: a normal message', 'normal', BODY, 'lasting'],
  ['XEP-0160 3: a message without type', '', BODY, 'lasting'],
  ['XEP-0160 3: a chat message', 'chat', BODY, 'lasting'],
  ['RFC 6121 5.2.2: a type that nobody knows is normal', 'gossip', BODY, 'lasting'],
  ['XEP-0160 3: a groupchat message', 'groupchat', BODY, 'none'],
  ['a groupchat message is kept by its room, whatever it wishes', 'groupchat', BODY + hint('store'), 'none'],
  ['XEP-0160 3: a headline', 'headline', BODY, 'none'],
  ['XEP-0160 3: an error', 'error', BODY, 'none'],
]);

table('by content', [
  ['XEP-0313 6.1.1: a body', 'chat', BODY, 'lasting'],
  ['a body in a language and one without', 'chat', `<body/><body xml:lang='de'>Doch still!</body>`, 'lasting'],
  ['a subject without a body', 'normal', '<subject>Banns</subject>', 'lasting'],
  ['an empty body', 'chat', '<body/>', 'none'],
  ['an empty body and an empty subject', 'normal', '<subject/><body></body>', 'none'],
  ['white space is text', 'chat', '<body> </body>', 'lasting'],
  ['no child at all', 'normal', '', 'none'],
  ['text that is no child of anything', 'normal', 'But soft!', 'none'],
  ['XEP-0184 7: an ack message', 'chat', `<received xmlns='urn:xmpp:receipts' id='1'/>`, 'lasting'],
  ['XEP-0184 7: a request for a receipt alone', 'chat', REQUEST, 'none'],
  ['XEP-0333 4.2: a displayed marker', 'chat', `<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>`, 'lasting'],
  ['XEP-0333 4.1: a request for a marker alone', 'chat', `<markable xmlns='urn:xmpp:chat-markers:0'/>`, 'none'],
  ['XEP-0384: an encrypted payload', 'chat', `<encrypted xmlns='eu.siacs.conversations.axolotl'/>`, 'lasting'],
  ['what encryption it is, without a payload', 'chat', `<encryption xmlns='urn:xmpp:eme:0' namespace='x'/>`, 'none'],
  ['an extension that nobody knows', 'chat', `<x xmlns='urn:example:unknown'/>`, 'lasting'],
  [
    'XEP-0045 7.8.2: a mediated invitation',
    'normal',
    `<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b.example'/></x>`,
    'lasting',
  ],
  ['XEP-0045 7.5: the mark of private messages', 'chat', `<x xmlns='http://jabber.org/protocol/muc#user'/>`, 'none'],
  [
    'XEP-0060: a notification waits, and its node keeps what it is about',
    'normal',
    `<event xmlns='http://jabber.org/protocol/pubsub#event'/>`,
    'passing',
  ],
  [
    'a notification with a body is a message like others',
    'normal',
    `${BODY}<event xmlns='http://jabber.org/protocol/pubsub#event'/>`,
    'lasting',
  ],
  ['ids and delays are worth nothing', 'chat', `${ORIGIN}<delay xmlns='urn:xmpp:delay' stamp='x'/>`, 'none'],
  ['ids take nothing from a body', 'chat', ORIGIN + BODY, 'lasting'],
]);

table('chat states', [
  ...['active', 'composing', 'paused', 'inactive', 'gone'].map(
    (it): Row => [`XEP-0085 5.8: a standalone ${it}`, 'chat', state(it), 'momentary'],
  ),
  ['XEP-0085 5.7: a chat state with its thread', 'chat', `<thread>t</thread>${state('paused')}`, 'momentary'],
  ['XEP-0160 3: a chat state in a normal message', 'normal', ACTIVE, 'momentary'],
  ['a chat state with an id and a request', 'chat', ACTIVE + ORIGIN + REQUEST, 'momentary'],
  ['a chat state with an empty body', 'chat', `${ACTIVE}<body/>`, 'momentary'],
  [
    'a chat state in a private message of a room',
    'chat',
    `${ACTIVE}<x xmlns='http://jabber.org/protocol/muc#user'/>`,
    'momentary',
  ],
  ['XEP-0022: an event of the older kind', 'chat', `<x xmlns='jabber:x:event'><composing/></x>`, 'momentary'],
  ['XEP-0301: text in real time', 'chat', `<rtt xmlns='urn:xmpp:rtt:0' seq='1'/>`, 'momentary'],
  ['XEP-0160 3: a chat state beside a body', 'chat', BODY + ACTIVE, 'lasting'],
  ['a chat state in an error', 'error', ACTIVE, 'none'],
]);

table('hints', [
  ['XEP-0334 4.2: no-store', 'chat', BODY + hint('no-store'), 'none'],
  ['XEP-0334 4.2: no-store before the body', 'chat', hint('no-store') + BODY, 'none'],
  ['XEP-0334 4.2: no-store with a chat state alone', 'chat', ACTIVE + hint('no-store'), 'momentary'],
  ['XEP-0334 4.1: no-permanent-store', 'chat', BODY + hint('no-permanent-store'), 'passing'],
  ['XEP-0334 4.4: store, without content', 'chat', hint('store'), 'lasting'],
  ['XEP-0334 4.4: store, with a chat state alone', 'chat', ACTIVE + hint('store'), 'lasting'],
  ['XEP-0334 4.4: store, in a headline', 'headline', BODY + hint('store'), 'lasting'],
  ['XEP-0334 4.4: store, in an error', 'error', BODY + hint('store'), 'none'],
  ['XEP-0334 5: no-store in an error is not looked at', 'error', BODY + hint('no-store'), 'none'],
  ['XEP-0334 4.3: no-copy is about something else', 'chat', BODY + hint('no-copy'), 'lasting'],
  ['XEP-0334 4.3: no-copy is no content', 'chat', hint('no-copy'), 'none'],
  ['store and no-store: the more discreet', 'chat', BODY + hint('store') + hint('no-store'), 'none'],
  ['store and no-permanent-store: the more discreet', 'chat', hint('store') + hint('no-permanent-store'), 'passing'],
  ['a hint of another namespace is content', 'chat', `<no-store xmlns='urn:example:hints'/>`, 'lasting'],
]);
