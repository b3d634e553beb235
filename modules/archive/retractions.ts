/** Puts tombstones in place of what was retracted: XEP-0424 section 4. */
import {
  type Database,
  type Element,
  el,
  formatDateTime,
  type Jid,
  type Logger,
  NS,
  parseDocument,
  parseJid,
  Stanza,
  timeOfId,
  type XmlLimits,
} from '#api';
import type { Journal } from './journal.ts';
import { ALL, narrowed, type Range } from './range.ts';

export const NS_RETRACT = 'urn:xmpp:message-retract:1';

export interface RetractionParts {
  readonly db: Database;
  readonly journal: Journal;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** It was let in once, by whatever limits held then. */
const LIMITS: XmlLimits = { maxBytes: 16_777_216, maxElements: 1_000_000, maxDepth: 1024, maxAttributes: 10_000 };
/** What stays of a message: who said it where, and by which names others may speak of it. */
const STAYING = new Set<string>([NS.stanzaId, 'urn:xmpp:occupant-id:0']);
/** Messages that are looked at in one step. */
const STEP = 250;
/** Steps back from a retraction; what is older is left as it is, or looking for what never was would take for ever. */
const MAX_STEPS = 200;
const PAGE = 50;

interface Retraction {
  readonly owner: number;
  readonly id: string;
  readonly conversation: number;
  readonly resource: string;
  readonly sent: number;
  readonly target: string;
  readonly stanza: string;
}

interface Target {
  readonly id: string;
  readonly body: number;
  readonly xml: string;
}

/**
 * A retraction is stored with the message that asks for it, and carried out a moment later, one at a time; one that a
 * restart comes before is carried out after it.
 */
export class Retractions {
  readonly #parts: RetractionParts;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(parts: RetractionParts) {
    this.#parts = parts;
  }

  /** Carries out what is there to be done. Resolves when nothing is left. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Leaves a tombstone for one message of an archive. False when it is not there. */
  async replace(owner: Jid, id: string, retracted: Element): Promise<boolean> {
    const { journal } = this.#parts;
    await journal.settled(owner);
    const [place] = await journal.store.findOwner(owner.bare);
    const number = place?.number ?? 0;
    return journal.exclusively(undefined, async () => {
      const [target] = await journal.store.get(number, id);
      if (target === undefined) return false;
      await this.#entomb(number, target, retracted);
      return true;
    });
  }

  async #runAll(): Promise<void> {
    const { log, signal } = this.#parts;
    try {
      while (this.#again && !signal.aborted) {
        this.#again = false;
        await this.#runOnce();
      }
    } catch (err) {
      if (!signal.aborted) log.error({ err }, 'retracted messages were not removed');
    }
  }

  async #runOnce(): Promise<void> {
    const { journal, signal } = this.#parts;
    const { retractions, dropRetraction } = journal.store;
    for (let last: { owner: number; id: string } = { owner: 0, id: '' }; !signal.aborted; ) {
      const page: readonly Retraction[] = await retractions(last.owner, last.id, PAGE);
      for (const retraction of page) {
        const { owner, id } = retraction;
        const target = await this.#find(retraction);
        if (target === undefined) await dropRetraction(owner, id);
        else await this.#carryOut(retraction, target);
        last = retraction;
      }
      if (page.length < PAGE) return;
    }
  }

  /** The newest message of that origin, by the same side (section 5), before the retraction. */
  async #find({ id, conversation, resource, sent, target }: Retraction): Promise<Target | undefined> {
    const { journal, signal } = this.#parts;
    const { stepBackward, findRetracted } = journal.store;
    let range: Range = narrowed(ALL, '', id);
    for (let step = 0; step < MAX_STEPS && !signal.aborted; step++) {
      const [end] = await stepBackward(conversation, range.after, range.before, STEP);
      const part = end === undefined ? range : narrowed(range, end.id);
      const [found] = await findRetracted(conversation, part.after, part.before, target, sent, resource);
      if (found !== undefined || end === undefined) return found;
      range = narrowed(range, '', `${end.id}0`);
    }
    return undefined;
  }

  async #carryOut({ owner, id, stanza }: Retraction, target: Target): Promise<void> {
    const { journal } = this.#parts;
    const stamp = formatDateTime(timeOfId(id) ?? 0);
    // A retraction without an id of its own is known by that of its entry.
    const retracted = el(NS_RETRACT, 'retracted', { id: stanza === '' ? id : stanza, stamp });
    await journal.exclusively(undefined, async () => {
      const [entry] = await journal.store.get(owner, target.id);
      if (entry?.body === target.body) await this.#entomb(owner, target, retracted);
      await journal.store.dropRetraction(owner, id);
    });
  }

  /** The archive gets a text of its own; what was said stays for those who did not hear of the retraction. */
  async #entomb(owner: number, { id, body, xml }: Target, retracted: Element): Promise<void> {
    const { db, journal, log } = this.#parts;
    const { copyBody, pointTo, forgetBody, dropForgotten } = journal.store;
    const text = tombstone(xml, retracted);
    if (text === undefined) {
      log.warn({ id }, 'a message in the archive cannot be read, and stays as it is');
      return;
    }
    const number = journal.numbers.next();
    await db.atomically([
      copyBody.bind(number, owner, text, body),
      pointTo.bind(owner, id, number),
      forgetBody.bind(owner, body),
      dropForgotten.bind(body),
    ]);
  }
}

/** Undefined when the text is damaged. */
function tombstone(xml: string, retracted: Element): string | undefined {
  try {
    const element = parseDocument(xml.replace(' ', ` xmlns='${NS.client}' `), LIMITS);
    const rest = element.filter((child) => typeof child !== 'string' && STAYING.has(child.ns)).append(retracted);
    const [from, to] = [parseJid(element.attr('from') ?? ''), parseJid(element.attr('to') ?? '')];
    return from && to && new Stanza(rest, from, to).xml;
  } catch {
    return undefined;
  }
}
