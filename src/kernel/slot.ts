/** Typed scratch space: a feature keeps its facts on a session without changing the session's shape. */
export interface Slot<T> {
  readonly index: number;
  readonly name: string;
  readonly type?: T;
}

let slots = 0;

/** Declares a slot. Call it once, at the top of a module's file. */
export function slot<T>(name: string): Slot<T> {
  return { index: slots++, name };
}

/** The values of one owner. Allocates nothing until the first `set`. */
export class Slots {
  #values: unknown[] | undefined;

  get<T>(key: Slot<T>): T | undefined {
    return this.#values?.[key.index] as T | undefined;
  }

  set<T>(key: Slot<T>, value: T | undefined): void {
    (this.#values ??= [])[key.index] = value;
  }
}
