/** XEP-0377: what users report to the operator of the server when they block somebody. */
import { type Call, type Clock, clark, type Element, formatDateTime, NS, TimeOrderedId } from '#api';
import type { BlockItem } from './codec.ts';
import type { BlockingStore, ReportRow } from './store.ts';

const REPORT = clark(NS.reporting, 'report');
const TEXT = clark(NS.reporting, 'text');
const STANZA_ID = clark(NS.stanzaId, 'stanza-id');
/** Section 5: what the reporter agrees to. Nothing is forwarded without. */
const CONSENTS = new Map([
  [clark(NS.reporting, 'report-origin'), 'report-origin'],
  [clark(NS.reporting, 'third-party'), 'third-party'],
]);

const MAX_REASON = 256;
const MAX_TEXT = 2_000;
const MAX_STANZA_IDS = 50;
/** Characters of an id, and of an address (RFC 7622 section 3.1). */
const MAX_ID = 3_071;
const MAX_LANG = 64;
/** So that nobody pushes the reports of others out. */
const PER_ACCOUNT = 100;

export interface Report {
  readonly reason: string;
  readonly text: string;
  readonly lang: string;
  /** The messages it is about, as pairs of `by` and `id`. */
  readonly stanzaIds: readonly (readonly [by: string, id: string])[];
  readonly consents: readonly string[];
}

export interface ReportParts {
  readonly host: string;
  readonly store: BlockingStore;
  readonly clock: Clock;
  /** Reports kept; the oldest make room. */
  readonly limit: number;
}

export class Reports {
  readonly #parts: ReportParts;
  readonly #ids: TimeOrderedId;

  constructor(parts: ReportParts) {
    this.#parts = parts;
    this.#ids = new TimeOrderedId(() => parts.clock.now());
  }

  /** What stores the reports in these items; nothing for most requests. */
  calls(local: string, items: readonly BlockItem[]): { readonly calls: readonly Call[]; readonly count: number } {
    const { host, store, clock, limit } = this.#parts;
    const calls: Call[] = [];
    for (const { jid, element } of items) {
      const report = readReport(element);
      if (report === undefined) continue;
      const { reason, text, lang, stanzaIds, consents } = report;
      const pairs = stanzaIds.length === 0 ? '' : JSON.stringify(stanzaIds);
      const about = [host, local, jid.full, this.#ids.next(), clock.now()] as const;
      calls.push(store.report.bind(...about, reason, text, lang, pairs, consents.join(' ')));
    }
    const count = calls.length;
    if (count > 0) calls.push(store.trimAccount.bind(host, local, PER_ACCOUNT), store.trimHost.bind(host, limit));
    return { calls, count };
  }

  /** The newest first. */
  async latest(limit: number): Promise<readonly object[]> {
    const { host, store } = this.#parts;
    return (await store.latest(host, limit)).map((row) => ({ reporter: `${row.local}@${host}`, ...describe(row) }));
  }

  async of(local: string): Promise<readonly object[]> {
    return (await this.#parts.store.reportsOf(this.#parts.host, local)).map(describe);
  }
}

/**
 * The report in an item. One without a reason is none: a block is as good as if nothing had been reported (section 6),
 * so there is no error for it.
 */
export function readReport(item: Element): Report | undefined {
  const report = item.child(REPORT);
  const reason = report?.attr('reason') ?? '';
  if (report === undefined || reason === '' || reason.length > MAX_REASON) return undefined;
  const text = report.child(TEXT);
  return {
    reason,
    text: (text?.text().trim() ?? '').slice(0, MAX_TEXT).toWellFormed(),
    lang: (text?.attr('xml:lang') ?? '').slice(0, MAX_LANG),
    stanzaIds: readStanzaIds(report),
    consents: [...CONSENTS].filter(([key]) => report.child(key) !== undefined).map(([, name]) => name),
  };
}

function readStanzaIds(report: Element): (readonly [string, string])[] {
  const ids: (readonly [string, string])[] = [];
  for (const child of report.elements()) {
    if (child.key !== STANZA_ID || ids.length >= MAX_STANZA_IDS) continue;
    const by = child.attr('by') ?? '';
    const id = child.attr('id') ?? '';
    if (id !== '' && id.length <= MAX_ID && by.length <= MAX_ID) ids.push([by, id]);
  }
  return ids;
}

function describe(row: ReportRow) {
  const pairs = row.stanza_ids === '' ? [] : (JSON.parse(row.stanza_ids) as [by: string, id: string][]);
  return {
    reported: row.reported,
    at: formatDateTime(row.reported_at),
    reason: row.reason.replace('urn:xmpp:reporting:', ''),
    text: row.note,
    lang: row.note_lang,
    messages: pairs.map(([by, id]) => ({ by, id })),
    consents: row.consents === '' ? [] : row.consents.split(' '),
  };
}
