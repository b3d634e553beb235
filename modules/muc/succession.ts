/** What outlives a reload of the host: its rooms go on under new options, as its sessions do. */
import type { Database } from '#api';
import type { Absences } from './absences.ts';
import type { Rooms } from './rooms.ts';

export interface Estate {
  readonly rooms: Rooms;
  readonly absences: Absences;
}

const estates = new WeakMap<Database, Map<string, Estate & { heirs: number }>>();

/** The rooms of a domain from whoever serves them now; otherwise those that `create` makes. */
export function inherit(db: Database, domain: string, create: () => Estate): { estate: Estate; isNew: boolean } {
  let known = estates.get(db);
  if (known === undefined) estates.set(db, (known = new Map()));
  const found = known.get(domain);
  if (found !== undefined) {
    found.heirs++;
    return { estate: found, isNew: false };
  }
  const estate = { ...create(), heirs: 1 };
  known.set(domain, estate);
  return { estate, isNew: true };
}

/** Whoever served the rooms does no more; true when nobody else does. */
export function bequeath(db: Database, domain: string): boolean {
  const known = estates.get(db);
  const estate = known?.get(domain);
  if (known === undefined || estate === undefined || --estate.heirs > 0) return false;
  known.delete(domain);
  return true;
}
