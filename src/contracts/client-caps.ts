/** What clients can do, as they announce it with their presence (XEP-0115). */
import type { Jid } from '../jid/jid.ts';
import { tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Session } from './session.ts';

export interface ClientCaps {
  /** Features of the client behind a local session; undefined while they are not known. The list is shared. */
  featuresOf(session: Session): readonly string[] | undefined;
  /** The same by full address, for local clients and for those elsewhere whose presence has come here. */
  featuresAt(client: Jid): readonly string[] | undefined;
}
export const ClientCaps = service<ClientCaps>('client-caps');

export interface CapsChange {
  /** The full address of the client. */
  readonly client: Jid;
  /** Its session; undefined for a client elsewhere. */
  readonly session: Session | undefined;
  readonly features: readonly string[];
}

/** The features of an available client became known, or are others than before. */
export const capsChanged = tellPoint<CapsChange>('caps.changed');
