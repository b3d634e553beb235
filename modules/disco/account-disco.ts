/** What the server says of an account, and to whom: XEP-0030 section 8, RFC 6121 section 8.5. */
import {
  type Accounts,
  type Awaitable,
  accountFeatures,
  accountItems,
  type Catalog,
  type DiscoInfo,
  type DiscoItem,
  type Hooks,
  type IqContext,
  type Roster,
  type Sessions,
  then,
} from '#api';

interface AccountDiscoParts {
  readonly hooks: Hooks;
  readonly catalog: Catalog;
  readonly accounts: Accounts;
  readonly roster: Roster | undefined;
  readonly sessions: Sessions;
}

export class AccountDisco {
  readonly #parts: AccountDiscoParts;

  constructor(parts: AccountDiscoParts) {
    this.#parts = parts;
  }

  /** The owner, who may see the owner's presence, and administrators. */
  maySee({ from, to, isAdmin }: IqContext): Awaitable<boolean> {
    if (isAdmin || from.bare === to.bare) return true;
    const { roster } = this.#parts;
    return roster === undefined ? false : then(roster.of(to.bare), (it) => it.shownTo(from.bare));
  }

  async info(query: IqContext): Promise<DiscoInfo> {
    const { accounts, catalog, hooks } = this.#parts;
    const type = (await accounts.exists(query.to.local)) ? 'registered' : 'anonymous';
    const features = [...catalog.features('account'), ...(await hooks.collect(accountFeatures, query))];
    return {
      identities: [{ category: 'account', type }, ...catalog.identities('account')],
      features: [...new Set(features)].sort(),
      forms: [],
    };
  }

  /** Available resources, and to the owner connected ones, too (section 4.1); then what modules keep for the account. */
  async items(query: IqContext): Promise<readonly DiscoItem[]> {
    const { hooks, sessions } = this.#parts;
    const isOwner = query.from.bare === query.to.bare;
    const resources = sessions.of(query.to.bare).filter((it) => isOwner || it.presence !== undefined);
    return [...resources.map((it) => ({ jid: it.jid.full })), ...(await hooks.collect(accountItems, query))];
  }
}
