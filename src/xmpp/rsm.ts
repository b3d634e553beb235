/** XEP-0059: result set management, a long list told page by page. */
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from './ns.ts';

export const RSM_SET = clark(NS.rsm, 'set');

/** Which page is wanted. */
export interface PageRequest {
  /** Items at most; 0 asks for their number alone (section 2.7). Undefined: as many as the answering side likes. */
  readonly max?: number;
  /** The page begins behind this item (section 2.2). */
  readonly after?: string;
  /** The page ends before this item (section 2.3); '' asks for the last page (section 2.5). */
  readonly before?: string;
  /** The page begins at this place, counted from 0 (section 2.6). */
  readonly index?: number;
}

/** What is told of a page. */
export interface PageFacts {
  /** The ids of its first and last item, where it has any. */
  readonly first?: string;
  readonly last?: string;
  /** Where its first item stands among all, counted from 0. */
  readonly index?: number | undefined;
  /** How many items there are in all. */
  readonly count?: number | undefined;
}

const EVERYTHING: PageRequest = Object.freeze({});
const NUMBER = /^\d{1,9}$/;

/** What the `<set/>` in a request asks for, or nothing in particular without one; undefined when it is malformed. */
export function readPageRequest(payload: Element): PageRequest | undefined {
  const set = payload.child(RSM_SET);
  if (set === undefined) return EVERYTHING;
  const max = readNumber(set, 'max');
  const index = readNumber(set, 'index');
  if (max === 'malformed' || index === 'malformed') return undefined;
  const after = set.childText(clark(NS.rsm, 'after'));
  const before = set.childText(clark(NS.rsm, 'before'));
  return {
    ...(max === undefined ? {} : { max }),
    ...(index === undefined ? {} : { index }),
    // An empty `<after/>` means what leaving it out does: from the first item on.
    ...(after === undefined || after === '' ? {} : { after }),
    ...(before === undefined ? {} : { before }),
  };
}

/** The `<set/>` of an answer. */
export function writePageFacts({ first, last, index, count }: PageFacts): Element {
  const place = index === undefined ? null : { index: String(index) };
  return el(
    NS.rsm,
    'set',
    null,
    first === undefined ? undefined : el(NS.rsm, 'first', place, first),
    last === undefined ? undefined : el(NS.rsm, 'last', null, last),
    count === undefined ? undefined : el(NS.rsm, 'count', null, String(count)),
  );
}

function readNumber(set: Element, name: string): number | 'malformed' | undefined {
  const text = set.childText(clark(NS.rsm, name))?.trim();
  if (text === undefined) return undefined;
  return NUMBER.test(text) ? Number(text) : 'malformed';
}
