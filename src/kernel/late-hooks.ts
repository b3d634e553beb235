/** The hook points as modules run them: there during set-up, in force once the last module is set up. */
import type { Awaitable } from '../util/awaitable.ts';
import type { CollectPoint, FilterPoint, HookTable, TellPoint } from './hook.ts';

/** Asks and tells the modules of one host, the caller's own handlers among them. */
export type Hooks = Pick<HookTable, 'run' | 'collect' | 'tell'>;

/** Stands in for the table, which cannot be compiled before every module has said what it binds. */
export class LateHooks implements Hooks {
  #table: HookTable | undefined;

  bind(table: HookTable): void {
    this.#table = table;
  }

  run<Context, Verdict>(point: FilterPoint<Context, Verdict>, context: Context): Awaitable<Verdict | undefined> {
    return this.#ready(point.name).run(point, context);
  }

  collect<Context, Item>(point: CollectPoint<Context, Item>, context: Context): Promise<Item[]> {
    return this.#ready(point.name).collect(point, context);
  }

  tell<Event>(point: TellPoint<Event>, event: Event): Awaitable<void> {
    return this.#ready(point.name).tell(point, event);
  }

  #ready(point: string): HookTable {
    if (this.#table === undefined) throw new Error(`${point} ran before all modules were set up`);
    return this.#table;
  }
}
