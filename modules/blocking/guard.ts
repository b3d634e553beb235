/** Refuses stanzas from and to blocked addresses: XEP-0191 section 3.3. */
import {
  type Awaitable,
  el,
  isPromise,
  type Jid,
  NS,
  type Passage,
  refusals,
  StanzaError,
  then,
  type Verdict,
} from '#api';
import { type BlockList, EMPTY } from './block-list.ts';
import type { BlockLists } from './block-lists.ts';

const blockedByOneself = new StanzaError('not-acceptable', undefined, {
  type: 'cancel',
  application: el(NS.blockingErrors, 'blocked'),
});

export interface GuardParts {
  readonly host: Jid;
  readonly lists: BlockLists;
  readonly refused: { inc(): void };
}

export class Guard {
  readonly #parts: GuardParts;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  isBlocked(owner: string, peer: Jid): Awaitable<boolean> {
    const list = this.#parts.lists.of(owner);
    if (list === EMPTY) return false;
    return then(list, (it) => this.#applies(it, owner, peer));
  }

  inbound(passage: Passage): Awaitable<Verdict | undefined> {
    const { stanza } = passage;
    const list = this.#parts.lists.of(stanza.to.bare);
    if (list === EMPTY) return undefined;
    return isPromise(list) ? list.then((it) => this.#receive(it, passage)) : this.#receive(list, passage);
  }

  outbound(passage: Passage): Awaitable<Verdict | undefined> {
    const { stanza } = passage;
    const list = this.#parts.lists.of(stanza.from.bare);
    if (list === EMPTY) return undefined;
    return isPromise(list) ? list.then((it) => this.#send(it, passage)) : this.#send(list, passage);
  }

  /** The blocked sender sees what the sender sees to whom the account is offline. */
  #receive(list: BlockList, { stanza, ledger }: Passage): Verdict | undefined {
    if (!this.#applies(list, stanza.to.bare, stanza.from)) return undefined;
    // The roster has to know that a subscription is over; the user is not told by whom (presence sees to that).
    if (stanza.kind === 'presence' && (stanza.type === 'unsubscribe' || stanza.type === 'unsubscribed'))
      return undefined;
    this.#parts.refused.inc();
    ledger?.note('blocked', stanza, stanza.to.bareJid);
    return stanza.kind === 'presence' || stanza.isReply ? 'handled' : refusals.serviceUnavailable;
  }

  #send(list: BlockList, { stanza, ledger }: Passage): Verdict | undefined {
    if (!this.#applies(list, stanza.from.bare, stanza.to)) return undefined;
    // It says no more than that one is gone, and leaves a room that is blocked since.
    if (stanza.kind === 'presence' && stanza.type === 'unavailable') return undefined;
    this.#parts.refused.inc();
    ledger?.note('blocked', stanza, stanza.from.bareJid);
    return blockedByOneself;
  }

  /** Section 5: one's own resources are never blocked; nor is the server, which then could not be asked for anything. */
  #applies(list: BlockList, owner: string, peer: Jid): boolean {
    if (!list.covers(peer) || peer.bare === owner) return false;
    return peer.local !== '' || peer.domain !== this.#parts.host.domain;
  }
}
