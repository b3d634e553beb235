/** Answers what clients ask of their block list: XEP-0191 sections 3.2 to 3.5. */
import {
  type Accounts,
  type Awaitable,
  type Call,
  type Clock,
  type Database,
  type Element,
  type IqContext,
  iqResult,
  type Jid,
  type Stanza,
  StanzaError,
  slot,
  then,
} from '#api';
import { type BlockList, EMPTY } from './block-list.ts';
import type { BlockLists } from './block-lists.ts';
import { type BlockItem, readBlock, readUnblock, writeList, writePush } from './codec.ts';
import type { Reports } from './reports.ts';
import type { BlockingStore } from './store.ts';
import { showChange, type VisibilityParts } from './visibility.ts';

export interface RequestParts extends VisibilityParts {
  readonly host: string;
  readonly db: Database;
  readonly store: BlockingStore;
  readonly clock: Clock;
  readonly lists: BlockLists;
  readonly reports: Reports;
  readonly accounts: Accounts;
  /** Counts reports. */
  readonly counter: { inc(by: number): void };
  readonly maxItems: number;
}

/** What a request does to the list. */
interface Change {
  readonly name: 'block' | 'unblock';
  /** What the client named; nothing where it unblocks all without naming them. */
  readonly named: readonly BlockItem[];
  /** Throws a StanzaError; then nothing is changed. */
  decide(before: BlockList): { readonly after: BlockList; readonly calls: readonly Call[] };
}

const noAccount = new StanzaError('not-allowed', 'there is no account that could keep a list');
const full = new StanzaError('resource-constraint', 'the block list is full', { type: 'cancel' });

/** Sessions that have asked for the list, and so hear of changes. */
const follows = slot<true>('blocking');

export class BlockingRequests {
  readonly #parts: RequestParts;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  /** Sends the result by itself: no push may come between the result's making and its sending. */
  list({ stanza, from, session }: IqContext): Awaitable<Element | 'deferred'> {
    return then<BlockList, Element | 'deferred'>(this.#parts.lists.of(from.bare), (list) => {
      const result = writeList(list.items());
      if (session === undefined) return result;
      session.slots.set(follows, true);
      session.send(iqResult(stanza, result));
      return 'deferred';
    });
  }

  async block(request: IqContext): Promise<'deferred' | undefined> {
    const { accounts, host, store, clock, reports, counter, maxItems } = this.#parts;
    const { local } = request.from;
    // Nothing would ever remove what anonymous users leave.
    if (!(await accounts.exists(local))) throw noAccount;
    const named = readBlock(request.payload);
    const report = reports.calls(local, named);
    const decide: Change['decide'] = (before) => {
      const added = named.map((it) => it.jid).filter((it) => !before.has(it));
      if (added.length > 0 && before.size + added.length > maxItems) throw full;
      const calls = added.map((it) => store.add.bind(host, local, it.full, clock.now()));
      return { after: added.length === 0 ? before : before.with(added), calls: [...calls, ...report.calls] };
    };
    const answer = await this.#change(request, { name: 'block', named, decide });
    counter.inc(report.count);
    return answer;
  }

  async unblock(request: IqContext): Promise<'deferred' | undefined> {
    const { host, store } = this.#parts;
    const { local } = request.from;
    const named = readUnblock(request.payload);
    if (named === 'all') {
      const decide = () => ({ after: EMPTY, calls: [store.clear.bind(host, local)] });
      return this.#change(request, { name: 'unblock', named: [], decide });
    }
    const decide: Change['decide'] = (before) => {
      const removed = named.map((it) => it.jid).filter((it) => before.has(it));
      const calls = removed.map((it) => store.remove.bind(host, local, it.full));
      return { after: removed.length === 0 ? before : before.without(removed), calls };
    };
    return this.#change(request, { name: 'unblock', named, decide });
  }

  /** The result, then pushes and presence, when all is durable. */
  async #change({ from, stanza, session }: IqContext, change: Change): Promise<'deferred' | undefined> {
    const { db, lists } = this.#parts;
    const owner = from.bareJid;
    let shown: Promise<void> | undefined;
    await lists.change(
      owner.bare,
      async (before) => {
        const { after, calls } = change.decide(before);
        await db.atomically(calls);
        return after;
      },
      (before, after) => {
        session?.send(iqResult(stanza));
        this.#push(owner, change);
        const items = change.named.length > 0 ? change.named.map((it) => it.jid) : before.addresses();
        shown = showChange(this.#parts, { owner, before, after, items });
      },
    );
    await shown;
    return session === undefined ? undefined : 'deferred';
  }

  #push(owner: Jid, { name, named }: Change): void {
    let push: Stanza | undefined;
    for (const session of this.#parts.sessions.of(owner.bare)) {
      if (session.slots.get(follows) !== true) continue;
      push ??= writePush(owner, name, named);
      session.sendTo(push, session.jid.full);
    }
  }
}
