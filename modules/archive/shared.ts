/** The journal and its readers: one set for all hosts of a database, as long as any of them runs. */
import type { Clock, Database, Logger, StanzaIds } from '#api';
import { timeOfId } from '#api';
import { Journal } from './journal.ts';
import { Reader } from './reader.ts';
import { Retractions } from './retractions.ts';

export interface Shared {
  readonly journal: Journal;
  readonly reader: Reader;
  readonly retractions: Retractions;
  /** To be called by each host that stops; the last one waits until everything is written. */
  release(): Promise<void>;
}

export interface SharedParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ids: StanzaIds;
}

interface Open {
  readonly shared: Promise<Omit<Shared, 'release'>>;
  readonly stopping: AbortController;
  users: number;
}

const open = new WeakMap<Database, Open>();

export async function acquire(parts: SharedParts): Promise<Shared> {
  const found = open.get(parts.db) ?? create(parts);
  found.users++;
  return { ...(await found.shared), release: () => release(parts.db, found) };
}

function create(parts: SharedParts): Open {
  const stopping = new AbortController();
  const created = { shared: start(parts, stopping.signal), stopping, users: 0 };
  open.set(parts.db, created);
  return created;
}

async function start({ db, clock, log, ids }: SharedParts, signal: AbortSignal): Promise<Omit<Shared, 'release'>> {
  const journal = new Journal({ db, clock, log });
  const newest = await journal.open();
  // Whatever the clock says now: what comes is behind what was.
  if (newest !== undefined) ids.advanceTo(timeOfId(newest) ?? 0);
  const retractions = new Retractions({ db, journal, log, signal });
  void retractions.run();
  return { journal, reader: new Reader(db, journal), retractions };
}

async function release(db: Database, found: Open): Promise<void> {
  if (--found.users > 0) return;
  if (open.get(db) === found) open.delete(db);
  found.stopping.abort();
  const { journal, retractions } = await found.shared;
  await retractions.run();
  await journal.close();
}
