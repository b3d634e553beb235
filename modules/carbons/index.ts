/** XEP-0280: what one device sends or gets is copied to the user's other devices. */
import {
  bindInline,
  clark,
  defineModule,
  Element,
  el,
  forward,
  inbound,
  iq,
  type Jid,
  NS,
  on,
  outbound,
  type Passage,
  type Session,
  Sessions,
  Stanza,
  slot,
  z,
} from '#api';
import { CARBONS, isEligible } from './eligible.ts';

const ENABLE = clark(CARBONS, 'enable');
const DISABLE = clark(CARBONS, 'disable');
/** Messages of a session whose errors its other devices are told of as well; the oldest are forgotten. */
const REMEMBERED = 64;

const enabled = slot<boolean>('carbons.enabled');
const copied = slot<string[]>('carbons.copied');

export default defineModule({
  name: 'carbons',
  summary: 'Copies messages to all devices of their sender and recipient',
  xeps: [{ number: 280, version: '1.0.1' }],
  config: z.strictObject({}),
  requires: { sessions: Sessions },
  disco: { host: [CARBONS, 'urn:xmpp:carbons:rules:0'], account: [] },
  metrics: { copies: 'Copies that were sent' },

  setup({ services: { sessions }, metrics }) {
    /** Copies to those sessions of the account that want copies and do not have the message by themselves. */
    function copy(
      account: Jid,
      kind: 'sent' | 'received',
      { stanza, stanzaId, ledger }: Passage,
      has: (session: Session) => boolean,
    ): boolean {
      let carbon: Stanza | undefined;
      for (const session of sessions.of(account.bare)) {
        if (session.slots.get(enabled) !== true || has(session)) continue;
        carbon ??= wrap(account, kind, kind === 'sent' ? stamped(stanza, account, stanzaId) : stanza);
        if (kind === 'received') (stanza.copies ??= []).push(session);
        ledger?.note('copied', stanza, session.jid, kind);
        session.sendTo(carbon, session.jid.full);
        metrics.copies.inc();
      }
      return carbon !== undefined;
    }

    function sent(passage: Passage): void {
      const { stanza, origin } = passage;
      if (stanza.kind !== 'message' || origin === undefined) return;
      // What one sends to oneself reaches every device as what is received; twice would be once too often.
      if (stanza.to.bare === stanza.from.bare) return;
      if (sessions.of(stanza.from.bare).length < 2 || !isEligible(stanza, 'sent', stanza.to.resource !== '')) return;
      const wasCopied = copy(stanza.from.bareJid, 'sent', passage, (it) => it === origin);
      if (wasCopied && stanza.id !== undefined) remember(origin, stanza);
    }

    function received(passage: Passage): void {
      const { stanza, origin } = passage;
      if (stanza.kind !== 'message') return;
      const all = sessions.of(stanza.to.bare);
      if (all.length < 2) return;
      const target = stanza.to.resource === '' ? undefined : sessions.get(stanza.to);
      if (stanza.type === 'error') {
        // Section 6.1: an error goes where the message went that it answers.
        if (target !== undefined && answersCopied(target, stanza))
          copy(stanza.to.bareJid, 'received', passage, (it) => it === target);
        return;
      }
      if (!isEligible(stanza, 'received', stanza.from.resource !== '')) return;
      // A message that is not a chat and whose resource is gone is delivered to nobody (RFC 6121 section 8.5.3.2.1).
      if (stanza.to.resource !== '' && target === undefined && stanza.type !== 'chat') return;
      // Nobody takes it: it waits, and whoever comes first would get it twice.
      if (target === undefined && !all.some(takesMessages)) return;
      copy(
        stanza.to.bareJid,
        'received',
        passage,
        (it) => it === origin || (target === undefined ? takesMessages(it) : it === target),
      );
    }

    return {
      hooks: [on(inbound, 'guard', dropForged), on(outbound, 'copy', sent), on(inbound, 'copy', received)],
      iq: [
        iq('set', ENABLE, 'self', ({ session }) => session?.slots.set(enabled, true)),
        iq('set', DISABLE, 'self', ({ session }) => session?.slots.set(enabled, undefined)),
      ],
      bindInline: [
        bindInline(CARBONS, ENABLE, (session) => {
          session.slots.set(enabled, true);
          return undefined;
        }),
      ],
    };
  },
});

/** RFC 6121 section 8.5.2.1.1: who gets a message to the account without any copy. */
function takesMessages(session: Session): boolean {
  return session.presence !== undefined && session.priority >= 0;
}

/** Section 11 and CVE-2017-5589: only the server makes copies, and it does not make them by this way. */
function dropForged(passage: Passage): void {
  const { stanza } = passage;
  if (stanza.kind !== 'message') return;
  for (const child of stanza.element.children) {
    if (typeof child === 'string' || child.ns !== CARBONS || child.name === 'private') continue;
    const isForged = (it: Element | string): boolean =>
      typeof it !== 'string' && it.ns === CARBONS && it.name !== 'private';
    passage.stanza = stanza.replace(stanza.element.filter((it) => !isForged(it)));
    return;
  }
}

/** Sections 7 and 8: the wrapping message is from the account, and of the same type. */
function wrap(account: Jid, kind: 'sent' | 'received', stanza: Stanza): Stanza {
  const type = stanza.type === '' ? [] : ['type', stanza.type];
  const carbon = new Stanza(
    new Element(NS.client, 'message', type, [el(CARBONS, kind, null, forward(stanza))]),
    account,
    account,
  );
  if (kind === 'received') carbon.original = stanza;
  // The device that it is for can have it from the archive; nobody else waits for it.
  carbon.kept = true;
  carbon.trace = stanza.trace;
  return carbon;
}

/** XEP-0313 section 3.5: what one has sent has the id of one's archive in a copy, and nowhere else. */
function stamped(stanza: Stanza, account: Jid, id: string | undefined): Stanza {
  if (id === undefined) return stanza;
  return stanza.replace(stanza.element.append(el(NS.stanzaId, 'stanza-id', { by: account.bare, id })));
}

function keyOf(id: string, peer: Jid): string {
  return `${id} ${peer.full}`;
}

function remember(session: Session, { id, to }: Stanza): void {
  const list = session.slots.get(copied) ?? [];
  list.push(keyOf(id as string, to));
  if (list.length > REMEMBERED) list.shift();
  session.slots.set(copied, list);
}

function answersCopied(session: Session, { id, from }: Stanza): boolean {
  return id !== undefined && (session.slots.get(copied)?.includes(keyOf(id, from)) ?? false);
}
