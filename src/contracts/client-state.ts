/** Whether people look at their clients, as far as the clients say so (XEP-0352). */
import { tellPoint } from '../kernel/hook.ts';
import type { Session } from './session.ts';

export interface ClientStateChange {
  readonly session: Session;
  readonly isActive: boolean;
}

/**
 * A client said that it is active or inactive, maybe not for the first time. It is not told that each stream begins
 * active, a resumed one too. Nobody else may learn of it (section 6).
 */
export const clientStateSaid = tellPoint<ClientStateChange>('client-state.said');
