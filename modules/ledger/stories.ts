/** Finds in the ledger what became of the messages with an id. */
import type { Jid, Step } from '#api';
import type { Book } from './book.ts';
import type { Chunk } from './chunk.ts';
import { fingerprint } from './fingerprint.ts';

export interface StoryStep {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly step: Step;
  readonly where: Jid | undefined;
  readonly detail: string | undefined;
}

/** One message, from whoever sent it; sent again with the same id to the same address it is the same. */
export interface Story {
  readonly from: Jid;
  readonly to: Jid;
  readonly steps: readonly StoryStep[];
}

interface Growing extends Story {
  readonly steps: StoryStep[];
  isAskedFor: boolean;
}

/**
 * `id` is the id attribute of a message, its origin id, or an id that an archive knows it by. What was read from storage
 * has a head of its own there, so heads of one message are put together again.
 */
export function findStories(book: Book, id: string): readonly Story[] {
  const { heads, keys } = search(book, id);
  const stories = new Map<string, Growing>();
  const byHead = new Map<number, Growing>();
  for (const chunk of book.chunks()) {
    for (let i = 0; i < chunk.length; i++) {
      const to = chunk.recipients[i];
      const number = chunk.first + i;
      if (to !== undefined && (heads.has(number) || keys.has(chunk.keys[i] as number))) {
        const story = storyOf(stories, chunk.wheres[i] as Jid, to);
        story.isAskedFor ||= heads.has(number);
        byHead.set(number, story);
      }
      const steps = byHead.get(to === undefined ? (chunk.keys[i] as number) : number)?.steps;
      const step = stepAt(chunk, i);
      if (steps !== undefined && step !== undefined) steps.push(step);
    }
  }
  return [...stories.values()].filter((it) => it.isAskedFor);
}

/** The heads that the id names in one way or another, and the keys of those that are known by a key. */
function search(book: Book, id: string): { heads: ReadonlySet<number>; keys: ReadonlySet<number> } {
  const key = fingerprint(id);
  const alias = String(key);
  const heads = new Set<number>();
  const keys = new Set<number>();
  const all = new Map<number, number>();
  for (const chunk of book.chunks()) {
    for (let i = 0; i < chunk.length; i++) {
      const own = chunk.keys[i] as number;
      if (chunk.recipients[i] !== undefined) {
        all.set(chunk.first + i, own);
        if (own === key) heads.add(chunk.first + i);
      } else if (isName(chunk, i, id, alias)) heads.add(own);
    }
  }
  for (const head of heads) {
    const own = all.get(head);
    if (own !== undefined && own >= 0) keys.add(own);
  }
  return { heads, keys };
}

function isName({ steps, details }: Chunk, i: number, id: string, alias: string): boolean {
  const step = steps[i];
  if (step === undefined) return details[i] === alias;
  return step === 'archived' && details[i] === id;
}

function storyOf(stories: Map<string, Growing>, from: Jid, to: Jid): Growing {
  const name = `${from.full} ${to.full}`;
  let story = stories.get(name);
  if (story === undefined) {
    story = { from, to, steps: [], isAskedFor: false };
    stories.set(name, story);
  }
  return story;
}

function stepAt({ steps, times, wheres, details }: Chunk, i: number): StoryStep | undefined {
  const step = steps[i];
  return step && { at: times[i] as number, step, where: wheres[i], detail: details[i] };
}
