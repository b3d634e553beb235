/** Where commands run: in the running server, or without one in this process, on the same database. */
import { statSync } from 'node:fs';
import type { CommandDescription, Dispatch } from '../server/control.ts';
import { describeCommand, failureOf } from '../server/control.ts';
import { secretPath } from '../server/secret.ts';
import { ControlClient } from './control-client.ts';
import { Failure } from './failure.ts';
import type { GlobalOptions, Program, RunningServer } from './io.ts';
import { runningServer } from './pid-file.ts';
import { dataDirectory, readConfig } from './sources.ts';

export interface Backend {
  call(command: string, args: Readonly<Record<string, unknown>>, host?: string): Promise<unknown>;
  commands(): Promise<readonly CommandDescription[]>;
  close(): Promise<void>;
}

/** Commands that the server answers besides those of its modules. */
export const SERVER_COMMANDS = { list: 'command list', status: 'status', reload: 'reload' } as const;

/** Answers for a server, over the control socket or in its own process. */
export function dispatcher(server: RunningServer): Dispatch {
  return async (name, args, host) => {
    if (name === SERVER_COMMANDS.status) return server.status();
    if (name === SERVER_COMMANDS.list) return server.commands().map(describeCommand);
    return server.command(name, args, host);
  };
}

/** The running server; undefined when there is none. */
export async function connectBackend(options: GlobalOptions, program: Program): Promise<Backend | undefined> {
  const client = await ControlClient.connect(await dataDirectory(options, program));
  if (!client) return undefined;
  return {
    call: (command, args, host) => client.call(command, args, host),
    commands: async () => (await client.call(SERVER_COMMANDS.list, {})) as readonly CommandDescription[],
    close: async () => client.close(),
  };
}

interface Opening {
  /** For what is done before the first start: the data directory is made when it is missing. */
  readonly mayCreate: boolean;
}

export async function openBackend(
  options: GlobalOptions,
  program: Program,
  opening: Opening = { mayCreate: false },
): Promise<Backend> {
  return (await connectBackend(options, program)) ?? startBackend(options, program, opening);
}

async function startBackend(options: GlobalOptions, program: Program, { mayCreate }: Opening): Promise<Backend> {
  const { config } = await readConfig(options, program);
  const other = runningServer(config.data);
  if (other !== undefined) throw new Failure(`the server (process ${other}) does not answer; is it just starting?`);
  if (!mayCreate) refuseMissing(config.data);
  refuseForeignOwner(config.data, process.geteuid?.());
  const isNew = !exists(config.data);
  const { openLog } = await import('../server/process-log.ts');
  const log = openLog({ level: 'warn', format: 'auto' });
  const server = await program.startServer(config, { listen: false, log: log.logger });
  if (isNew) program.io.err(`parley: made the data directory ${config.data}\n`);
  const dispatch = dispatcher(server);
  return {
    async call(command, args, host) {
      try {
        return await dispatch(command, args, host);
      } catch (error) {
        const response = failureOf(error);
        if ('ok' in response || response.error.kind === 'failed') throw error;
        throw new Failure(response.error.message, response.error.kind === 'usage' ? 2 : 1);
      }
    },
    commands: async () => server.commands().map(describeCommand),
    async close() {
      await server.stop();
      log.close();
    },
  };
}

/** A wrong directory would answer as an empty server does, and be left with a database and a secret in it. */
function refuseMissing(data: string): void {
  const hint = 'is --config or --data missing, or was the server never started?';
  if (!exists(data)) throw new Failure(`there is no data directory ${data}: ${hint}`);
  if (!exists(secretPath(data)))
    throw new Failure(`there is nothing of a server in the data directory ${data}: ${hint}`);
}

/** Throws when it may not be known. */
function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Files that root makes in the directory of another user would keep the server, which runs as that user, out. */
export function refuseForeignOwner(
  data: string,
  userId: number | undefined,
  owner = statSync(data, { throwIfNoEntry: false })?.uid,
): void {
  if (userId !== 0 || owner === undefined || owner === 0) return;
  throw new Failure(
    `${data} belongs to user ${owner}: run this command as that user, such as with sudo -u '#${owner}'`,
  );
}
