/** Ids of messages (XEP-0359): one maker for all hosts of a process, so that the ids in an archive are in order. */
import { service } from '../kernel/service.ts';

export interface StanzaIds {
  /** An id that nobody can guess, and that sorts behind those made before; see `TimeOrderedId`. */
  next(): string;
  /** Ids made from now on sort behind every id of this time; milliseconds since 1970. */
  advanceTo(timeMs: number): void;
}
export const StanzaIds = service<StanzaIds>('stanza-ids');
