/** `parley start`: runs the server until it is told to stop, and keeps its configuration up to date. */
import { mkdirSync } from 'node:fs';
import type { Config } from '../server/config/config.ts';
import type { ConfigChange } from '../server/config/diff.ts';
import { diffConfig } from '../server/config/diff.ts';
import { ControlServer } from '../server/control.ts';
import { type LogSink, openLog } from '../server/process-log.ts';
import { dispatcher, SERVER_COMMANDS } from './backend.ts';
import { ControlClient } from './control-client.ts';
import { Failure } from './failure.ts';
import type { GlobalOptions, Program, RunningServer, Status } from './io.ts';
import { takePidFile } from './pid-file.ts';
import { table } from './render.ts';
import { readConfig } from './sources.ts';

const IMPATIENCE_MS = 1000;

export async function start(options: GlobalOptions, program: Program): Promise<void> {
  const startedAt = performance.now();
  const { config } = await readConfig(options, program);
  makeDirectory(config.data);
  await refuseSecond(config.data);
  const log = openLogFile(config);
  try {
    await serve(config, log, { options, program, startedAt });
  } finally {
    log.close();
  }
}

async function serve(config: Config, log: LogSink, invocation: StartInvocation): Promise<void> {
  const release = takePidFile(config.data);
  try {
    const server = await invocation.program.startServer(config, { listen: true, log: log.logger });
    const daemon = new Daemon(server, config, log, invocation);
    await daemon.open();
    await announce(server, config, invocation);
    await daemon.stopped;
  } finally {
    release();
  }
}

function openLogFile({ log }: Config): LogSink {
  try {
    return openLog(log);
  } catch (error) {
    throw new Failure(`the log file ${log.file} cannot be opened (${(error as NodeJS.ErrnoException).code})`);
  }
}

function makeDirectory(data: string): void {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure(`the data directory ${data} cannot be made (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Also finds a server in another container on the same directory, whose process id means nothing here. */
async function refuseSecond(data: string): Promise<void> {
  const client = await ControlClient.connect(data);
  if (!client) return;
  client.close();
  throw new Failure(`Parley is already running on ${data}; stop it, or use another --data`);
}

interface Invocation {
  readonly options: GlobalOptions;
  readonly program: Program;
}

interface StartInvocation extends Invocation {
  readonly startedAt: number;
}

/** A running server with what operators do to it: signals, and the control socket. */
class Daemon {
  readonly #server: RunningServer;
  readonly #started: Config;
  #config: Config;
  readonly #log: LogSink;
  readonly #invocation: Invocation;
  readonly #control: ControlServer;
  readonly #stop = Promise.withResolvers<void>();
  #reloading: Promise<unknown> = Promise.resolve();
  #stoppingSince: number | undefined;

  constructor(server: RunningServer, config: Config, log: LogSink, invocation: Invocation) {
    this.#server = server;
    this.#started = config;
    this.#config = config;
    this.#log = log;
    this.#invocation = invocation;
    const answer = dispatcher(server);
    this.#control = new ControlServer(
      config.data,
      (name, args, host) => (name === SERVER_COMMANDS.reload ? this.#reload() : answer(name, args, host)),
      log.logger,
    );
  }

  /** Settles after the server has stopped. */
  get stopped(): Promise<void> {
    return this.#stop.promise;
  }

  async open(): Promise<void> {
    const onSignal = (signal: NodeJS.Signals): void => {
      // Whoever asks again does not want to wait; twice at once is what process managers and terminals do.
      if (performance.now() - (this.#stoppingSince ?? Infinity) > IMPATIENCE_MS) process.exit(1);
      this.#log.logger.info({ signal }, 'stopping');
      this.#close();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    process.on('SIGHUP', () => void this.#hangUp());
    // A fault that nobody handled leaves the server in an unknown state: what is queued is written, then it ends.
    process.on('uncaughtException', (err) => {
      this.#log.logger.error({ err }, 'stopping because of a fault that nobody handled');
      this.#close(err);
    });
    await this.#control.listen();
  }

  /** Stops once; `fault` is what `stopped` then rejects with. */
  #close(fault?: Error): void {
    if (this.#stoppingSince !== undefined) return;
    this.#stoppingSince = performance.now();
    const closed = Promise.all([this.#control.close(), this.#server.stop()]);
    closed.then(() => (fault ? this.#stop.reject(fault) : this.#stop.resolve()), this.#stop.reject);
  }

  async #hangUp(): Promise<void> {
    this.#log.reopen();
    try {
      await this.#reload();
    } catch (error) {
      this.#log.logger.error({ reason: (error as Error).message }, 'the configuration was not reloaded');
    }
  }

  /** One at a time: the second takes what the first has left in force as its start. */
  #reload(): Promise<{ readonly changed: readonly string[]; readonly restart: readonly string[] }> {
    const next = this.#reloading.then(() => this.#reloadNow());
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  async #reloadNow() {
    const { options, program } = this.#invocation;
    const { config } = await readConfig(options, program);
    const changed = paths(diffConfig(this.#config, config), 'live');
    // What waits for a restart is compared with what the process was started with, however often it is reloaded.
    const restart = paths(diffConfig(this.#started, config), 'restart');
    await this.#server.reload(config);
    this.#log.setLevel(config.log.level);
    this.#config = config;
    this.#log.logger.info({ changed, restart }, 'the configuration was reloaded');
    return { changed, restart };
  }
}

function paths(changes: readonly ConfigChange[], effect: ConfigChange['effect']): readonly string[] {
  return changes.filter((it) => it.effect === effect).map((it) => it.path);
}

async function announce(
  server: RunningServer,
  config: Config,
  { options, program, startedAt }: StartInvocation,
): Promise<void> {
  const status = server.status();
  const { io } = program;
  const lines = [
    `Parley ${status.version}, configuration ${config.file ?? 'by default'}, data in ${config.data}`,
    listenerTable(status),
  ];
  if (!(await server.hasAccounts())) {
    const flags = Object.entries({ config: options.config, data: options.data });
    const given = flags.flatMap(([name, it]) => (it === undefined ? [] : [` --${name} ${it}`])).join('');
    const domain = status.hosts[0]?.domain ?? 'localhost';
    lines.push(`There is no account yet. Make the first one: bin/parley user add NAME@${domain} --generate${given}`);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
  io.out(`${lines.join('\n')}\nParley is ready after ${seconds} s, as process ${process.pid}.\n`);
}

/** One line a port, with its addresses. */
function listenerTable({ listeners }: Status): string {
  const ports = Map.groupBy(listeners, (it) => `${it.protocol} ${it.tls} ${it.port}`);
  const rows = [...ports.values()].map((group) => {
    const { protocol, tls, port } = group[0]!;
    return { protocol, port, tls, addresses: group.map((it) => it.address).join(', ') };
  });
  return table(rows).trimEnd().replace(/^/gm, '  ');
}
