/** What was said lately, for those who come in: XEP-0045 sections 7.2.13 and 7.2.14. */
import { clark, delay, type Element, type Jid, NS, parseDateTime, type Stanza, StanzaError } from '#api';
import type { Muc } from './muc.ts';
import type { Device } from './occupant.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { Past, Reading, Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import { readKept } from './senders.ts';
import { isSubjectChange } from './subject.ts';
import { NS_MUC, NS_OCCUPANT_ID } from './vocabulary.ts';

const HISTORY = clark(NS_MUC, 'history');
/** What stays of a message that was retracted: who said it, and its id. */
const STAYING = new Set<string>([NS.stanzaId, NS_OCCUPANT_ID]);
const COUNT = /^\d{1,9}$/;

/** Characters that the history of one room takes: of long messages it has fewer. */
const MAX_CHARS = 1_048_576;
/** What archives have besides the history, such as subjects. */
const ASIDE = 20;

/** Something that was said to all. */
export interface Said {
  /** Its id in the archive, which is that of its `<stanza-id/>`. */
  readonly id: string;
  readonly stanza: Stanza;
}

/** Whether what is said is archived, and may be read there again. */
export function archivesNow(muc: Muc, room: Room): boolean {
  return room.config.archive && muc.archive !== undefined;
}

/** Reads the last messages from the archive, unless they are in memory. */
export function loadHistory(muc: Muc, room: Room): Promise<void> {
  if (room.history !== undefined) return Promise.resolve();
  room.reading ??= startReading(muc, room);
  return room.reading.done;
}

/** What is said meanwhile may be in the archive already, or not. */
function startReading(muc: Muc, room: Room): Reading {
  const meanwhile: Past[] = [];
  const done = readLast(muc, room)
    .then((past) => {
      const ids = new Set(past.map(({ id }) => id));
      room.history = [...past, ...meanwhile.filter(({ id }) => !ids.has(id))];
      trim(room.history, room.config.historyLength);
    })
    .finally(() => {
      room.reading = undefined;
    });
  return { done, meanwhile };
}

async function readLast(muc: Muc, room: Room): Promise<Past[]> {
  const { historyLength } = room.config;
  if (muc.archive === undefined || !archivesNow(muc, room) || historyLength === 0) return [];
  const page = await muc.archive.query(room.jid, {}, { max: historyLength + ASIDE, before: '' });
  if (page instanceof StanzaError) return [];
  return page.messages.flatMap(({ id, xml, receivedAt }): Past[] => {
    const stanza = readKept(room, xml);
    // Section 7.2.13: subjects are no part of it.
    return stanza === undefined || isSubjectChange(stanza.element) ? [] : [{ id, stanza, at: receivedAt }];
  });
}

/** Remembers a message for those who come later. */
export function remember(muc: Muc, room: Room, { id, stanza }: Said): void {
  // Without an archive there is nothing to be read; with one, it is there when somebody comes who wants to read it.
  if (room.history === undefined && !archivesNow(muc, room)) room.history = [];
  const past = room.history ?? room.reading?.meanwhile;
  if (past === undefined) return;
  past.push({ id, stanza, at: muc.clock.now() });
  trim(past, room.config.historyLength);
}

/** Keeps the newest, so many at most. */
function trim(past: Past[], length: number): void {
  let first = past.length;
  for (let chars = 0; first > 0 && past.length - first < length; first--) {
    chars += (past[first - 1] as Past).stanza.element.innerXml().length;
    if (chars > MAX_CHARS) break;
  }
  if (first > 0) past.splice(0, first);
}

/** A shorter history ends sooner; a longer one is read again. */
export function reviseHistory(muc: Muc, room: Room, before: RoomConfig): void {
  if (room.history === undefined) return;
  const isLonger = room.config.historyLength > before.historyLength;
  if (isLonger && before.archive && archivesNow(muc, room)) room.history = undefined;
  else trim(room.history, room.config.historyLength);
}

/** A message of the history that is in memory. */
export function recall(room: Room, id: string): Past | undefined {
  return room.history?.find((it) => it.id === id) ?? room.reading?.meanwhile.find((it) => it.id === id);
}

/** Puts a tombstone in the place of a message, if it is there (XEP-0424 section 4). */
export function replaceInHistory(room: Room, id: string, retracted: Element): void {
  for (const past of [room.history, room.reading?.meanwhile]) {
    const at = past?.findIndex((it) => it.id === id) ?? -1;
    const found = past?.[at];
    if (past === undefined || found === undefined) continue;
    const { stanza } = found;
    const rest = stanza.element.filter((it) => typeof it !== 'string' && STAYING.has(it.ns));
    past[at] = { ...found, stanza: stanza.replace(rest.append(retracted)) };
  }
}

/** Sends what the newcomer wants to see of it. */
export function sendHistory(muc: Muc, room: Room, { jid, occupant }: Device, x: Element): void {
  const wish = readWish(x, muc.clock.now());
  const since = Math.max(wish.since, visibleSince(room, occupant.account));
  const past = (room.history ?? []).filter(({ at }) => at >= since);
  let chars = 0;
  const chosen: Stanza[] = [];
  for (let i = past.length; i > 0 && past.length - i < wish.maxStanzas; i--) {
    const { stanza, at } = past[i - 1] as Past;
    const late = stanza.replace(stanza.element.append(delay(room.jid, at)));
    if (wish.maxChars !== Number.POSITIVE_INFINITY) chars += late.xmlTo(jid.full).length;
    if (chars > wish.maxChars) break;
    chosen.push(late);
  }
  for (const stanza of chosen.reverse()) muc.router.routeCopy(stanza, jid);
}

/** From when on somebody may see what was said; milliseconds since 1970. */
export function visibleSince(room: Room, account: Jid): number {
  if (room.config.historyFor === 'everyone') return 0;
  const affiliation = room.affiliationOf(account);
  if (affiliationAtLeast(affiliation, 'admin')) return 0;
  const since = affiliation === 'member' ? room.memberships.get(account.bare)?.since : undefined;
  return since ?? Number.POSITIVE_INFINITY;
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
