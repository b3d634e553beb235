/** Runs a described command: collects its arguments and its password, calls the server, prints the answer. */
import type { CommandDescription } from '../server/control.ts';
import { collectArguments, PASSWORD, propertiesOf } from './arguments.ts';
import { type Backend, openBackend, SERVER_COMMANDS } from './backend.ts';
import type { GlobalOptions, Program } from './io.ts';
import { readPassword } from './password.ts';
import { render } from './render.ts';

/** What operators do before the first start. */
const FIRST_COMMAND = 'user add';

type Options = GlobalOptions & Readonly<Record<string, unknown>>;

export async function runDescribed(
  description: CommandDescription,
  typed: readonly unknown[],
  options: Options,
  program: Program,
): Promise<void> {
  const args = collectArguments(description, typed, options);
  if (needsPassword(description, args)) {
    args[PASSWORD] = await readPassword(program.io, options['passwordStdin'] === true);
  }
  const backend = await openBackend(options, program, { mayCreate: description.name === FIRST_COMMAND });
  try {
    print(await callHosts(backend, description, args, options.host), options, program);
  } finally {
    await backend.close();
  }
}

export function print(value: unknown, { json }: GlobalOptions, { io }: Program): void {
  io.out(json ? `${JSON.stringify(value ?? null)}\n` : render(value));
}

function needsPassword(description: CommandDescription, args: Readonly<Record<string, unknown>>): boolean {
  return PASSWORD in propertiesOf(description) && args['generate'] !== true;
}

/** A list that is not asked of one host is put together from all of them. */
async function callHosts(
  backend: Backend,
  { name }: CommandDescription,
  args: Readonly<Record<string, unknown>>,
  host: string | undefined,
): Promise<unknown> {
  if (host !== undefined || args['jid'] !== undefined || !name.endsWith(' list')) return backend.call(name, args, host);
  const { hosts } = (await backend.call(SERVER_COMMANDS.status, {})) as { hosts: readonly { domain: string }[] };
  const lists: unknown[] = [];
  for (const { domain } of hosts) lists.push(await backend.call(name, args, domain));
  return lists.flat();
}
