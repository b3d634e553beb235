/** Where features meet the router: the path of a stanza as filter points (RFC 6120 section 10, RFC 6121 section 8). */
import type { Jid } from '../jid/jid.ts';
import type { ComponentPart } from '../kernel/define-module.ts';
import { filterPoint, tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Awaitable } from '../util/awaitable.ts';
import type { Element } from '../xml/element.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';
import type { Ledger } from './ledger.ts';
import type { Session } from './session.ts';

const NO_OTHERS: readonly Jid[] = [];

/** One stanza on its way. One class with a fixed shape, so that the router stays monomorphic. */
export class Passage {
  /** Replaced, never changed, by handlers of the phase `rewrite`. */
  stanza: Stanza;
  /** The local session that sent it; undefined for the server's own and for what comes from elsewhere. */
  readonly origin: Session | undefined;
  /**
   * The id of a message in the archive that is concerned, the sender's on the way out and the recipient's on the way in
   * (XEP-0359); undefined where it is not kept.
   */
  stanzaId: string | undefined = undefined;
  /** What the sender's archive has made of it; for archives alone. */
  archived: object | undefined = undefined;
  /** Other devices of the account that get a message, too, once the one that it is for is given it. */
  others: readonly Jid[] = NO_OTHERS;
  /** Where the steps of a message are noted: on the way out the sender's host's, on the way in the recipient's. */
  ledger: Ledger | undefined = undefined;

  constructor(stanza: Stanza, origin: Session | undefined) {
    this.stanza = stanza;
    this.origin = origin;
  }
}

/** 'handled' ends the passage silently; an error goes back to the sender, unless the stanza was itself a reply. */
export type Verdict = 'handled' | StanzaError;

/** A local session sent a stanza; its destination has not been looked at. Undirected presence ends here. */
export const outbound = filterPoint<Passage, Verdict>('stanza.outbound');
/** A stanza reaches the account of a local user, from anywhere, before a session is chosen. `to` may be full or bare. */
export const inbound = filterPoint<Passage, Verdict>('stanza.inbound');
/** A message or presence for the host itself. */
export const atHost = filterPoint<Passage, Verdict>('stanza.at-host');
/** A message for an existing account that no session takes (RFC 6121 section 8.5.2.2): offline storage, push. */
export const undeliverable = filterPoint<Passage, Verdict>('stanza.undeliverable');

/**
 * A service says the same to many, as a room does: may this session be handed its copy, without the passage through
 * `inbound`? An answer sends it there. Handlers must not wait.
 */
export const shortcut = filterPoint<Session, 'passage'>('stanza.shortcut');

/** Something was said to all where accounts belong that nobody was there for. Their devices may want to know: push. */
export interface Missed {
  /** From the room, as its members see it; `to` is the room. */
  readonly stanza: Stanza;
  /** Bare addresses, all of the host that is told; one or more. */
  readonly accounts: readonly Jid[];
}
export const missed = tellPoint<Missed>('stanza.missed');

/** A subdomain that a module serves by itself: it gets every stanza for that, and the local session that sent it. */
export function component(
  domain: string,
  receive: (stanza: Stanza, origin: Session | undefined) => Awaitable<void>,
): ComponentPart {
  // The kernel does not know sessions; the router is the only caller and passes one or nothing.
  return { domain, receive } as ComponentPart;
}

export interface Router {
  /** Sends a stanza of the server's own to wherever `to` says. Waits only when something on the way waits. */
  route(stanza: Stanza): Awaitable<void>;
  /**
   * Sends a message or presence to another address than it has, as rooms do to their occupants: what was written of it
   * once is shared. One that is for no connected client goes the way of `route`, which knows what to answer.
   */
  routeCopy(stanza: Stanza, to: Jid): void;
  /** Sends a message to several devices of one account, as rooms do who know them: it comes to the account once. */
  routeToDevices(stanza: Stanza, devices: readonly Jid[]): Awaitable<void>;
  /** Whether anything at a host listens to `missed`: who is absent need not be found out for nobody. */
  hearsOfMissed(): boolean;
  /** Tells the hosts of these accounts what they missed; those of other servers are left out. */
  tellMissed(missed: Missed): void;
  /** Sends an IQ of the server's own and resolves to the answer; undefined after 30 seconds without one. */
  request(query: { from: Jid; to: Jid; type: 'get' | 'set' }, payload: Element): Promise<Stanza | undefined>;
  /** Whether this domain is a host of ours, and not a component or another server. */
  isLocal(domain: string): boolean;
  /** Whether a client of ours, of whichever host, is bound to this full address. */
  hasSession(full: Jid): boolean;
  /** The domains, of all hosts, that components serve: external ones and subdomains of modules. */
  services(): Iterable<string>;
}
export const Router = service<Router>('router');
