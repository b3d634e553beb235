/** One bound resource: what the contract `Session` promises, over whatever stream carries it now. */
import type { SendGate, Session } from '../contracts/session.ts';
import type { Jid } from '../jid/jid.ts';
import type { Clock } from '../kernel/clock.ts';
import { Slots } from '../kernel/slot.ts';
import type { TransportKind } from '../kernel/transport.ts';
import { NS } from '../xmpp/ns.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { LocalHost } from './local-host.ts';

const REQUEST = `<r xmlns='${NS.sm}'/>`;
const unacknowledged = new StreamError('resource-constraint', 'too much is not acknowledged');

/** What carries the session's stanzas to its client. */
export interface Outlet {
  readonly transport: TransportKind;
  readonly secure: boolean;
  readonly remoteAddress: string;
  /** More is queued than a healthy client would leave. */
  readonly congested: boolean;
  /** It leads nowhere: the session waits to be resumed. */
  readonly isLimbo?: boolean;
  write(xml: string): void;
  /** Writes an element that is no stanza and declares its namespace. */
  nonza(xml: string): void;
  /**
   * Gives its session up to another outlet, which resumes it (XEP-0198 section 5): ends without ending the session, and
   * resolves once nothing that the client sent this way is being handled any more.
   */
  yieldSession(): Promise<void>;
  end(error: StreamError | undefined): void;
  /** Resolves when the queue is short again, or the outlet is gone. */
  drained(): Promise<void>;
  /** True when the operating system has taken all that was written so far, false when the outlet is gone before. */
  flushed(): Promise<boolean>;
}

/** Who waits until the client has acknowledged what was sent up to a sequence number. */
interface Arrival {
  readonly sent: number;
  readonly arrived: (value: boolean) => void;
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
  /** What the client has not acknowledged; undefined while the stream is not managed (XEP-0198). */
  acks: Acknowledgements | undefined = undefined;
  #outlet: Outlet;
  #ackRequested = false;
  readonly #clock: Clock;
  #unsettled: Promise<unknown> | undefined = undefined;
  #arrivals: Arrival[] | undefined = undefined;

  constructor(
    host: LocalHost,
    jid: Jid,
    outlet: Outlet,
    { clock, lang }: { readonly clock: Clock; readonly lang?: string | undefined },
  ) {
    this.host = host;
    this.jid = jid;
    this.#outlet = outlet;
    this.#clock = clock;
    this.since = clock.now();
    this.lang = lang;
    this.lastActiveAt = this.since;
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

  arrived(): Promise<boolean> {
    const { acks } = this;
    if (acks === undefined) return this.#outlet.flushed();
    if (acks.length === 0) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    (this.#arrivals ??= []).push({ sent: acks.sent, arrived: resolve });
    return promise;
  }

  send(stanza: Stanza): void {
    if (this.gate !== undefined && !this.gate(stanza, undefined)) return;
    this.#put(stanza, stanza.xml);
  }

  sendTo(stanza: Stanza, to: string): void {
    if (this.gate !== undefined && !this.gate(stanza, to)) return;
    this.#put(stanza, stanza.xmlTo(to));
  }

  #put(stanza: Stanza, xml: string): void {
    const { acks } = this;
    if (acks === undefined) {
      this.#outlet.write(xml);
    } else if (acks.push({ stanza, xml, at: this.#clock.now() })) {
      this.#outlet.write(xml);
      this.#requestAck();
    } else {
      this.end(unacknowledged);
    }
  }

  /** One request is under way at a time: its answer tells what has arrived in the meantime, too. */
  #requestAck(): void {
    if (this.#ackRequested) return;
    this.#ackRequested = true;
    this.#outlet.nonza(REQUEST);
  }

  /** The client acknowledged; false when it claims more than it was sent. */
  acknowledge(h: number): boolean {
    const { acks } = this;
    if (acks === undefined || !acks.acknowledge(h)) return false;
    this.#ackRequested = false;
    if (acks.length > 0) this.#requestAck();
    if (this.#arrivals !== undefined) this.#arrivals = this.#stillAwaited(acks, this.#arrivals);
    return true;
  }

  #stillAwaited(acks: Acknowledgements, arrivals: readonly Arrival[]): Arrival[] | undefined {
    const left: Arrival[] = [];
    for (const it of arrivals) {
      if (acks.has(it.sent)) left.push(it);
      else it.arrived(true);
    }
    return left.length === 0 ? undefined : left;
  }

  /** From now on the session's stanzas go out by another outlet. Nothing is sent by this. */
  attach(outlet: Outlet): void {
    this.#outlet = outlet;
    this.#ackRequested = false;
  }

  /** Sends again what the client has not acknowledged, behind whatever tells it that it is back. */
  resend(): void {
    for (const { xml } of this.acks?.pending() ?? []) this.#outlet.write(xml);
    if (this.acks !== undefined && this.acks.length > 0) this.#requestAck();
  }

  get outlet(): Outlet {
    return this.#outlet;
  }

  durableAfter(write: Promise<unknown>): void {
    if (this.#unsettled === write) return; // a batch that is under way already
    this.#unsettled = write;
    const settled = (): void => {
      if (this.#unsettled === write) this.#unsettled = undefined;
    };
    write.then(settled, settled);
  }

  /** No stream carries it; its client may resume it (XEP-0198 section 5). */
  get isDetached(): boolean {
    return this.#outlet.isLimbo === true;
  }

  /** The newest write that is not durable yet; those before it settle no later. */
  get unsettled(): Promise<unknown> | undefined {
    return this.#unsettled;
  }

  end(error?: StreamError): void {
    this.#outlet.end(error);
  }
}
