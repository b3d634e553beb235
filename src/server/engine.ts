/** The server without its configuration file and its listeners: hosts, router, streams. Tests start it in memory. */
import type { Program } from '../contracts/program.ts';
import type { StanzaIds } from '../contracts/stanza-ids.ts';
import { jid as makeJid, prepareDomain } from '../jid/jid.ts';
import { type Command, CommandError } from '../kernel/command.ts';
import type { Counter, Metrics } from '../kernel/metrics.ts';
import type { Transport } from '../kernel/transport.ts';
import { type RouterCounters, StanzaRouter } from '../router/router.ts';
import { LocalHost } from '../session/local-host.ts';
import { C2sStream } from '../stream/c2s.ts';
import type { NegotiatorFactory } from '../stream/negotiation.ts';
import { Resumptions } from '../stream/resumptions.ts';
import type { StreamServices } from '../stream/services.ts';
import type { StreamSettings } from '../stream/settings.ts';
import { StreamTable } from '../stream/stream-table.ts';
import { TimeOrderedId } from '../util/ids.ts';
import type { StanzaKind } from '../xmpp/stanza.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import { type HostEnvironment, type HostPlan, startModules } from './host-starter.ts';
import { VERSION } from './version.ts';

const shuttingDown = new StreamError('system-shutdown');
const hostGone = new StreamError('host-gone');

interface EngineParts extends Omit<HostEnvironment, 'router' | 'program' | 'ids'> {
  readonly settings: StreamSettings;
  readonly negotiators: NegotiatorFactory;
}

function routerCounters(metrics: Metrics): RouterCounters {
  const stanzas = (kind: StanzaKind): Counter =>
    metrics.counter('parley_stanzas_total', 'Stanzas routed, by kind', { kind });
  return {
    message: stanzas('message'),
    presence: stanzas('presence'),
    iq: stanzas('iq'),
    errors: metrics.counter('parley_stanza_errors_total', 'Stanzas that were answered with an error'),
  };
}

export class Engine {
  readonly router: StanzaRouter;
  readonly streams: StreamServices;
  readonly #parts: EngineParts;
  readonly #program: { -readonly [K in keyof Program]: Program[K] };
  readonly #ids: StanzaIds;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#program = { name: 'Parley', version: VERSION, startedAt: parts.clock.now(), isStopping: false };
    this.#ids = new TimeOrderedId(() => parts.clock.now());
    this.router = new StanzaRouter(parts.clock, parts.log, routerCounters(parts.metrics));
    this.streams = {
      router: this.router,
      clock: parts.clock,
      log: parts.log,
      table: new StreamTable(parts.clock),
      negotiators: parts.negotiators,
      settings: parts.settings,
      latency: undefined,
      resumptions: new Resumptions(this.router, parts.clock),
    };
  }

  /** Starts a host, or restarts its modules with another plan; sessions go on. */
  async setHost(domain: string, plan: HostPlan): Promise<LocalHost> {
    const host = this.router.host(domain) ?? new LocalHost(makeJid(domain));
    await startModules(host, plan, { ...this.#parts, router: this.router, program: this.#program, ids: this.#ids });
    this.router.addHost(host);
    return host;
  }

  /** Ends the sessions of a host and stops its modules. */
  async removeHost(domain: string): Promise<void> {
    const host = this.router.host(domain);
    if (host === undefined) return;
    for (const session of [...host.sessions.all()]) session.end(hostGone);
    this.router.removeHost(domain);
    await host.parts.stop();
  }

  /** A client has connected. */
  accept(transport: Transport): void {
    new C2sStream(transport, this.streams);
  }

  /** Ends every stream with `system-shutdown`, then stops the modules; what they still write is theirs to flush. */
  async stop(): Promise<void> {
    this.#program.isStopping = true;
    for (const stream of [...this.streams.table]) stream.end(shuttingDown);
    await this.streams.resumptions.close();
    this.streams.table.close();
    for (const host of this.router.hosts()) await host.parts.stop();
  }

  /** The commands of all hosts, once each. */
  commands(): readonly Command[] {
    const found = new Map<string, Command>();
    for (const host of this.router.hosts()) {
      for (const command of host.parts.commands.values())
        if (!found.has(command.name)) found.set(command.name, command);
    }
    return [...found.values()];
  }

  /**
   * Runs a command of a module on the host that is named, or else on that of the address in `args.jid` or `args.room`,
   * or else on the only host there is. Throws `CommandError`, or a ZodError for arguments that do not fit.
   */
  async command(name: string, args: Readonly<Record<string, unknown>>, host?: string): Promise<unknown> {
    const target = this.#hostFor(args, host);
    const command = target.parts.commands.get(name);
    if (command === undefined) throw new CommandError(`${target.name.domain} has no command ${name}`);
    return command.run(command.args.parse(args));
  }

  #hostFor(args: Readonly<Record<string, unknown>>, name: string | undefined): LocalHost {
    const domain = name ?? addressedDomain(args);
    const hosts = [...this.router.hosts()];
    if (domain !== undefined) {
      const prepared = prepareDomain(domain) ?? domain;
      const found = this.router.host(prepared) ?? hosts.find((it) => it.parts.components.has(prepared));
      if (found === undefined) throw new CommandError(`${domain} is no domain of this server`);
      return found;
    }
    if (hosts.length !== 1) throw new CommandError('this server has several hosts: name one with --host');
    return hosts[0] as LocalHost;
  }
}

/** The domain of the address that a command is about; a room may be named without one. */
function addressedDomain({ jid, room }: Readonly<Record<string, unknown>>): string | undefined {
  const address = typeof room === 'string' && room.includes('@') ? room : jid;
  return typeof address === 'string' ? address.slice(address.indexOf('@') + 1).split('/')[0] : undefined;
}
