/** XEP-0059: pages of a list that is in memory and in order. */
import { type PageFacts, type PageRequest, refusals, type StanzaError } from '#api';

/** How a list is ordered, and how its items are named to others. Names of items that are gone have a place, too. */
export interface Order<T> {
  idOf(item: T): string;
  /** Below 0 for an item before the one of this id, 0 for that one, above 0 for one behind it. */
  compare(item: T, id: string): number;
  /** Whether an item of this list may have that id. */
  accepts(id: string): boolean;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly facts: PageFacts;
}

/** Orders what has an address by it, which is its id. */
export function byAddress<T>(addressOf: (item: T) => string): Order<T> {
  return {
    idOf: addressOf,
    compare: (item, id) => compareText(addressOf(item), id),
    accepts: () => true,
  };
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The page that is wished for, of `limit` items at most. */
export function takePage<T>(
  list: readonly T[],
  order: Order<T>,
  wish: PageRequest,
  limit: number,
): Page<T> | StanzaError {
  const { after, before } = wish;
  // Section 2.4: such an id says nothing of where it was.
  if ((after !== undefined && !order.accepts(after)) || (before && !order.accepts(before)))
    return refusals.itemNotFound;
  const size = Math.min(wish.max ?? limit, limit);
  let start = after === undefined ? (wish.index ?? 0) : placeBehind(list, order, after);
  let end = list.length;
  if (before !== undefined) {
    if (before !== '') end = placeOf(list, order, before);
    start = Math.max(after === undefined ? 0 : start, end - size);
  }
  end = Math.min(end, start + size);
  const items = list.slice(start, end);
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined) return { items, facts: { count: list.length } };
  return { items, facts: { first: order.idOf(first), last: order.idOf(last), index: start, count: list.length } };
}

/** Where the item of this id stands, or would stand. */
export function placeOf<T>(list: readonly T[], order: Order<T>, id: string): number {
  return countWhile(list, (item) => order.compare(item, id) < 0);
}

function placeBehind<T>(list: readonly T[], order: Order<T>, id: string): number {
  return countWhile(list, (item) => order.compare(item, id) <= 0);
}

/** How many items at the beginning meet a condition that no item behind them meets. */
function countWhile<T>(list: readonly T[], meets: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (meets(list[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
