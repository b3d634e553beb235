/** XEP-0030: what an entity is, what it can do and what belongs to it, as values and as XML; forms by XEP-0128. */
import { type Element, el } from '../xml/element.ts';
import { type Form, writeForm } from './forms.ts';
import { NS } from './ns.ts';

export interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name?: string;
  readonly lang?: string;
}

/** What disco#info tells of an entity or of one of its nodes. */
export interface DiscoInfo {
  readonly identities: readonly Identity[];
  readonly features: readonly string[];
  /** Each has a `formType`, and no two have the same (XEP-0115 section 5.4). */
  readonly forms: readonly Form[];
}

/** What disco#items lists. */
export interface DiscoItem {
  readonly jid: string;
  readonly node?: string;
  readonly name?: string;
}

/** The answer to disco#info; it mirrors the node that was asked for (XEP-0030 section 3.2). */
export function writeDiscoInfo(info: DiscoInfo, node?: string): Element {
  return el(
    NS.discoInfo,
    'query',
    { node },
    ...info.identities.map(writeIdentity),
    ...info.features.map((it) => el(NS.discoInfo, 'feature', { var: it })),
    ...info.forms.map(writeForm),
  );
}

/** The answer to disco#items; it mirrors the node that was asked for (XEP-0030 section 4.2). */
export function writeDiscoItems(items: readonly DiscoItem[], node?: string): Element {
  const list = items.map((it) => el(NS.discoItems, 'item', { jid: it.jid, node: it.node, name: it.name }));
  return el(NS.discoItems, 'query', { node }, ...list);
}

function writeIdentity({ category, type, name, lang }: Identity): Element {
  return el(NS.discoInfo, 'identity', { category, type, name, 'xml:lang': lang });
}
