/** Service discovery (XEP-0030): what a host and its accounts say of themselves. */
import type { Jid } from '../jid/jid.ts';
import { collectPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Form } from '../xmpp/forms.ts';

export interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name?: string;
  readonly lang?: string;
}
export interface DiscoItem {
  readonly jid: string;
  readonly node?: string;
  readonly name?: string;
}
export interface DiscoQuery {
  /** Who asks. */
  readonly from: Jid;
  /** The host or the account that is asked. */
  readonly to: Jid;
}

/** Services that the host lists (disco#items). */
export const hostItems = collectPoint<DiscoQuery, DiscoItem>('disco.host-items');
/** Forms in the host's disco#info (XEP-0128). */
export const hostForms = collectPoint<DiscoQuery, Form>('disco.host-forms');
/** Items of an account, for those who may see its presence. */
export const accountItems = collectPoint<DiscoQuery, DiscoItem>('disco.account-items');

/** What the modules of this host declare, complete once all are set up. */
export interface Catalog {
  /** Sorted and without doubles. */
  features(of: 'host' | 'account'): readonly string[];
  identities(of: 'host' | 'account'): readonly Identity[];
}
export const Catalog = service<Catalog>('catalog');

/** The entity capabilities of this host (XEP-0115), for stream features and for answers to the node. */
export interface ServerCaps {
  readonly node: string;
  ver(): Promise<string>;
}
export const ServerCaps = service<ServerCaps>('server-caps');
