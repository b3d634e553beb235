/**
 * Typed extension points.
 *
 * A point is a constant in src/contracts; a module binds handlers to it; the kernel sorts the bindings once, at boot,
 * into flat arrays. Running a point is one loop that stays synchronous until a handler returns a promise, so a stanza
 * that nobody needs to wait for never touches the microtask queue.
 */
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import type { Logger } from './log.ts';

/** Fixed order of work inside every point. Modules name a phase; nobody writes a number. */
export const PHASES = ['guard', 'rewrite', 'record', 'copy', 'handle', 'fallback'] as const;
export type Phase = (typeof PHASES)[number];

export interface Point {
  readonly id: number;
  readonly name: string;
}

/** First answer other than `undefined` wins and ends the run. */
export interface FilterPoint<Context, Verdict> extends Point {
  readonly types?: { context: Context; verdict: Verdict };
}

/** Every handler adds to one list. */
export interface CollectPoint<Context, Item> extends Point {
  readonly items?: { context: Context; item: Item };
}

/** Observers: all are told, nobody answers; a failure is logged and does not reach the others. */
export interface TellPoint<Event> extends Point {
  readonly event?: Event;
}

export interface Order {
  /** Names of modules that this handler precedes or follows within its phase. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

export interface Binding extends Required<Order> {
  readonly point: Point;
  readonly phase: Phase;
  readonly handler: (context: never) => unknown;
}

let points = 0;

export function filterPoint<Context, Verdict>(name: string): FilterPoint<Context, Verdict> {
  return { id: points++, name };
}

export function collectPoint<Context, Item>(name: string): CollectPoint<Context, Item> {
  return { id: points++, name };
}

export function tellPoint<Event>(name: string): TellPoint<Event> {
  return { id: points++, name };
}

/** Binds a handler to a filter point. */
export function on<Context, Verdict>(
  point: FilterPoint<Context, Verdict>,
  phase: Phase,
  handler: (context: Context) => Awaitable<Verdict | undefined | void>,
  order: Order = {},
): Binding {
  return { point, phase, handler, before: order.before ?? [], after: order.after ?? [] };
}

/** Contributes to a collect point. */
export function contribute<Context, Item>(
  point: CollectPoint<Context, Item>,
  handler: (context: Context) => Awaitable<readonly Item[]>,
): Binding {
  return { point, phase: 'handle', handler, before: [], after: [] };
}

/** Observes a tell point. */
export function observe<Event>(
  point: TellPoint<Event>,
  handler: (event: Event) => Awaitable<void>,
  order: Order = {},
): Binding {
  return { point, phase: 'handle', handler, before: order.before ?? [], after: order.after ?? [] };
}

/** Names the point and the module, so a failing handler is found from the log line alone. */
export class HookFailure extends Error {
  override readonly name = 'HookFailure';
  constructor(point: string, owner: string, cause: unknown) {
    super(`${owner} failed in ${point}`, { cause });
  }
}

type Handler = (context: unknown) => unknown;
interface Chain {
  readonly point: string;
  readonly owners: readonly string[];
  readonly handlers: readonly Handler[];
}

/** The compiled hooks of one virtual host. */
export class HookTable {
  readonly #chains: (Chain | undefined)[] = [];
  readonly #log: Logger;

  /** Sorts by phase, then by before and after; throws on a cycle, so a contradiction never reaches production. */
  constructor(bindings: Iterable<readonly [owner: string, Binding]>, log: Logger) {
    this.#log = log;
    const byPoint = new Map<number, [string, Binding][]>();
    for (const [owner, binding] of bindings) {
      const list = byPoint.get(binding.point.id) ?? [];
      list.push([owner, binding]);
      byPoint.set(binding.point.id, list);
    }
    for (const [id, list] of byPoint) {
      const sorted = PHASES.flatMap((phase) => order(list.filter(([, it]) => it.phase === phase)));
      this.#chains[id] = {
        point: (list[0] as [string, Binding])[1].point.name,
        owners: sorted.map(([owner]) => owner),
        handlers: sorted.map(([, it]) => it.handler as Handler),
      };
    }
  }

  /** Whether anything is bound to the point. */
  has(point: Point): boolean {
    return this.#chains[point.id] !== undefined;
  }

  /** Asks the handlers in turn; the first answer ends the run. Throws or rejects with `HookFailure`. */
  run<Context, Verdict>(point: FilterPoint<Context, Verdict>, context: Context): Awaitable<Verdict | undefined> {
    const chain = this.#chains[point.id];
    if (chain === undefined) return undefined;
    const { handlers } = chain;
    let i = 0;
    try {
      for (; i < handlers.length; i++) {
        const answer = (handlers[i] as Handler)(context);
        if (answer === undefined) continue;
        return (isPromise(answer) ? resume(chain, i, context, answer) : answer) as Awaitable<Verdict | undefined>;
      }
      return undefined;
    } catch (cause) {
      throw new HookFailure(chain.point, chain.owners[i] as string, cause);
    }
  }

  /** All contributions, in the order of the modules. Not for hot paths. */
  async collect<Context, Item>(point: CollectPoint<Context, Item>, context: Context): Promise<Item[]> {
    const chain = this.#chains[point.id];
    const items: Item[] = [];
    for (const [i, handler] of (chain?.handlers ?? []).entries()) {
      try {
        items.push(...((await handler(context)) as readonly Item[]));
      } catch (cause) {
        throw new HookFailure(point.name, chain?.owners[i] as string, cause);
      }
    }
    return items;
  }

  /** Tells every observer. Returns a promise only when an observer did; it never rejects. */
  tell<Event>(point: TellPoint<Event>, event: Event): Awaitable<void> {
    const chain = this.#chains[point.id];
    if (chain === undefined) return undefined;
    let waiting: Promise<unknown>[] | undefined;
    for (let i = 0; i < chain.handlers.length; i++) {
      try {
        const answer = (chain.handlers[i] as Handler)(event);
        if (isPromise(answer)) {
          (waiting ??= []).push(answer.catch((cause) => this.#failed(chain, i, cause)));
        }
      } catch (cause) {
        this.#failed(chain, i, cause);
      }
    }
    return waiting === undefined ? undefined : Promise.all(waiting).then(() => undefined);
  }

  #failed(chain: Chain, index: number, cause: unknown): void {
    const failure = new HookFailure(chain.point, chain.owners[index] as string, cause);
    this.#log.error({ err: failure }, failure.message);
  }
}

async function resume(chain: Chain, from: number, context: unknown, pending: Promise<unknown>): Promise<unknown> {
  let i = from;
  try {
    let answer = await pending;
    while (answer === undefined && ++i < chain.handlers.length) answer = await (chain.handlers[i] as Handler)(context);
    return answer;
  } catch (cause) {
    throw new HookFailure(chain.point, chain.owners[i] as string, cause);
  }
}

/** Stable topological order of one phase. */
function order(list: readonly [string, Binding][]): [string, Binding][] {
  const done: [string, Binding][] = [];
  const left = [...list];
  while (left.length > 0) {
    const next = left.findIndex(
      ([owner, it]) =>
        !left.some(([other, o]) => other !== owner && (it.after.includes(other) || o.before.includes(owner))),
    );
    if (next < 0) {
      const point = (left[0] as [string, Binding])[1].point.name;
      throw new Error(`hook order cycle in ${point}: ${left.map(([owner]) => owner).join(', ')}`);
    }
    done.push(...left.splice(next, 1));
  }
  return done;
}
