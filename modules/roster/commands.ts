/** What operators do to rosters: `roster list`, `roster add`, `roster remove`. */
import {
  type Accounts,
  accountAt,
  CommandError,
  command,
  type Jid,
  parseJid,
  type RosterItem,
  type Router,
  StanzaError,
  stanza,
  z,
} from '#api';
import { itemIn } from './account-roster.ts';
import type { RosterQueries } from './roster-query.ts';
import type { Rosters } from './rosters.ts';
import { partsOf, stateOf } from './subscription.ts';

interface RosterTools {
  readonly host: Jid;
  readonly accounts: Accounts;
  readonly router: Router;
  readonly rosters: Rosters;
  readonly queries: RosterQueries;
}

/** The directions of a subscription that are given, besides those that are there. */
interface Grant {
  readonly to: boolean;
  readonly from: boolean;
}

const address = z.string().describe('Address of the account, such as juliet@example.org');
const contactAddress = z.string().describe('Address of the contact');

export function rosterCommands(tools: RosterTools) {
  return [listCommand(tools), addCommand(tools), removeCommand(tools)];
}

function listCommand(tools: RosterTools) {
  return command({
    name: 'roster list',
    summary: 'List the contacts of an account',
    args: z.object({ jid: address }),
    positional: ['jid'],
    async run({ jid }) {
      const roster = await tools.rosters.of((await ownerOf(tools, jid)).bare);
      const items = Array.from(roster.items(), toLine);
      const strangers = [...roster.requests()].filter(({ contact }) => roster.get(contact.bare) === undefined);
      return [...items, ...strangers.map(({ contact }) => toLine(itemIn(contact, 'none+in', false, undefined)))];
    },
  });
}

function toLine(item: RosterItem) {
  return {
    contact: item.contact.bare,
    name: item.name,
    groups: item.groups,
    subscription: item.subscription,
    asked: item.pendingOut,
    asksUs: item.pendingIn,
    approved: item.approved,
  };
}

function addCommand(tools: RosterTools) {
  return command({
    name: 'roster add',
    summary: 'Add a contact to the roster of an account, or change it there',
    args: z.object({
      jid: address,
      contact: contactAddress,
      name: z.string().max(1023).optional().describe('What the account calls the contact'),
      groups: z.string().optional().describe('Groups of the contact, with commas between'),
      subscription: z
        .enum(['none', 'to', 'from', 'both'])
        .default('none')
        .describe('Who sees whose presence from now on; the roster of a contact on this host is changed to fit'),
    }),
    positional: ['jid', 'contact'],
    async run({ jid, contact, name, groups, subscription }) {
      const owner = await ownerOf(tools, jid);
      const other = contactOf(owner, contact);
      const grant = { to: /to|both/.test(subscription), from: /from|both/.test(subscription) };
      await put(tools, owner, other, { name, groups: groups?.split(',').map((it) => it.trim()), ...grant });
      const isHere = other.domain === tools.host.domain && (await tools.accounts.exists(other.local));
      const isSubscription = grant.to || grant.from;
      if (isHere && isSubscription) await put(tools, other, owner, { to: grant.from, from: grant.to });
      await probe(tools, grant.to, owner, other);
      await probe(tools, grant.from && isHere, other, owner);
      return toLine((await tools.rosters.of(owner.bare)).get(other.bare) as RosterItem);
    },
  });
}

function removeCommand(tools: RosterTools) {
  return command({
    name: 'roster remove',
    summary: 'Remove a contact from the roster of an account, and end their subscriptions',
    args: z.object({ jid: address, contact: contactAddress }),
    positional: ['jid', 'contact'],
    async run({ jid, contact }) {
      const owner = await ownerOf(tools, jid);
      const other = contactOf(owner, contact);
      try {
        await tools.queries.remove(owner, other);
      } catch (error) {
        if (!(error instanceof StanzaError)) throw error;
        throw new CommandError(`${other.bare} is not in the roster of ${owner.bare}`);
      }
      return { jid: owner.bare, contact: other.bare, removed: true };
    },
  });
}

interface Entry extends Grant {
  readonly name?: string | undefined;
  readonly groups?: readonly string[] | undefined;
}

function put({ rosters }: RosterTools, owner: Jid, contact: Jid, { to, from, name, groups }: Entry): Promise<void> {
  return rosters.change<void>(owner, (roster) => {
    const before = roster.get(contact.bare);
    const relation = roster.relation(contact.bare);
    const { subscription, pendingOut, pendingIn } = partsOf(relation.state);
    const watches = to || subscription === 'to' || subscription === 'both';
    const isShown = from || subscription === 'from' || subscription === 'both';
    const state = stateOf({
      subscription: watches ? (isShown ? 'both' : 'to') : isShown ? 'from' : 'none',
      pendingOut: pendingOut && !watches,
      pendingIn: pendingIn && !isShown,
    });
    const item = itemIn(contact, state, relation.approved, before);
    return {
      result: undefined,
      item: { ...item, name: name ?? item.name, groups: groups ?? item.groups },
      answered: pendingIn && isShown ? contact.bare : undefined,
    };
  });
}

/** A new subscriber gets to see at once who is there. */
async function probe({ router }: RosterTools, isNeeded: boolean, from: Jid, to: Jid): Promise<void> {
  if (isNeeded) await router.route(stanza('presence', { from, to, type: 'probe' }));
}

async function ownerOf({ host, accounts }: RosterTools, text: string): Promise<Jid> {
  const owner = accountAt(host, text);
  if (!(await accounts.exists(owner.local))) throw new CommandError(`there is no account ${text}`);
  return owner;
}

function contactOf(owner: Jid, text: string): Jid {
  const contact = parseJid(text.trim());
  if (contact === undefined || !contact.isBare) throw new CommandError(`${text} is no bare address`);
  if (contact.bare === owner.bare) throw new CommandError('nobody is in their own roster');
  return contact;
}
