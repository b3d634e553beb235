/**
 * A device for `chaos.ts` that does what good clients do: it resumes its session (XEP-0198) when it can, starts another
 * when it cannot, and then reads what it missed from the archive (XEP-0313), where there is one.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { framingFor } from '../../src/stream/framing.ts';
import { clark, type Element } from '../../src/xml/element.ts';

const SM = 'urn:xmpp:sm:3';
const MAM = 'urn:xmpp:mam:2';
const SID = 'urn:xmpp:sid:0';
const CLIENT = 'jabber:client';
const LIMITS = { maxBytes: 4_000_000, maxElements: 100_000, maxDepth: 100, maxAttributes: 1000 };
const BODY = clark(CLIENT, 'body');
const STANZA_ID = clark(SID, 'stanza-id');
const RETRY_MS = 100;
const PAGE = 250;

export interface DeviceOptions {
  readonly user: string;
  readonly resource: string;
  readonly password: string;
  /** Where the server is to be found now. */
  port(): number;
  /** Whether the server keeps an archive. */
  readonly archive: boolean;
}

/** One connection: elements come one by one, undefined when it is over. */
class Wire {
  readonly #socket: Socket;
  readonly #framing = framingFor('stream', LIMITS);
  readonly #queue: Element[] = [];
  #wake: () => void = () => {};
  #isOver = false;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(Buffer.from(chunk)));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  #read(chunk: Buffer): void {
    this.#framing.push(chunk);
    for (let element = this.#framing.next(); element !== undefined; element = this.#framing.next()) {
      if (element.name === 'success') this.#framing.restart();
      this.#queue.push(element);
    }
    this.#framing.keep();
    this.#wake();
  }

  send(xml: string): void {
    if (!this.#isOver) this.#socket.write(xml);
  }

  open(): void {
    this.#framing.restart();
    this.send(
      `<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='${CLIENT}' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
  }

  async next(): Promise<Element | undefined> {
    while (this.#queue.length === 0 && !this.#isOver) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    return this.#queue.shift();
  }

  /** The next element with that name; rejects when the connection is over. */
  async expect(...names: readonly string[]): Promise<Element> {
    for (;;) {
      const element = await this.next();
      if (element === undefined) throw new Error('the connection is over');
      if (names.includes(element.name)) return element;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A stanza that the device has sent and not seen acknowledged. */
interface Pending {
  readonly xml: string;
  /** What a message says. */
  readonly text: string | undefined;
}

export class Device {
  /**
   * How often each text came: the same message from the server counts once, by its stanza id. One that the sender had to
   * say again is another to the server; clients tell by the sender's id.
   */
  readonly shown = new Map<string, number>();
  readonly counts = { sessions: 0, resumptions: 0, errors: 0, resent: 0 };
  readonly #options: DeviceOptions;
  readonly #ids = new Set<string>();
  /** Everything up to this id in the archive is known. */
  #syncedId: string | undefined;
  #liveId: string | undefined;
  #wire: Wire | undefined;
  #isUp = false;
  #isSynced = false;
  #stopped = false;
  #smId: string | undefined;
  #handled = 0;
  #acknowledged = 0;
  readonly #unacknowledged: Pending[] = [];
  /** What was left of that when a session was gone. */
  #left: Pending[] = [];
  /** What of its own messages the archive has, while that is looked up. */
  #own: Set<string> | undefined;
  #queries = 0;

  constructor(options: DeviceOptions) {
    this.#options = options;
    void this.#run();
  }

  get isUp(): boolean {
    return this.#isUp && this.#isSynced;
  }

  /** How often it has got through to the server. */
  get connections(): number {
    return this.counts.sessions + this.counts.resumptions;
  }

  get unacknowledged(): number {
    return this.#unacknowledged.length + this.#left.length;
  }

  get #account(): string {
    return `${this.#options.user}@localhost`;
  }

  say(to: string, text: string): void {
    this.#send(`<message to='${to}' type='chat' id='${text}'><body>${text}</body></message>`, text);
  }

  #send(xml: string, text?: string): void {
    this.#unacknowledged.push({ text, xml });
    this.#wire?.send(xml);
  }

  ask(): void {
    if (this.#isUp) this.#wire?.send(`<r xmlns='${SM}'/>`);
  }

  stop(): void {
    this.#stopped = true;
    this.#wire?.close();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const wire = new Wire(this.#options.port());
      this.#wire = wire;
      try {
        await this.#begin(wire);
        for (let element = await wire.next(); element !== undefined; element = await wire.next()) this.#take(element);
      } catch {
        // Another attempt follows.
      }
      this.#isUp = false;
      this.#isSynced = false;
      wire.close();
      if (!this.#stopped) await sleep(RETRY_MS);
    }
  }

  async #begin(wire: Wire): Promise<void> {
    const { user, password } = this.#options;
    wire.open();
    await wire.expect('features');
    const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
    wire.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    if ((await wire.expect('success', 'failure')).name === 'failure') throw new Error('not let in');
    wire.open();
    await wire.expect('features');
    if (this.#smId !== undefined && (await this.#resume(wire, this.#smId))) return;
    await this.#bind(wire);
  }

  async #resume(wire: Wire, id: string): Promise<boolean> {
    wire.send(`<resume xmlns='${SM}' previd='${id}' h='${this.#handled}'/>`);
    const answer = await wire.expect('resumed', 'failed');
    if (answer.attr('h') !== undefined) this.#acknowledge(Number(answer.attr('h')));
    if (answer.name === 'failed') return false;
    this.counts.resumptions++;
    this.#isUp = true;
    this.#isSynced = true;
    for (const { xml } of this.#unacknowledged) wire.send(xml);
    this.ask();
    return true;
  }

  async #bind(wire: Wire): Promise<void> {
    const isFirst = this.counts.sessions++ === 0;
    const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${this.#options.resource}</resource></bind>`;
    wire.send(`<iq type='set' id='bind'>${bind}</iq>`);
    await wire.expect('iq');
    wire.send(`<enable xmlns='${SM}' resume='true'/>`);
    this.#smId = (await wire.expect('enabled')).attr('id');
    this.#handled = 0;
    this.#acknowledged = 0;
    this.#isUp = true;
    this.#left.push(...this.#unacknowledged.splice(0).filter((it) => it.text !== undefined));
    this.#send('<presence/>');
    if (isFirst || !this.#options.archive) {
      this.#isSynced = true;
      this.#sayAgain();
      return;
    }
    this.#liveId = undefined;
    this.#own = new Set();
    this.#query();
  }

  /** What was not acknowledged in a session that is gone. What the archive has need not be said again. */
  #sayAgain(): void {
    for (const { xml, text } of this.#left.splice(0)) {
      if (text === undefined || this.#own?.has(text)) continue;
      this.#send(xml, text);
      this.counts.resent++;
    }
    this.#own = undefined;
    this.ask();
  }

  #query(): void {
    const after = this.#syncedId === undefined ? '' : `<after>${this.#syncedId}</after>`;
    const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>${PAGE}</max>${after}</set>`;
    this.#send(`<iq type='set' id='mam${++this.#queries}'><query xmlns='${MAM}'>${set}</query></iq>`);
  }

  #take(element: Element): void {
    switch (element.name) {
      case 'r':
        this.#wire?.send(`<a xmlns='${SM}' h='${this.#handled}'/>`);
        return;
      case 'a':
        this.#acknowledge(Number(element.attr('h')));
        return;
      case 'message':
        this.#handled++;
        this.#message(element);
        return;
      case 'presence':
        this.#handled++;
        return;
      case 'iq':
        this.#handled++;
        this.#iq(element);
        return;
      case 'error':
        throw new Error(element.toString());
    }
  }

  #acknowledge(h: number): void {
    this.#unacknowledged.splice(0, h - this.#acknowledged);
    this.#acknowledged = h;
  }

  #iq(element: Element): void {
    const type = element.attr('type');
    if (type === 'get') {
      this.#send(`<iq type='result' id='${element.attr('id')}' to='${element.attr('from')}'/>`);
      return;
    }
    const fin = element.child(clark(MAM, 'fin'));
    if (type === 'error' && this.#syncedId !== undefined) {
      // The last message that it has was delivered, and lost with the server before it was in the archive.
      this.#syncedId = undefined;
      this.#query();
    }
    if (fin === undefined) return;
    const last = fin.child('{http://jabber.org/protocol/rsm}set')?.childText('{http://jabber.org/protocol/rsm}last');
    if (last) this.#syncedId = last;
    if (fin.attr('complete') !== 'true' && last) {
      this.#query();
      return;
    }
    this.#isSynced = true;
    if (this.#liveId !== undefined) this.#syncedId = this.#liveId;
    this.#sayAgain();
  }

  #message(element: Element): void {
    if (element.attr('type') === 'error') {
      this.counts.errors++;
      return;
    }
    const result = element.child(clark(MAM, 'result'));
    const forwarded = result?.child('{urn:xmpp:forward:0}forwarded');
    const inner = forwarded?.elements().find((it) => it.name === 'message');
    if (result !== undefined && inner !== undefined) {
      if (inner.attr('from')?.startsWith(`${this.#account}/`)) this.#own?.add(inner.childText(BODY) ?? '');
      else this.#show(inner, result.attr('id'));
      return;
    }
    const id = element
      .elements()
      .find((it) => it.key === STANZA_ID && it.attr('by') === this.#account)
      ?.attr('id');
    this.#show(element, id);
    if (id === undefined) return;
    this.#liveId = id;
    if (this.#isSynced) this.#syncedId = id;
  }

  #show(element: Element, id: string | undefined): void {
    const text = element.childText(BODY);
    if (text === undefined || (id !== undefined && this.#ids.has(id))) return;
    if (id !== undefined) this.#ids.add(id);
    this.shown.set(text, (this.shown.get(text) ?? 0) + 1);
  }
}
