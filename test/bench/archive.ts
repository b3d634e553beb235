/**
 * Pages of an archive of a million messages, alone and while half of it is being purged, and how fast archives take
 * messages; `node test/bench/archive.ts`. ENGINES=sqlite,postgres and MESSAGES=1000000 choose. PostgreSQL runs in a cluster
 * of its own that flushes to disk, so that both engines pay for durability.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerRequest } from '../../modules/archive/answers.ts';
import { Journal } from '../../modules/archive/journal.ts';
import { KeptMessage } from '../../modules/archive/kept-message.ts';
import { Reader } from '../../modules/archive/reader.ts';
import { Removal } from '../../modules/archive/removal.ts';
import { migrations } from '../../modules/archive/store.ts';
import { type Jid, jid } from '../../src/jid/jid.ts';
import { silent } from '../../src/kernel/log.ts';
import type { Database } from '../../src/kernel/sql.ts';
import { openDatabase } from '../../src/storage/open-database.ts';
import { TimeOrderedId } from '../../src/util/ids.ts';
import { parseDocument } from '../../src/xml/parser.ts';
import { Stanza } from '../../src/xmpp/stanza.ts';
import { StanzaError } from '../../src/xmpp/stanza-error.ts';
import { startCluster } from '../support/postgres.ts';

const MESSAGES = Number(process.env['MESSAGES'] ?? 1_000_000);
const ENGINES = (process.env['ENGINES'] ?? 'sqlite,postgres').split(',');
const QUERIES = Number(process.env['QUERIES'] ?? 200);
const CONTACTS = 1_000;
const RESOURCES = ['phone', 'laptop', 'web'];
const BATCH = 2_000;
const YEAR_MS = 365 * 86_400_000;
const START = Date.parse('2025-01-01T00:00:00Z');

const owner = jid('juliet@capulet.lit');
const contacts = Array.from({ length: CONTACTS }, (_, i) => jid(`friend${i}@capulet.lit`));
const body = parseDocument(
  `<message xmlns='jabber:client' type='chat' id='m1'><body>${'But soft, what light? '.repeat(12)}</body></message>`,
);

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 100) / 100;
}

/** Time that the builder moves on itself; the real one afterwards. */
let nowMs: () => number = () => Date.now();
const clock = { now: () => nowMs(), every: () => () => {} };

class Bench {
  readonly db: Database;
  readonly journal: Journal;
  readonly reader: Reader;
  readonly ids = new TimeOrderedId(() => nowMs());
  readonly known: string[] = [];
  /** Characters of results, which have to be written out. */
  sent = 0;

  constructor(db: Database) {
    this.db = db;
    this.journal = new Journal({ db, clock, log: silent });
    this.reader = new Reader(db, this.journal);
  }

  /** A message between two local accounts: two archives, one text. */
  message(from: Jid, to: Jid): KeptMessage {
    const stanza = new Stanza(body, from, to);
    const message = new KeptMessage(this.ids.next(), stanza, stanza.xml);
    message.sender = { host: 'capulet.lit', owner: from.bareJid, peer: to };
    message.recipient = { host: 'capulet.lit', owner: to.bareJid, peer: from };
    return message;
  }

  /** Somebody of 200 says something to the same friend as always. */
  chat(): KeptMessage {
    const i = Math.floor(Math.random() * 200);
    return this.message(contacts[i] as Jid, contacts[i ^ 1] as Jid);
  }

  async build(): Promise<void> {
    let virtual = START;
    nowMs = () => virtual;
    const started = performance.now();
    for (let i = 0; i < MESSAGES; i += BATCH) {
      let stored: Promise<void> | undefined;
      for (let j = 0; j < BATCH; j++) {
        virtual = START + ((i + j) / MESSAGES) * YEAR_MS;
        const contact = pick(contacts).withResource(pick(RESOURCES)) as Jid;
        const message = (i + j) % 2 === 0 ? this.message(contact, owner) : this.message(owner, contact);
        stored = this.journal.add(message);
        if (j % 100 === 0) this.known.push(message.id);
      }
      await stored;
    }
    const seconds = (performance.now() - started) / 1000;
    console.log(`built ${MESSAGES} messages in ${seconds.toFixed(1)} s, ${Math.round(MESSAGES / seconds)} a second`);
  }

  async ask(query: string): Promise<number> {
    const iq = parseDocument(
      `<iq xmlns='jabber:client' type='set' id='q'><query xmlns='urn:xmpp:mam:2' queryid='f'>${query}</query></iq>`,
    );
    const stanza = new Stanza(iq, owner.withResource('phone') as Jid, owner);
    const started = performance.now();
    const answer = await answerRequest(this.reader, {
      owner,
      stanza,
      payload: iq.firstElement() as typeof iq,
      send() {},
    });
    const ms = performance.now() - started;
    if (answer instanceof StanzaError) throw new Error(`${answer.condition}: ${query}`);
    return ms;
  }
}

const form = (fields: Readonly<Record<string, string | readonly string[]>>): string => {
  const all = Object.entries({ FORM_TYPE: 'urn:xmpp:mam:2', ...fields });
  const field = ([name, values]: [string, string | readonly string[]]): string =>
    `<field var='${name}'>${[values]
      .flat()
      .map((it) => `<value>${it}</value>`)
      .join('')}</field>`;
  return `<x xmlns='jabber:x:data' type='submit'>${all.map(field).join('')}</x>`;
};
const set = (inner: string): string => `<set xmlns='http://jabber.org/protocol/rsm'><max>50</max>${inner}</set>`;
const at = (share: number): string => new Date(START + share * YEAR_MS).toISOString();

/** Queries by name; `id` gives one that is in the archive. */
const QUERY: Readonly<Record<string, (id: () => string) => string>> = {
  'the first page': () => set(''),
  'the last page': () => set('<before/>'),
  'the last page, flipped': () => `${set('<before/>')}<flip-page/>`,
  'after a message': (id) => set(`<after>${id()}</after>`),
  'before a message': (id) => set(`<before>${id()}</before>`),
  'from a time': () => form({ start: at(Math.random()) }) + set(''),
  'a week': () => {
    const share = Math.random();
    return form({ start: at(share), end: at(share + 1 / 52) }) + set('<before/>');
  },
  'with a contact, the last page': () => form({ with: pick(contacts).bare }) + set('<before/>'),
  'with a contact, from a time': () => form({ with: pick(contacts).bare, start: at(Math.random()) }) + set(''),
  'with one resource of a contact': () =>
    form({ with: `${pick(contacts).bare}/${pick(RESOURCES)}` }) + set('<before/>'),
  'between two messages': (id) => {
    const [a, b] = [id(), id()].toSorted();
    return form({ 'after-id': a as string, 'before-id': b as string }) + set('');
  },
  '50 single messages': (id) => form({ ids: Array.from({ length: 50 }, id) }) + set(''),
  'at a place': () => set(`<index>${Math.floor(Math.random() * MESSAGES * 0.4)}</index>`),
  'the number of messages in half a year': () => form({ start: at(Math.random() / 2) }) + set('').replace('50', '0'),
};

async function measurePages(bench: Bench): Promise<void> {
  const rows = [];
  const all: number[] = [];
  for (const [name, query] of Object.entries(QUERY)) {
    const times: number[] = [];
    for (let i = 0; i < QUERIES; i++) times.push(await bench.ask(query(() => pick(bench.known))));
    all.push(...times);
    rows.push({ query: name, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), maxMs: quantile(times, 1) });
  }
  console.table(rows);
  console.log(`any of them: p50 ${quantile(all, 0.5)} ms, p99 ${quantile(all, 0.99)} ms`);
}

async function measureDuringPurge(bench: Bench): Promise<void> {
  const removal = new Removal({ db: bench.db, journal: bench.journal, signal: new AbortController().signal });
  const started = performance.now();
  let done = false;
  const purge = removal
    .sweep('capulet.lit', () => START + YEAR_MS / 2)
    .then((removed) => {
      done = true;
      return removed;
    });
  const times: number[] = [];
  const young = bench.known.slice(Math.ceil(bench.known.length / 2));
  while (!done) times.push(await bench.ask(pick(Object.values(QUERY))(() => pick(young))));
  const removed = await purge;
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `while ${removed} entries of ${CONTACTS + 1} archives were purged (${Math.round(removed / seconds)} a second): ` +
      `${times.length} pages, ` +
      `p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms, max ${quantile(times, 1)} ms`,
  );
}

/** Messages at an even rate: how long until each is durable. */
async function measureAcknowledgements(bench: Bench, rate: number): Promise<void> {
  const times: number[] = [];
  const seconds = 10;
  const started = performance.now();
  const pending: Promise<unknown>[] = [];
  for (let sent = 0; sent < rate * seconds; ) {
    const due = ((performance.now() - started) / 1000) * rate;
    for (; sent < due; sent++) {
      const scheduled = started + (sent / rate) * 1000;
      const stored = bench.journal.add(bench.chat());
      pending.push(stored.then(() => times.push(performance.now() - scheduled)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  console.log(
    `at ${rate} messages a second: durable after p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms`,
  );
}

/** As many as there is room for, from 800 messages under way at a time. */
async function measureThroughput(bench: Bench): Promise<void> {
  const until = performance.now() + 8_000;
  const cpu = process.cpuUsage();
  let stored = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      await bench.journal.add(bench.chat());
      stored++;
    }
  };
  await Promise.all(Array.from({ length: 800 }, lane));
  const { user, system } = process.cpuUsage(cpu);
  const micros = Math.round((user + system) / stored);
  console.log(`800 at a time: ${Math.round(stored / 8)} messages a second, ${micros} µs of this process each`);
}

async function run(url: string, size: () => string): Promise<void> {
  const db = await openDatabase(url);
  await db.migrate('archive', migrations);
  const bench = new Bench(db);
  console.log(`--- ${db.engine}`);
  await bench.build();
  console.log(size());
  await measurePages(bench);
  nowMs = () => Date.now();
  await measureAcknowledgements(bench, 2_000);
  await measureThroughput(bench);
  await measureDuringPurge(bench);
  await bench.journal.close();
  await db.close();
  console.log(size());
}

if (ENGINES.includes('sqlite')) {
  const dir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const file = join(dir, 'archive.db');
  await run(`sqlite:${file}`, () => `the file has ${Math.round(statSync(file).size / 1e6)} MB`);
  rmSync(dir, { recursive: true });
}
if (ENGINES.includes('postgres')) {
  const cluster = await startCluster({ fsync: true });
  await run(cluster.url, () => '');
  await cluster.stop();
}
