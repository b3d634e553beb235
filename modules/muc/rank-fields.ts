/** The lists of owners and admins in the configuration form: XEP-0045 section 10.2. */
import { type FormField, parseJid } from '#api';
import type { AffiliationChange } from './affiliations.ts';
import type { Affiliation } from './ranks.ts';
import type { Values } from './requests.ts';
import type { Room } from './room.ts';

const ADMINS = 'muc#roomconfig_roomadmins';
const OWNERS = 'muc#roomconfig_roomowners';

export function rankFields(room: Room): FormField[] {
  const field = (name: string, label: string, affiliation: Affiliation): FormField => ({
    var: name,
    type: 'jid-multi',
    label,
    values: addresses(room, affiliation),
  });
  return [field(ADMINS, 'Admins', 'admin'), field(OWNERS, 'Owners', 'owner')];
}

function addresses(room: Room, affiliation: Affiliation): string[] {
  return room.holders(affiliation).map(([address]) => address);
}

/**
 * The changes that lead to the lists of a submitted form, which are whole where they are there. Owners who are none any
 * more become admins, unless there is a list of those that lacks them; admins who are none become members.
 */
export function readRankFields(values: Values, room: Room): AffiliationChange[] | { readonly wrong: string } {
  const [ownersNow, adminsNow] = [addresses(room, 'owner'), addresses(room, 'admin')];
  const owners = readAddresses(values.get(OWNERS)) ?? ownersNow;
  const admins = readAddresses(values.get(ADMINS)) ?? [...ownersNow, ...adminsNow];
  if (owners === 'wrong' || admins === 'wrong') return { wrong: owners === 'wrong' ? OWNERS : ADMINS };
  const wanted = new Map<string, Affiliation>();
  for (const it of [...ownersNow, ...adminsNow]) wanted.set(it, 'member');
  for (const it of admins) wanted.set(it, 'admin');
  for (const it of owners) wanted.set(it, 'owner');
  return [...wanted].flatMap(([bare, affiliation]): AffiliationChange[] => {
    const address = parseJid(bare);
    const isNews = room.memberships.get(bare)?.affiliation !== affiliation;
    return address !== undefined && isNews ? [{ address, affiliation, reason: '' }] : [];
  });
}

/** Bare addresses of accounts, whatever of them is given. */
function readAddresses(values: readonly string[] | undefined): string[] | 'wrong' | undefined {
  const found = values?.filter((it) => it.trim() !== '').map((it) => parseJid(it.trim())?.bareJid);
  return found?.some((it) => it === undefined || it.local === '') ? 'wrong' : found?.map((it) => it?.bare ?? '');
}
