/** Typed names for what one part provides and others use. Parts share tokens, never imports. */
export interface Service<T> {
  readonly name: string;
  readonly optional?: boolean;
  readonly type?: T;
}

export function service<T>(name: string): Service<T> {
  return { name };
}

/** Absent when the providing module is not enabled; the type says so. */
export function optional<T>(token: Service<T>): Service<T | undefined> {
  return { name: token.name, optional: true };
}

// A map of tokens is invariant in nothing, and `Resolved` recovers each T.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Services = Readonly<Record<string, Service<any>>>;
export type Resolved<S extends Services> = { readonly [K in keyof S]: S[K] extends Service<infer T> ? T : never };
