/** Answers roster gets and sets: RFC 6121 sections 2.2 to 2.6. */
import {
  type Awaitable,
  type Element,
  type IqContext,
  iqResult,
  type Jid,
  jid,
  type RosterItem,
  refusals,
  type Session,
  type Stanza,
  then,
} from '#api';
import { type AccountRoster, itemIn } from './account-roster.ts';
import { readSet, type SetLimits, writeQuery } from './codec.ts';
import { type Farewells, sayFarewell } from './farewell.ts';
import { rosterPush } from './pushes.ts';
import { type Rosters, rosterFull } from './rosters.ts';
import { REMEMBERED_VERSIONS } from './rows.ts';
import type { ChangeRow, RosterStore } from './store.ts';

/** A push is answered by the client, so it costs as much as a few items of a result. */
const ITEMS_PER_PUSH = 4;

export class RosterQueries {
  readonly #rosters: Rosters;
  readonly #store: RosterStore;
  readonly #farewells: Farewells;
  readonly #limits: SetLimits & { readonly items: number };

  constructor(
    rosters: Rosters,
    store: RosterStore,
    farewells: Farewells,
    limits: SetLimits & { readonly items: number },
  ) {
    this.#rosters = rosters;
    this.#store = store;
    this.#farewells = farewells;
    this.#limits = limits;
  }

  /** Sends the result by itself: a push that comes between the result's making and its sending would be undone by it. */
  get({ stanza, from, payload, session }: IqContext): Awaitable<'deferred' | Element> {
    const ver = payload.attr('ver') ?? '';
    return then<AccountRoster, 'deferred' | Element>(this.#rosters.of(from.bare), (roster) => {
      if (session === undefined) return writeQuery(roster.ver, roster.items());
      const known = roster.versionOf(ver);
      if (known !== undefined && isWorthPushes(roster, known)) return this.#sendChanges(session, stanza, ver);
      session.interested = true;
      const isCurrent = known === roster.version;
      session.send(isCurrent ? iqResult(stanza) : iqResult(stanza, writeQuery(roster.ver, roster.items())));
      return 'deferred';
    });
  }

  async set({ from, payload }: IqContext): Promise<undefined> {
    const owner = from.bareJid;
    const wanted = readSet(payload, owner, this.#limits);
    if (wanted.remove) return this.remove(owner, wanted.contact);
    const { contact, name, groups } = wanted;
    await this.#rosters.change(owner, (roster) => {
      const before = roster.get(contact.bare);
      if (before === undefined && roster.size >= this.#limits.items) throw rosterFull;
      const { state, approved } = roster.relation(contact.bare);
      const item = before ?? itemIn(contact, state, approved, undefined);
      return { result: undefined, item: { ...item, name, groups } };
    });
  }

  /** Throws `item-not-found` when there is no such item (section 2.5.3). */
  async remove(owner: Jid, contact: Jid): Promise<undefined> {
    let farewell: Promise<void> | undefined;
    await this.#rosters.change(owner, (roster) => {
      const item = roster.get(contact.bare);
      if (item === undefined) throw refusals.itemNotFound;
      return {
        result: undefined,
        item: gone(item.contact),
        onward: () => {
          farewell = sayFarewell(this.#farewells, owner, item);
        },
      };
    });
    await farewell;
  }

  /** Section 2.6.3: an empty result, then a push for each item that has changed, in the order of the changes. */
  #sendChanges(session: Session, request: Stanza, ver: string): Promise<'deferred'> {
    const owner = session.account;
    return this.#rosters.hold<'deferred'>(owner.bare, async (roster) => {
      const known = roster.versionOf(ver);
      const changes = known === undefined ? undefined : await this.#changesAfter(owner.bare, known);
      session.interested = true;
      if (changes === undefined) {
        session.send(iqResult(request, writeQuery(roster.ver, roster.items())));
        return 'deferred';
      }
      session.send(iqResult(request));
      for (const { contact, version } of changes) {
        const item = roster.get(contact) ?? gone(jid(contact));
        session.sendTo(rosterPush(owner, item, roster.verAt(version)), session.jid.full);
      }
      return 'deferred';
    });
  }

  async #changesAfter(owner: string, version: number): Promise<readonly ChangeRow[]> {
    const [changed, removed] = await Promise.all([
      this.#store.changes(owner, version),
      this.#store.removals(owner, version),
    ]);
    return [...changed, ...removed].sort((a, b) => a.version - b.version);
  }
}

function gone(contact: Jid): RosterItem {
  return { ...itemIn(contact, 'none', false, undefined), subscription: 'remove' };
}

/** Whether pushes of what changed are fewer bytes than the whole roster. */
function isWorthPushes(roster: AccountRoster, known: number): boolean {
  const changes = roster.version - known;
  return changes > 0 && changes <= REMEMBERED_VERSIONS && changes * ITEMS_PER_PUSH <= roster.size;
}
