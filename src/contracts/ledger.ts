/** What becomes of messages, step by step, for operators: who, where and when, never what was said. */
import type { Jid } from '../jid/jid.ts';
import { service } from '../kernel/service.ts';
import type { Stanza } from '../xmpp/stanza.ts';

/**
 * One thing that happens to a message. `where` is the address that it happens at, `detail` a word more:
 *
 * - `received`: it came, from the device `where`, over the transport `detail`; without those it is the server's own, or
 *   from elsewhere;
 * - `blocked`: by the block list of the account `where`;
 * - `archived`: in the archive of the account `where`, under the id `detail`;
 * - `copied`: the device `where` is to have a copy (XEP-0280), of what was `detail`: sent or received;
 * - `held`: back from the device `where`, which nobody looks at (XEP-0352);
 * - `written`: to the connection of the device `where`; `managed` when it acknowledges what it gets (XEP-0198);
 * - `queued`: for the device `where`, whose connection is lost, and which may come back (XEP-0198);
 * - `resent`: to the device `where`, which came back;
 * - `acknowledged`: by the device `where`;
 * - `lost`: the session of the device `where` is over, and it had not acknowledged it;
 * - `untaken`: no device of the account `where` takes it; `detail` says why;
 * - `stored`: in the offline storage of the account `where`;
 * - `fetched`: from there, for the device `where`; with a `detail` it is not sent to it, since it has it from there;
 * - `pushed`: the service `detail` was asked to wake a device of the account `where` (XEP-0357);
 * - `relayed`: to whatever serves the domain `detail`;
 * - `bounced`: back to its sender, with the condition `detail`;
 * - `dropped`: nobody gets it, and nobody is told; `detail` says why.
 */
export type Step =
  | 'received'
  | 'blocked'
  | 'archived'
  | 'copied'
  | 'held'
  | 'written'
  | 'queued'
  | 'resent'
  | 'acknowledged'
  | 'lost'
  | 'untaken'
  | 'stored'
  | 'fetched'
  | 'pushed'
  | 'relayed'
  | 'bounced'
  | 'dropped';

export interface Ledger {
  /**
   * Something begins that steps follow on at once: what the time is, in milliseconds since 1970; where that is not known
   * the ledger looks. Steps that come of waiting, for storage or for a lost client, have their own time in any case.
   */
  turn(at?: number): void;
  /**
   * Notes a step of a message; other stanzas are passed over. Costs next to nothing. `detail` is kept as it is given: a
   * constant, or a string that is no part of the stanza.
   */
  note(step: Step, stanza: Stanza, where?: Jid, detail?: string): void;
}
export const Ledger = service<Ledger>('ledger');
