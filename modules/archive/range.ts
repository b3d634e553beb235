/** Ranges of ids: an id begins with its time, so that a range of times is one of ids. */
import { type ArchiveFilter, firstIdAt } from '#api';

/** The ids between two texts, neither of them included. */
export interface Range {
  readonly after: string;
  readonly before: string;
}

/** Behind every id. */
const END = '~';
/** The characters that tell the time. */
const TIME_LENGTH = 10;

export const ALL: Range = { after: '', before: END };

/** Section 4.1.2: the moments that are given belong to the range. */
export function rangeOf({ start, end, after, before }: ArchiveFilter): Range {
  const times = {
    after: start === undefined ? '' : timeText(start),
    before: end === undefined ? END : timeText(Math.floor(end) + 1),
  };
  return narrowed(times, after, before);
}

/** The part of a range behind and before some ids. */
export function narrowed({ after, before }: Range, newAfter = '', newBefore = END): Range {
  return { after: newAfter > after ? newAfter : after, before: newBefore < before ? newBefore : before };
}

/** Before every id of this time, and behind every id of times before. */
export function timeText(timeMs: number): string {
  return firstIdAt(timeMs).slice(0, TIME_LENGTH);
}

/** Before this id, and behind all that are before it. */
export function justBefore(id: string): string {
  return id.slice(0, -1);
}
