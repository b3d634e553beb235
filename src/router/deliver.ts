/** Message delivery to the resources of a local account: RFC 6121 section 8.5. */
import { undeliverable, type Passage } from '../contracts/routing.ts';
import type { LocalHost } from '../session/local-host.ts';
import type { ClientSession } from '../session/session.ts';
import { isPromise, type Awaitable } from '../util/awaitable.ts';
import { refusals, type StanzaError } from '../xmpp/stanza-error.ts';

/** What became of a message: nothing more to do, or an error for its sender. */
export type Delivery = Awaitable<StanzaError | undefined>;

/** The account exists. `to` is full or bare. */
export function deliverMessage(host: LocalHost, passage: Passage): Delivery {
  const { to, type } = passage.stanza;
  if (to.resource !== '') {
    const session = host.sessions.get(to);
    // 8.5.3.1: a matching resource gets it, whatever its type and whatever its presence.
    if (session !== undefined) return hand(session, passage);
    return noSuchResource(host, passage);
  }
  switch (type) {
    case 'groupchat':
      return refusals.serviceUnavailable; // 8.5.2.1.1
    case 'error':
      return undefined; // 8.5.2.1.1: silently ignored
    case 'headline':
      toNonNegative(host, passage); // 8.5.2.1.1; with nobody there it is dropped (8.5.2.2.1)
      return undefined;
    default:
      return toAccount(host, passage);
  }
}

/** 8.5.3.2.1: there is no such resource. A chat goes to the account, other messages are not for anybody else. */
function noSuchResource(host: LocalHost, passage: Passage): Delivery {
  switch (passage.stanza.type) {
    case 'chat':
      return toAccount(host, passage);
    case 'error':
    case 'headline':
      return undefined;
    default:
      return refusals.serviceUnavailable;
  }
}

/** 8.5.2.1.1 for `normal` and `chat`: every resource with a non-negative priority, else offline storage or an error. */
function toAccount(host: LocalHost, passage: Passage): Delivery {
  const sessions = host.sessions.of(passage.stanza.to.bare);
  if (sessions.length === 1) {
    const only = sessions[0] as ClientSession;
    if (takesMessages(only)) return hand(only, passage);
  } else if (toNonNegative(host, passage)) {
    return undefined;
  }
  return withNobody(host, passage);
}

function takesMessages(session: ClientSession): boolean {
  return session.presence !== undefined && session.priority >= 0;
}

function toNonNegative(host: LocalHost, passage: Passage): boolean {
  let taken = false;
  for (const session of host.sessions.of(passage.stanza.to.bare)) {
    if (!takesMessages(session)) continue;
    session.send(passage.stanza);
    taken = true;
  }
  return taken;
}

function withNobody(host: LocalHost, passage: Passage): Delivery {
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
