/** Service discovery (XEP-0030): what a host and its accounts say of themselves. */
import type { Jid } from '../jid/jid.ts';
import { collectPoint, filterPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { DiscoInfo, DiscoItem, Identity } from '../xmpp/disco.ts';
import type { Form } from '../xmpp/forms.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';

export type { DiscoInfo, DiscoItem, Identity };

export interface DiscoQuery {
  /** Who asks. */
  readonly from: Jid;
  /** The host or the account that is asked. */
  readonly to: Jid;
}

/** A question about one node of the host or of an account; at accounts, from somebody who may see its presence. */
export interface DiscoNodeQuery extends DiscoQuery {
  readonly node: string;
  /** Whether the one who asks holds an administrator's role on this host. */
  readonly isAdmin: boolean;
}

/** Services that the host lists (disco#items). */
export const hostItems = collectPoint<DiscoQuery, DiscoItem>('disco.host-items');
/** Forms in the host's disco#info (XEP-0128). Those of one FORM_TYPE become one form. */
export const hostForms = collectPoint<DiscoQuery, Form>('disco.host-forms');
/** Features of the host besides those that modules declare: ones that come and go, or depend on who asks. */
export const hostFeatures = collectPoint<DiscoQuery, string>('disco.host-features');
/** Items of an account, for those who may see its presence. */
export const accountItems = collectPoint<DiscoQuery, DiscoItem>('disco.account-items');
/** Features of an account besides those that modules declare. */
export const accountFeatures = collectPoint<DiscoQuery, string>('disco.account-features');

/** disco#info of a node: the module that knows the node answers. Unknown nodes are `item-not-found`. */
export const nodeInfo = filterPoint<DiscoNodeQuery, DiscoInfo | StanzaError>('disco.node-info');
/** disco#items of a node: the module that knows the node answers. Unknown nodes are `item-not-found`. */
export const nodeItems = filterPoint<DiscoNodeQuery, readonly DiscoItem[] | StanzaError>('disco.node-items');

/** What the modules of this host declare, complete once all are set up. */
export interface Catalog {
  /** Sorted and without doubles. */
  features(of: 'host' | 'account'): readonly string[];
  identities(of: 'host' | 'account'): readonly Identity[];
}
export const Catalog = service<Catalog>('catalog');

/** What the host answers to disco#info, all that modules declare and contribute taken together. */
export interface HostDisco {
  info(query: DiscoQuery): Promise<DiscoInfo>;
}
export const HostDisco = service<HostDisco>('host-disco');

/** The entity capabilities of this host (XEP-0115), for stream features and for answers to the node. */
export interface ServerCaps {
  readonly node: string;
  ver(): Promise<string>;
}
export const ServerCaps = service<ServerCaps>('server-caps');
