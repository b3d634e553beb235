/** A part of the ledger: so many entries in columns, made at once and then only filled. */
import type { Jid, Step } from '#api';

export const CHUNK_ENTRIES = 1024;

/** The first entry of each message is its head; the others say what became of it. */
export class Chunk {
  /** Its place among all chunks of the process. */
  number = 0;
  /** The number of its first entry; entries are numbered from 1 on. */
  first = 1;
  /** Entries that are filled. */
  length = 0;
  /** Of a head, the fingerprint of the message's id; of another entry, the number of its head. */
  readonly keys = new Float64Array(CHUNK_ENTRIES);
  /** Milliseconds since 1970. */
  readonly times = new Float64Array(CHUNK_ENTRIES);
  /** Undefined for a head that says no more than whose message it is, and for another name of a message. */
  readonly steps = new Array<Step | undefined>(CHUNK_ENTRIES).fill(undefined);
  /** Of a head, who sent it. */
  readonly wheres = new Array<Jid | undefined>(CHUNK_ENTRIES).fill(undefined);
  /** Of a head, for whom it is; of another entry, undefined. */
  readonly recipients = new Array<Jid | undefined>(CHUNK_ENTRIES).fill(undefined);
  readonly details = new Array<string | undefined>(CHUNK_ENTRIES).fill(undefined);

  /** Empties it, and gives it another place. */
  begin(number: number): void {
    this.number = number;
    this.first = number * CHUNK_ENTRIES + 1;
    this.length = 0;
    this.recipients.fill(undefined);
  }
}

/** Chunks of all ledgers of a process are numbered together: so what another ledger gave a message is not mistaken. */
let numbers = 0;

export function nextNumber(): number {
  return numbers++;
}
