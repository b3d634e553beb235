/** One roster in memory: items, requests that wait, and the version (RFC 6121 sections 2.1 and 2.6). */
import { type Jid, type RosterItem, type RosterView, randomToken, type SubscriptionRequest } from '#api';
import { partsOf, type Relation, type State, stateOf } from './subscription.ts';

const NO_GROUPS: readonly string[] = Object.freeze([]);

/** Changed only by `Rosters`, which has made each change durable before. */
export class AccountRoster implements RosterView {
  /** Tells this roster from one of an earlier account of the same name; '' while nothing was ever in it. */
  readonly epoch: string;
  /** Grows by one with each change that the owner sees. */
  version: number;
  readonly #items = new Map<string, RosterItem>();
  readonly #requests = new Map<string, SubscriptionRequest>();

  constructor(epoch: string = randomToken(6), version = 0) {
    this.epoch = epoch;
    this.version = version;
  }

  /** The `ver` attribute: opaque to clients (RFC 6121 section 2.6.1). */
  get ver(): string {
    return this.verAt(this.version);
  }

  verAt(version: number): string {
    return `${this.epoch}.${version}`;
  }

  /** The version that a client's `ver` names; undefined when it is none of this roster. */
  versionOf(ver: string): number | undefined {
    const dot = ver.lastIndexOf('.');
    const version = Number(ver.slice(dot + 1));
    if (ver.slice(0, dot) !== this.epoch || this.verAt(version) !== ver) return undefined;
    return Number.isSafeInteger(version) && version >= 0 && version <= this.version ? version : undefined;
  }

  get size(): number {
    return this.#items.size;
  }

  get requestCount(): number {
    return this.#requests.size;
  }

  get(contact: string): RosterItem | undefined {
    return this.#items.get(contact);
  }

  items(): Iterable<RosterItem> {
    return this.#items.values();
  }

  requests(): Iterable<SubscriptionRequest> {
    return this.#requests.values();
  }

  shownTo(contact: string): boolean {
    const subscription = this.#items.get(contact)?.subscription;
    return subscription === 'from' || subscription === 'both';
  }

  watches(contact: string): boolean {
    const subscription = this.#items.get(contact)?.subscription;
    return subscription === 'to' || subscription === 'both';
  }

  relation(contact: string): Relation {
    const pendingIn = this.#requests.has(contact);
    const item = this.#items.get(contact);
    if (item === undefined) return { state: pendingIn ? 'none+in' : 'none', approved: false };
    const subscription = item.subscription as Exclude<RosterItem['subscription'], 'remove'>;
    return { state: stateOf({ subscription, pendingOut: item.pendingOut, pendingIn }), approved: item.approved };
  }

  put(item: RosterItem): void {
    this.#items.set(item.contact.bare, item);
  }

  remove(contact: string): void {
    this.#items.delete(contact);
  }

  addRequest(request: SubscriptionRequest): void {
    this.#requests.set(request.contact.bare, request);
    this.#noteRequest(request.contact.bare, true);
  }

  dropRequest(contact: string): void {
    this.#requests.delete(contact);
    this.#noteRequest(contact, false);
  }

  #noteRequest(contact: string, pendingIn: boolean): void {
    const item = this.#items.get(contact);
    if (item !== undefined && item.pendingIn !== pendingIn) this.#items.set(contact, { ...item, pendingIn });
  }
}

/** Shared by all accounts that never had anything in their roster. Nobody changes it. */
export const EMPTY = new AccountRoster('', 0);

/** An item in this state, with the name and the groups of the one before it. */
export function itemIn(contact: Jid, state: State, approved: boolean, before: RosterItem | undefined): RosterItem {
  const { subscription, pendingOut, pendingIn } = partsOf(state);
  const name = before?.name ?? '';
  const groups = before?.groups ?? NO_GROUPS;
  return { contact, name, groups, subscription, pendingOut, pendingIn, approved };
}
