/** One bound resource: what the contract `Session` promises, over whatever stream carries it now. */
import type { SendGate, Session } from '../contracts/session.ts';
import type { Jid } from '../jid/jid.ts';
import type { Clock } from '../kernel/clock.ts';
import { Slots } from '../kernel/slot.ts';
import type { TransportKind } from '../kernel/transport.ts';
import { NS } from '../xmpp/ns.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { Acknowledgements, ArrivalObserver } from './acknowledgements.ts';
import type { LocalHost } from './local-host.ts';

const REQUEST = `<r xmlns='${NS.sm}'/>`;
/** What is sent again at once; the next lot follows when that has left. */
const LOT = 65_536;
/** What is noted of a message to a client that acknowledges. */
const MANAGED = 'managed';
const unacknowledged = new StreamError('resource-constraint', 'too much is not acknowledged');

/** Counts what sessions are handed, and when they begin and cease to take messages: so both are in one order. */
let moments = 0;

/** What carries the session's stanzas to its client. */
export interface Outlet {
  readonly transport: TransportKind;
  readonly secure: boolean;
  readonly remoteAddress: string;
  readonly trusted: boolean;
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

export class ClientSession implements Session, ArrivalObserver {
  readonly jid: Jid;
  readonly host: LocalHost;
  readonly since: number;
  /** The language of stanzas that do not state one (RFC 6120 section 4.7.4); undefined when it is the server's. */
  readonly lang: string | undefined;
  readonly slots = new Slots();
  lastActiveAt: number;
  interested = false;
  gate: SendGate | undefined = undefined;
  /** What the client has not acknowledged; undefined while the stream is not managed (XEP-0198). */
  acks: Acknowledgements | undefined = undefined;
  #presence: Stanza | undefined = undefined;
  #priority = 0;
  readonly #boundAt = ++moments;
  /** The moments between which it takes messages to the account. */
  #takesFrom = Number.POSITIVE_INFINITY;
  #takesUntil = 0;
  #outlet: Outlet;
  #ackRequested = false;
  /** Where sending again has got to, a place in `acks`; undefined when nothing is left of that. */
  #resendAt: number | undefined = undefined;
  #overflown = false;
  readonly #clock: Clock;
  #unsettled: Promise<unknown> | undefined = undefined;
  #hasLost = false;
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

  get presence(): Stanza | undefined {
    return this.#presence;
  }

  set presence(presence: Stanza | undefined) {
    this.#presence = presence;
    this.#noteTaking();
  }

  get priority(): number {
    return this.#priority;
  }

  set priority(priority: number) {
    this.#priority = priority;
    this.#noteTaking();
  }

  /** RFC 6121 section 8.5.2.1.1: it gets messages to the account. */
  get takesMessages(): boolean {
    return this.#presence !== undefined && this.#priority >= 0;
  }

  #noteTaking(): void {
    if (this.takesMessages) {
      if (this.#takesUntil === Number.POSITIVE_INFINITY) return;
      this.#takesFrom = ++moments;
      this.#takesUntil = Number.POSITIVE_INFINITY;
    } else if (this.#takesUntil === Number.POSITIVE_INFINITY) this.#takesUntil = ++moments;
  }

  /** Whether it was there at that moment. */
  wasAt(moment: number): boolean {
    return this.#boundAt < moment;
  }

  /** Whether a message to the account that another session was handed at that moment went to this one, too. */
  tookMessagesAt(moment: number): boolean {
    return this.#takesFrom < moment && moment < this.#takesUntil;
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

  get trusted(): boolean {
    return this.#outlet.trusted;
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
      this.host.ledger?.note('written', stanza, this.jid);
      return;
    }
    if (this.#overflown) return;
    this.host.ledger?.note(this.isDetached ? 'queued' : 'written', stanza, this.jid, MANAGED);
    acks.push({ stanza, xml, at: this.#clock.now(), moment: ++moments });
    if (acks.exceeds(this.isDetached)) {
      // The end takes care of what is in the queue, this one included.
      this.#overflown = true;
      this.end(unacknowledged);
    } else if (this.#resendAt === undefined) {
      this.#outlet.write(xml);
      this.#requestAck();
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
    if (acks === undefined) return false;
    const { first } = acks;
    this.host.ledger?.turn();
    if (!acks.acknowledge(h, this)) return false;
    this.#ackRequested = false;
    // One who has nothing new to say is not asked again until there is more to say.
    if (acks.length > 0 && acks.first > first) this.#requestAck();
    if (this.#arrivals !== undefined) this.#arrivals = this.#stillAwaited(acks, this.#arrivals);
    return true;
  }

  took(stanza: Stanza): void {
    this.host.ledger?.note('acknowledged', stanza, this.jid);
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
    this.#resendAt = undefined;
    if (outlet.isLimbo) this.acks?.leave();
  }

  /** Sends again what the client has not acknowledged, behind whatever tells it that it is back; what comes is behind. */
  resend(): void {
    if (this.acks === undefined || this.acks.length === 0) return;
    this.#resendAt = this.acks.first;
    this.#resendLot(this.acks, this.#outlet);
  }

  /** Not all at once: a client that has missed a lot would be cut off for not reading it. */
  #resendLot(acks: Acknowledgements, outlet: Outlet): void {
    let place = Math.max(this.#resendAt as number, acks.first);
    for (let length = 0; length < LOT; place++) {
      const entry = acks.at(place);
      if (entry === undefined) break;
      outlet.write(entry.xml);
      this.host.ledger?.note('resent', entry.stanza, this.jid);
      length += entry.xml.length;
    }
    if (this.#outlet !== outlet) return; // lost again
    if (acks.length > 0) this.#requestAck();
    this.#resendAt = acks.at(place) === undefined ? undefined : place;
    if (this.#resendAt === undefined) return;
    void outlet.flushed().then(() => {
      if (this.#outlet === outlet && this.#resendAt !== undefined) this.#resendLot(acks, outlet);
    });
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
    write.then(settled, () => {
      this.#hasLost = true;
      settled();
    });
  }

  /** Something that the client sent could not be stored: nothing is acknowledged any more. */
  get hasLost(): boolean {
    return this.#hasLost;
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
