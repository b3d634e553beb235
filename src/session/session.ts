/** One bound resource: what the contract `Session` promises, over whatever stream carries it now. */
import type { SendGate, Session } from '../contracts/session.ts';
import type { Jid } from '../jid/jid.ts';
import { Slots } from '../kernel/slot.ts';
import type { TransportKind } from '../kernel/transport.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { StreamError } from '../xmpp/stream-error.ts';
import type { LocalHost } from './local-host.ts';

/** What carries the session's stanzas to its client. */
export interface Outlet {
  readonly transport: TransportKind;
  readonly secure: boolean;
  readonly remoteAddress: string;
  /** More is queued than a healthy client would leave. */
  readonly congested: boolean;
  write(xml: string): void;
  end(error: StreamError | undefined): void;
  /** Resolves when the queue is short again, or the outlet is gone. */
  drained(): Promise<void>;
  /** True when the operating system has taken all that was written so far, false when the outlet is gone before. */
  flushed(): Promise<boolean>;
}

export class ClientSession implements Session {
  readonly jid: Jid;
  readonly host: LocalHost;
  readonly since: number;
  /** The language of stanzas that do not state one (RFC 6120 section 4.7.4); undefined when it is the server's. */
  readonly lang: string | undefined;
  readonly slots = new Slots();
  lastActiveAt: number;
  presence: Stanza | undefined = undefined;
  priority = 0;
  interested = false;
  gate: SendGate | undefined = undefined;
  readonly #outlet: Outlet;
  #unsettled: Promise<unknown> | undefined = undefined;

  constructor(
    host: LocalHost,
    jid: Jid,
    outlet: Outlet,
    { now, lang }: { readonly now: number; readonly lang?: string | undefined },
  ) {
    this.host = host;
    this.jid = jid;
    this.#outlet = outlet;
    this.since = now;
    this.lang = lang;
    this.lastActiveAt = now;
  }

  get account(): Jid {
    return this.jid.bareJid;
  }

  get transport(): TransportKind {
    return this.#outlet.transport;
  }

  get secure(): boolean {
    return this.#outlet.secure;
  }

  get remoteAddress(): string {
    return this.#outlet.remoteAddress;
  }

  get congested(): boolean {
    return this.#outlet.congested;
  }

  drained(): Promise<void> {
    return this.#outlet.drained();
  }

  flushed(): Promise<boolean> {
    return this.#outlet.flushed();
  }

  send(stanza: Stanza): void {
    if (this.gate !== undefined && !this.gate(stanza, undefined)) return;
    this.#outlet.write(stanza.xml);
  }

  sendTo(stanza: Stanza, to: string): void {
    if (this.gate !== undefined && !this.gate(stanza, to)) return;
    this.#outlet.write(stanza.xmlTo(to));
  }

  durableAfter(write: Promise<unknown>): void {
    if (this.#unsettled === write) return; // a batch that is under way already
    this.#unsettled = write;
    const settled = (): void => {
      if (this.#unsettled === write) this.#unsettled = undefined;
    };
    write.then(settled, settled);
  }

  /** The newest write that is not durable yet; those before it settle no later. */
  get unsettled(): Promise<unknown> | undefined {
    return this.#unsettled;
  }

  end(error?: StreamError): void {
    this.#outlet.end(error);
  }
}
