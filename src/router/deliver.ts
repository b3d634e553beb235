/** Message delivery to the resources of a local account: RFC 6121 section 8.5. */
import { type Passage, undeliverable } from '../contracts/routing.ts';
import type { LocalHost } from '../session/local-host.ts';
import type { ClientSession } from '../session/session.ts';
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import { refusals, type StanzaError } from '../xmpp/stanza-error.ts';

/** What became of a message: nothing more to do, or an error for its sender. */
type Delivery = Awaitable<StanzaError | undefined>;

/** The account exists. `to` is full or bare. */
export function deliverMessage(host: LocalHost, passage: Passage): Delivery {
  const { to, type } = passage.stanza;
  if (to.resource !== '') {
    const session = host.sessions.get(to);
    // 8.5.3.1: a matching resource gets it, whatever its type and whatever its presence.
    if (session !== undefined) return handAll(host, session, passage);
    return noSuchResource(host, passage);
  }
  switch (type) {
    case 'groupchat':
      return refusals.serviceUnavailable; // 8.5.2.1.1
    case 'error':
      return undefined; // 8.5.2.1.1: silently ignored
    case 'headline': {
      const outcome = toEach(host.sessions.of(to.bare), passage); // 8.5.2.1.1
      return outcome === false ? drop(passage, 'nobody is there') : outcome; // 8.5.2.2.1
    }
    default:
      return deliverToAccount(host, passage);
  }
}

/** To a device, and to others of the account that the sender knows of. Should delivery to one fail, the others have it. */
function handAll(host: LocalHost, session: ClientSession, passage: Passage): Delivery {
  const { stanza, others } = passage;
  for (const it of others) {
    const other = host.sessions.get(it);
    if (other === undefined) continue;
    (stanza.copies ??= []).push(other);
    other.sendTo(stanza, it.full);
  }
  return hand(session, passage);
}

/** 8.5.3.2.1: there is no such resource. A chat goes to the account, other messages are not for anybody else. */
function noSuchResource(host: LocalHost, passage: Passage): Delivery {
  switch (passage.stanza.type) {
    case 'chat':
      return deliverToAccount(host, passage);
    case 'error':
    case 'headline':
      return drop(passage, 'there is no such resource');
    default:
      return refusals.serviceUnavailable;
  }
}

/** 8.5.2.1.1 for `normal` and `chat`: every resource with a non-negative priority, else offline storage or an error. */
export function deliverToAccount(host: LocalHost, passage: Passage): Delivery {
  const sessions = host.sessions.of(passage.stanza.to.bare);
  if (sessions.length === 1) {
    const only = sessions[0] as ClientSession;
    return only.takesMessages ? hand(only, passage) : withNobody(host, passage);
  }
  const outcome = toEach(sessions, passage);
  return outcome === false ? withNobody(host, passage) : outcome;
}

/** To every resource that takes messages; false when there is none. A promise waits for all of them that are behind. */
function toEach(sessions: readonly ClientSession[], passage: Passage): Awaitable<undefined> | false {
  let taken = false;
  let waiting: Promise<undefined> | undefined;
  for (const session of sessions) {
    if (!session.takesMessages) continue;
    taken = true;
    const outcome = hand(session, passage);
    if (outcome !== undefined) waiting = waiting === undefined ? outcome : waiting.then(() => outcome);
  }
  return taken ? waiting : false;
}

/** Nobody gets the message, and its sender is not told. */
export function drop({ stanza, ledger }: Passage, why: string): undefined {
  ledger?.note('dropped', stanza, stanza.to, why);
}

function withNobody(host: LocalHost, passage: Passage): Delivery {
  const { stanza, ledger } = passage;
  const isAway = host.sessions.of(stanza.to.bare).length === 0;
  ledger?.note('untaken', stanza, stanza.to.bareJid, isAway ? 'nobody is online' : 'no device takes messages');
  const verdict = host.parts.hooks.run(undeliverable, passage);
  return isPromise(verdict) ? verdict.then(settle) : settle(verdict);
}

function settle(verdict: StanzaError | 'handled' | undefined): StanzaError | undefined {
  if (verdict === 'handled') return undefined;
  return verdict ?? refusals.serviceUnavailable; // 8.5.2.2.1
}

/** Hands a stanza to one session; when that session is behind, its sender waits, and nobody else. */
export function hand(session: ClientSession, passage: Passage): Awaitable<undefined> {
  session.send(passage.stanza);
  if (!session.congested || passage.origin === undefined || passage.origin === session) return undefined;
  return session.drained().then(() => undefined);
}
