/** IQ handlers and nonzas of modules, with the session type filled in. */
import type { IqAnswer, IqBinding, IqRequest, IqTarget } from '../kernel/iq.ts';
import type { BindInline, Nonza } from '../kernel/stream-feature.ts';
import type { Awaitable } from '../util/awaitable.ts';
import type { Element } from '../xml/element.ts';
import type { Session } from './session.ts';

export type IqContext = IqRequest<Session>;

/** Binds a handler to requests of a type whose payload has this key, addressed to one of these targets. */
export function iq(
  type: 'get' | 'set',
  key: string,
  at: IqTarget | readonly IqTarget[],
  handler: (request: IqContext) => Awaitable<IqAnswer>,
): IqBinding<never> {
  // The kernel does not know sessions; the router is the only caller and always passes one of this type.
  return { type, key, at: typeof at === 'string' ? [at] : at, handler } as unknown as IqBinding<never>;
}

/** Binds a handler to elements that are no stanzas, on streams with a bound resource. */
export function nonza(key: string, handle: (session: Session, element: Element) => Awaitable<void>): Nonza<never> {
  // As for IQs: the router passes sessions of this type.
  return { key, handle } as unknown as Nonza<never>;
}

/** What a client can switch on while it binds a resource. */
export function bindInline(
  feature: string,
  key: string,
  enable: (session: Session, element: Element) => Awaitable<Element | undefined>,
): BindInline<never> {
  // As for IQs: the router passes sessions of this type.
  return { feature, key, enable } as unknown as BindInline<never>;
}
