/** A module is a value: what it is, what it needs and adds, and a `setup` that returns its parts. */
import type { z } from 'zod';
import type { Jid } from '../jid/jid.ts';
import type { Awaitable } from '../util/awaitable.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { Clock } from './clock.ts';
import type { Command } from './command.ts';
import type { Binding } from './hook.ts';
import type { IqBinding } from './iq.ts';
import type { Hooks } from './late-hooks.ts';
import type { Logger } from './log.ts';
import type { Counter } from './metrics.ts';
import type { Resolved, Services } from './service.ts';
import type { Database, Migration } from './sql.ts';
import type { BindInline, Nonza, PreAuthIq, StreamFeature } from './stream-feature.ts';

/** One specification that a module implements; the XEP table and the DOAP file are made of these. */
export interface Xep {
  readonly number: number;
  /** The revision of the specification that was followed. */
  readonly version: string;
  /** What is missing, when something is. */
  readonly note?: string;
}

export interface Disco {
  readonly host?: readonly string[];
  readonly account?: readonly string[];
  readonly hostIdentities?: readonly { readonly category: string; readonly type: string; readonly name?: string }[];
  readonly accountIdentities?: readonly { readonly category: string; readonly type: string; readonly name?: string }[];
}

/** Counters of a module: name to help text. */
export type CounterSpecs = Readonly<Record<string, string>>;

/** Everything that a module may touch. There is no global to reach for. */
export interface ModuleContext<C, R extends Services, M extends CounterSpecs> {
  /** The virtual host. */
  readonly host: Jid;
  readonly config: C;
  readonly services: Resolved<R>;
  /** Runs hook points. Throws during set-up: the other modules have not said yet what they bind. */
  readonly hooks: Hooks;
  readonly db: Database;
  readonly metrics: { readonly [K in keyof M]: Counter };
  readonly log: Logger;
  readonly clock: Clock;
  /** Aborted when the module stops; pass it to every timer, loop and request. */
  readonly signal: AbortSignal;
}

/** A subdomain that the module serves by itself, such as `conference.`; made by `component` of contracts/routing.ts. */
export interface ComponentPart {
  readonly domain: string;
  /** `origin` is the local session that sent it, if one did. */
  receive(stanza: Stanza, origin: unknown): Awaitable<void>;
}

/** What setup hands back; the kernel registers it and, on stop or reload, unregisters all of it. */
export type ModuleParts<P extends Services> = {
  readonly hooks?: readonly Binding[];
  readonly iq?: readonly IqBinding<never>[];
  readonly commands?: readonly Command[];
  readonly streamFeatures?: readonly StreamFeature[];
  readonly nonzas?: readonly Nonza<never>[];
  readonly preAuth?: readonly PreAuthIq[];
  readonly bindInline?: readonly BindInline<never>[];
  readonly components?: readonly ComponentPart[];
  /** Runs when the host stops, in the reverse order of set-up. */
  close?(): Awaitable<void>;
} & (keyof P extends never ? { readonly services?: never } : { readonly services: Resolved<P> });

export interface ModuleSpec<C extends z.ZodType, R extends Services, P extends Services, M extends CounterSpecs> {
  readonly name: string;
  readonly summary: string;
  readonly xeps?: readonly Xep[];
  /** Whether a host has it without asking for it. Default true. */
  readonly enabled?: boolean;
  readonly config: C;
  readonly requires?: R;
  readonly provides?: P;
  readonly migrations?: readonly Migration[];
  readonly disco?: Disco;
  readonly metrics?: M;
  /** The subdomains that it would serve, prepared: known before it runs, so that a domain is not given out twice. */
  domains?(host: string, options: z.output<C>): readonly string[];
  /** Runs once per virtual host, after its requirements; must not touch the network or block. */
  setup(context: ModuleContext<z.output<C>, R, M>): Awaitable<ModuleParts<P>>;
}

export type Module = ModuleSpec<z.ZodType, Services, Services, CounterSpecs>;

export function defineModule<
  C extends z.ZodType,
  const R extends Services = Record<never, never>,
  const P extends Services = Record<never, never>,
  const M extends CounterSpecs = Record<never, never>,
>(spec: ModuleSpec<C, R, P, M>): Module {
  // The loader hands each module what its own declaration asks for; the list of modules need not know the types.
  return spec as unknown as Module;
}
