/** What was said lately, for those who come in: XEP-0045 sections 7.2.13 and 7.2.14. */
import { clark, delay, type Element, parseDateTime, parseJid, parseStored, Stanza } from '#api';
import type { Muc } from './muc.ts';
import type { Device } from './occupant.ts';
import type { Past, Room } from './room.ts';
import { NS_MUC } from './vocabulary.ts';

const HISTORY = clark(NS_MUC, 'history');
const COUNT = /^\d{1,9}$/;

/** Reads the last messages from the archive, unless they are in memory. */
export async function loadHistory(muc: Muc, room: Room): Promise<void> {
  if (room.history !== undefined) return;
  const page = muc.archive && (await muc.archive.query(room.jid, {}, { max: 20, before: '' }));
  if (room.history !== undefined) return; // somebody else was faster
  const messages = page !== undefined && 'messages' in page ? page.messages : [];
  room.history = messages.flatMap(({ xml, receivedAt }): Past[] => {
    const element = parseStored(xml);
    const by = parseJid(element.attr('from') ?? '');
    return by === undefined ? [] : [{ stanza: new Stanza(element, by, room.jid), at: receivedAt }];
  });
}

/** Remembers a message for those who come later. */
export function remember(room: Room, stanza: Stanza, at: number): void {
  const { history } = room;
  if (history === undefined || room.config.historyLength === 0) return;
  history.push({ stanza, at });
  if (history.length > room.config.historyLength) history.splice(0, history.length - room.config.historyLength);
}

/** Sends what the newcomer wants to see of it. */
export function sendHistory(muc: Muc, room: Room, { jid, occupant }: Device, x: Element): void {
  const wish = readWish(x, muc.clock.now());
  const since = Math.max(wish.since, visibleSince(room, occupant.account.bare));
  const past = (room.history ?? []).filter(({ at }) => at >= since);
  let chars = 0;
  const chosen: Stanza[] = [];
  for (const { stanza, at } of past.slice(Math.max(0, past.length - wish.maxStanzas)).reverse()) {
    const late = stanza.replace(stanza.element.append(delay(room.jid, at)));
    chars += late.xml.length;
    if (chars > wish.maxChars) break;
    chosen.push(late);
  }
  for (const stanza of chosen.reverse()) muc.router.routeCopy(stanza, jid);
}

/** From when on somebody may see what was said; milliseconds since 1970. */
export function visibleSince(room: Room, account: string): number {
  if (room.config.historyFor === 'everyone') return 0;
  const membership = room.memberships.get(account);
  if (membership === undefined) return Number.POSITIVE_INFINITY;
  return membership.affiliation === 'owner' || membership.affiliation === 'admin' ? 0 : membership.since;
}

interface Wish {
  readonly maxStanzas: number;
  readonly maxChars: number;
  readonly since: number;
}

/** Section 7.2.14: the least of what the attributes allow; what is no number does not count. */
function readWish(x: Element, now: number): Wish {
  const wish = x.child(HISTORY);
  const number = (name: string): number => {
    const text = wish?.attr(name);
    return text !== undefined && COUNT.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  };
  const seconds = number('seconds');
  const since = parseDateTime(wish?.attr('since') ?? '') ?? 0;
  return {
    maxStanzas: number('maxstanzas'),
    maxChars: number('maxchars'),
    since: Math.max(since, Number.isFinite(seconds) ? now - seconds * 1000 : 0),
  };
}
