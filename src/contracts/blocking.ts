/** Whom an account does not want to hear from (XEP-0191). */
import type { Jid } from '../jid/jid.ts';
import { service } from '../kernel/service.ts';
import type { Awaitable } from '../util/awaitable.ts';

export interface Blocking {
  isBlocked(owner: string, peer: Jid): Awaitable<boolean>;
}
export const Blocking = service<Blocking>('blocking');
