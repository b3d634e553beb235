/** Any query gives what a plain list gives, whatever was written, removed and restarted before; on both engines. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { Journal } from '../../../modules/archive/journal.ts';
import { KeptMessage } from '../../../modules/archive/kept-message.ts';
import { Reader } from '../../../modules/archive/reader.ts';
import { Removal } from '../../../modules/archive/removal.ts';
import { migrations } from '../../../modules/archive/store.ts';
import type { ArchiveFilter } from '../../../src/contracts/archive.ts';
import { type Jid, jid } from '../../../src/jid/jid.ts';
import { silent } from '../../../src/kernel/log.ts';
import type { Database } from '../../../src/kernel/sql.ts';
import { openDatabase } from '../../../src/storage/open-database.ts';
import { TimeOrderedId, timeOfId } from '../../../src/util/ids.ts';
import type { PageRequest } from '../../../src/xmpp/rsm.ts';
import { Stanza } from '../../../src/xmpp/stanza.ts';
import { StanzaError } from '../../../src/xmpp/stanza-error.ts';
import { FakeClock } from '../../support/clock.ts';
import { freshSchema, stopPostgres } from '../../support/postgres.ts';
import { parseXml } from '../../support/xml.ts';

after(stopPostgres);

const OWNERS = ['juliet', 'romeo', 'nurse'].map((it) => jid(`${it}@capulet.lit`));
const PEERS = [...OWNERS.map((it) => it.bare), 'tybalt@example.com'].flatMap((it) => [it, `${it}/a`, `${it}/b`]);

interface Entry {
  readonly id: string;
  readonly peer: Jid;
  readonly text: string;
}

interface Step {
  readonly kind: 'both' | 'one' | 'pause' | 'flush' | 'purge' | 'restart';
  readonly from: number;
  readonly to: number;
  readonly peer: string;
  readonly ms: number;
}

/** The archives, and next to them plain lists of what has to be in them. */
class Model {
  readonly clock = new FakeClock();
  readonly db: Database;
  readonly lists = new Map<string, Entry[]>(OWNERS.map((it) => [it.bare, []]));
  readonly start = this.clock.now();
  journal!: Journal;
  reader!: Reader;
  ids!: TimeOrderedId;
  #texts = 0;

  constructor(db: Database) {
    this.db = db;
  }

  async open(): Promise<void> {
    this.journal = new Journal({ db: this.db, clock: this.clock, log: silent });
    this.reader = new Reader(this.db, this.journal);
    this.ids = new TimeOrderedId(() => this.clock.now());
    this.ids.advanceTo(timeOfId((await this.journal.open()) ?? '') ?? 0);
  }

  async play(step: Step): Promise<void> {
    switch (step.kind) {
      case 'pause':
        return this.clock.advance(step.ms);
      case 'flush':
        return this.journal.flushed();
      case 'restart':
        await this.journal.close();
        return this.open();
      case 'purge':
        return this.#purge(OWNERS[step.to] as Jid, this.clock.now() - step.ms);
      default:
        return this.#say(step);
    }
  }

  async #purge(owner: Jid, timeMs: number): Promise<void> {
    const removal = new Removal({ db: this.db, journal: this.journal, signal: new AbortController().signal });
    const removed = await removal.before(owner, timeMs);
    const list = this.lists.get(owner.bare) as Entry[];
    const left = list.filter((it) => (timeOfId(it.id) ?? 0) >= timeMs);
    assert.equal(removed, list.length - left.length);
    this.lists.set(owner.bare, left);
  }

  #say({ kind, from, to, peer }: Step): void {
    const text = `t${this.#texts++}`;
    const id = this.ids.next();
    const owner = OWNERS[from] as Jid;
    const other = kind === 'both' ? (OWNERS[to] as Jid) : jid(peer);
    const message = new KeptMessage(id, stanza(owner, other, text), text);
    message.sender = { host: 'capulet.lit', owner, peer: other };
    this.#note(owner, { id, peer: other, text });
    void this.journal.add(message);
    if (kind === 'one' || other.bare === owner.bare) return;
    void this.journal.join(message, { host: 'capulet.lit', owner: other, peer: owner });
    this.#note(other, { id, peer: owner, text });
  }

  #note(owner: Jid, entry: Entry): void {
    this.lists.get(owner.bare)?.push(entry);
  }
}

function stanza(from: Jid, to: Jid, text: string): Stanza {
  return new Stanza(parseXml(`<message id='${text}'/>`), from, to);
}

interface Question {
  readonly owner: number;
  readonly with: string | undefined;
  readonly start: number | undefined;
  readonly end: number | undefined;
  /** Places in the list, taken modulo its length. */
  readonly after: number | undefined;
  readonly before: number | undefined;
  readonly ids: readonly number[] | undefined;
  readonly page: {
    readonly max: number | undefined;
    readonly after: number | undefined;
    readonly before: number | 'last' | undefined;
    readonly index: number | undefined;
  };
}

/** What the answer has to be. */
function expected(list: readonly Entry[], filter: ArchiveFilter, page: PageRequest) {
  const peer = filter.with;
  const all = list.filter(({ id, peer: its }) => {
    const time = timeOfId(id) ?? 0;
    return (
      (peer === undefined || its.full === peer.full || (peer.isBare && its.bare === peer.bare)) &&
      time >= (filter.start ?? -1) &&
      time <= (filter.end ?? Infinity) &&
      id > (filter.after ?? '') &&
      (filter.before === undefined || id < filter.before) &&
      (filter.ids === undefined || filter.ids.includes(id))
    );
  });
  const max = Math.min(page.max ?? 50, 250);
  const before = page.before === '' ? undefined : page.before;
  let part = all.filter(({ id }) => id > (page.after ?? '') && (before === undefined || id < before));
  const backward = page.before !== undefined;
  if (page.index !== undefined) part = all.slice(page.index);
  const chosen = backward && page.index === undefined ? part.slice(Math.max(0, part.length - max)) : part.slice(0, max);
  return { all, chosen, complete: chosen.length === part.length };
}

async function check(model: Model, question: Question): Promise<void> {
  const owner = OWNERS[question.owner] as Jid;
  const list = model.lists.get(owner.bare) as readonly Entry[];
  const idAt = (place: number) => list[place % Math.max(1, list.length)]?.id;
  const given = <T>(name: string, value: T | undefined) => (value === undefined ? {} : { [name]: value });
  const filter: ArchiveFilter = {
    ...given('with', question.with && jid(question.with)),
    ...given('start', question.start === undefined ? undefined : model.start + question.start),
    ...given('end', question.end === undefined ? undefined : model.start + question.end),
    ...given('after', question.after === undefined ? undefined : idAt(question.after)),
    ...given('before', question.before === undefined ? undefined : idAt(question.before)),
    ...given(
      'ids',
      list.length === 0 ? undefined : question.ids && [...new Set(question.ids.map((it) => idAt(it) ?? ''))],
    ),
  };
  const isFull = filter.with !== undefined && !filter.with.isBare && filter.ids === undefined;
  const { page } = question;
  const index = isFull ? undefined : page.index;
  const request: PageRequest = {
    ...given('max', page.max),
    ...given('index', index),
    ...(index === undefined
      ? {
          ...given('after', page.after === undefined ? undefined : idAt(page.after)),
          ...given('before', page.before === 'last' ? '' : page.before === undefined ? undefined : idAt(page.before)),
        }
      : {}),
  };
  const answer = await model.reader.query(owner, filter, request);
  const what = JSON.stringify({ owner: owner.bare, filter: { ...filter, with: filter.with?.full }, request });
  assert.ok(!(answer instanceof StanzaError), what);
  const wanted = expected(list, filter, request);
  assert.deepEqual(
    answer.messages.map((it) => [it.id, it.xml]),
    wanted.chosen.map((it) => [it.id, it.text]),
    what,
  );
  if (!isFull) {
    assert.equal(answer.count, wanted.all.length, what);
    const first = wanted.chosen[0];
    assert.equal(answer.index, first === undefined ? undefined : wanted.all.indexOf(first), what);
  }
  // With both ends given, or no messages wanted, a page may end where what was asked for does, and not say so.
  const isUnsure = request.max === 0 || (request.after !== undefined && request.before !== undefined);
  if (!isUnsure || answer.complete) assert.equal(answer.complete, wanted.complete, what);
}

const nat = (max: number) => fc.nat({ max });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { arbitrary: fc.constant('both' as const), weight: 20 },
    { arbitrary: fc.constant('one' as const), weight: 20 },
    { arbitrary: fc.constant('pause' as const), weight: 8 },
    { arbitrary: fc.constant('flush' as const), weight: 4 },
    { arbitrary: fc.constant('purge' as const), weight: 1 },
    { arbitrary: fc.constant('restart' as const), weight: 1 },
  ),
  from: nat(2),
  to: nat(2),
  peer: fc.constantFrom(...PEERS),
  ms: nat(9_000),
});
const question: fc.Arbitrary<Question> = fc.record({
  owner: nat(2),
  with: maybe(fc.constantFrom(...PEERS)),
  start: maybe(nat(100_000)),
  end: maybe(nat(100_000)),
  after: maybe(nat(200)),
  before: maybe(nat(200)),
  ids: fc.option(fc.array(nat(200), { maxLength: 60 }), { nil: undefined, freq: 1 }),
  page: fc.record({
    max: maybe(fc.oneof(nat(5), nat(70), fc.constant(300))),
    after: maybe(nat(200)),
    before: maybe(fc.oneof(nat(200), fc.constant('last' as const))),
    index: fc.option(nat(80), { nil: undefined, freq: 1 }),
  }),
});

for (const engine of ['sqlite', 'postgres'] as const) {
  suite(`archives on ${engine}`, () => {
    test('every query answers as a plain list would', async () => {
      const schema = engine === 'postgres' ? await freshSchema() : undefined;
      const db = await openDatabase(schema?.url ?? 'sqlite::memory:');
      await db.migrate('archive', migrations);
      const model = new Model(db);
      await model.open();
      try {
        let seed = 7;
        for (const steps of fc.sample(fc.array(step, { minLength: 60, maxLength: 60 }), { numRuns: 8, seed })) {
          for (const it of steps) await model.play(it);
          for (const it of fc.sample(question, { numRuns: 60, seed: seed++ })) await check(model, it);
        }
      } finally {
        await model.journal.close();
        await db.close();
        await schema?.drop();
      }
    });
  });
}
