/** Administrator commands: declared once, served by the command line, and later as ad-hoc commands and over HTTP. */
import type { z } from 'zod';
import { type Jid, parseAccount } from '../jid/jid.ts';
import type { Awaitable } from '../util/awaitable.ts';

export interface Command {
  /** Words of the command line, such as `user add`. */
  readonly name: string;
  readonly summary: string;
  // A command is stored next to others with other arguments; `command()` checks `run` against its own.
  readonly args: z.ZodObject;
  /** Arguments that the command line takes by position, in order; the last may be optional. The rest are options. */
  readonly positional: readonly string[];
  /** What is printed: a value for `--json`, and as lines or a table without. Throw `CommandError` to refuse. */
  run(args: unknown): Awaitable<unknown>;
}

/** A refusal that the operator can understand: printed without a trace, exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Declares a command. The arguments reach `run` validated, with the types of the schema. */
export function command<A extends z.ZodObject>(spec: {
  name: string;
  summary: string;
  args: A;
  positional?: readonly (keyof z.output<A> & string)[];
  run(args: z.output<A>): Awaitable<unknown>;
}): Command {
  const { run } = spec;
  return { ...spec, positional: spec.positional ?? [], run: (args) => run(args as z.output<A>) };
}

/** The account at this host whose address an operator typed. Throws `CommandError` for any other text. */
export function accountAt(host: Jid, text: string): Jid {
  const account = parseAccount(text.trim(), host.domain);
  if (account === undefined) throw new CommandError(`${text} is no address of an account at ${host.domain}`);
  return account;
}
