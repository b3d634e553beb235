/** Finds the entry at a place of a list by halving: entries are numbered without gaps, but only their ids are in an index. */
import { justBefore } from './range.ts';

interface Placed {
  readonly id: string;
  readonly place: number;
}

/** The characters of an id that tell time and order; the rest is random. */
const ORDERED = 14;
const BASE = 32n;

/**
 * A text that the entry with this place is the first behind; it is one between the two ends. `firstBehind` finds the
 * first entry behind a text. Each question halves the time that is left, and a million entries take twenty or so.
 */
export async function findPlace(
  place: number,
  { first, last }: { readonly first: Placed; readonly last: Placed },
  firstBehind: (text: string) => Promise<Placed | undefined>,
): Promise<string> {
  if (place <= first.place) return justBefore(first.id);
  // The entry at `low` is before the one that is sought, the first entry behind `high` is behind it.
  let low = first;
  let high = last.id;
  while (low.place + 1 < place) {
    const middle = between(low.id, high);
    const found = await firstBehind(middle ?? low.id);
    if (found === undefined) break;
    if (found.place < place) low = found;
    else if (found.place === place) return justBefore(found.id);
    else if (middle === undefined) break;
    else high = middle;
  }
  return low.id;
}

/** Undefined when nothing is between the two. */
function between(low: string, high: string): string | undefined {
  const from = toNumber(low);
  const middle = (from + toNumber(high)) / 2n;
  return middle > from ? toText(middle) : undefined;
}

function toNumber(id: string): bigint {
  let value = 0n;
  for (let i = 0; i < ORDERED; i++) value = value * BASE + BigInt(Number.parseInt(id[i] ?? '0', 32));
  return value;
}

function toText(value: bigint): string {
  return value.toString(32).padStart(ORDERED, '0');
}
