/** A client of the tests: speaks XML over a transport in memory, and waits for what it expects. */
import assert from 'node:assert/strict';
import type { Engine } from '../../src/server/engine.ts';
import { CLOSED, framingFor, HEADER, type StreamFraming } from '../../src/stream/framing.ts';
import { mismatch, pattern } from './match.ts';
import { type Peer, TestTransport, type TransportOptions } from './transport.ts';
import { type Element, LIMITS, parseXml } from './xml.ts';

const RESTARTS = new Set(['{urn:ietf:params:xml:ns:xmpp-sasl}success', '{urn:ietf:params:xml:ns:xmpp-tls}proceed']);

/** Long enough for any machine; a test that waits so long has failed. */
const DEADLINE_MS = 10_000;

export class TestClient implements Peer {
  /** The full address once a resource is bound. */
  jid = '';
  readonly transport: TestTransport;
  /** All that came, as it came: batches of text, or frames. */
  readonly texts: string[] = [];
  readonly #framing: StreamFraming;
  readonly #queue: Element[] = [];
  readonly #waiting: ((element: Element | undefined) => void)[] = [];
  #ended = false;
  #closed = false;
  #ids = 0;

  constructor(engine: Pick<Engine, 'accept'>, options: TransportOptions & { readonly contentNs?: string } = {}) {
    this.#framing = framingFor(options.framing ?? 'stream', LIMITS, options.contentNs);
    this.transport = new TestTransport(this, options);
    engine.accept(this.transport);
  }

  get host(): string {
    return this.jid.slice(this.jid.indexOf('@') + 1).split('/')[0] as string;
  }

  /** The server has closed its stream. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The connection is over. */
  get ended(): boolean {
    return this.#ended;
  }

  onText(text: string): void {
    this.texts.push(text);
    this.#framing.push(Buffer.from(text));
    for (let element = this.#framing.next(); element !== undefined; element = this.#framing.next()) {
      if (element === CLOSED) {
        this.#closed = true;
        break;
      }
      // What follows is a new stream, though the client may not have opened it yet.
      if (RESTARTS.has(element.key)) this.#framing.restart();
      this.#give(element);
    }
  }

  onEnd(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting(undefined);
  }

  #give(element: Element): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(element);
    else this.#queue.push(element);
  }

  /** Sends bytes as they are. */
  raw(text: string | Buffer): void {
    this.transport.receive(text);
  }

  async send(xml: string | Element): Promise<void> {
    const isFrame = this.transport.framing === 'frames';
    this.raw(isFrame && typeof xml === 'string' ? parseXml(xml).toString() : xml.toString());
  }

  /** The client will open its stream anew, by itself: `open` does both. */
  expectHeader(): void {
    this.#framing.restart();
  }

  /** Opens the stream, or opens it anew; returns the header and the features. */
  async open(host: string, attributes = ''): Promise<{ header: Element; features: Element }> {
    this.expectHeader();
    this.raw(this.header(host, attributes));
    const header = await this.receive();
    assert.equal(header.key, HEADER);
    return { header, features: await this.receive() };
  }

  header(host: string, attributes = ''): string {
    const facts = `to='${host}' version='1.0' ${attributes}`;
    if (this.transport.framing === 'frames') return `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' ${facts}/>`;
    return `<?xml version='1.0'?><stream:stream ${facts} xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
  }

  /** Logs in with PLAIN and binds a resource. */
  async login(local: string, host: string, options: { password?: string; resource?: string } = {}): Promise<void> {
    await this.open(host);
    const plain = Buffer.from(`\0${local}\0${options.password ?? 'secret'}`).toString('base64');
    this.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await this.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
    await this.open(host);
    const resource = options.resource === undefined ? '' : `<resource>${options.resource}</resource>`;
    const result = await this.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${resource}</bind>`);
    const jid = result.firstElement()?.firstElement()?.text();
    assert.ok(jid, `not bound: ${result}`);
    this.jid = jid;
  }

  /** The next element; rejects when the stream ended, or nothing came for a long time. */
  receive(): Promise<Element> {
    const ready = this.#queue.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#ended) return Promise.reject(new Error(`the stream of ${this.jid} is over`));
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`${this.jid} waits in vain`)), DEADLINE_MS);
      this.#waiting.push((element) => {
        clearTimeout(deadline);
        if (element) resolve(element);
        else reject(new Error(`the stream of ${this.jid} ended`));
      });
    });
  }

  /** The next element must match (see `mismatch`). */
  async receives(xml: string | Element): Promise<Element> {
    const element = await this.receive();
    const difference = mismatch(element, pattern(xml));
    assert.equal(difference, undefined, difference);
    return element;
  }

  /** The next elements must match these, in any order. */
  async receivesAll(...patterns: readonly string[]): Promise<void> {
    const left = patterns.map((it) => pattern(it));
    while (left.length > 0) {
      const element = await this.receive();
      const at = left.findIndex((it) => mismatch(element, it) === undefined);
      assert.ok(at >= 0, `unexpected ${element}; still expected: ${left.join(', ')}`);
      left.splice(at, 1);
    }
  }

  /** Sends a request and waits for its answer; what else comes stays queued, in order. */
  async iq(type: 'get' | 'set', payload: string, to?: string): Promise<Element> {
    const id = `q${++this.#ids}`;
    const address = to === undefined ? '' : ` to='${to}'`;
    await this.send(`<iq type='${type}' id='${id}'${address}>${payload}</iq>`);
    return this.answer(id);
  }

  /** Waits for the stanza with this id. */
  async answer(id: string): Promise<Element> {
    const passed: Element[] = [];
    for (;;) {
      const element = await this.receive();
      if (element.name === 'iq' && element.attr('id') === id && /result|error/.test(element.attr('type') ?? '')) {
        this.#queue.unshift(...passed);
        return element;
      }
      passed.push(element);
    }
  }

  /** A round trip to the server, after which nothing may be there: streams keep their order. */
  async receivesNothing(): Promise<void> {
    await this.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, this.host);
    assert.equal(this.#queue.length, 0, `unexpected ${this.#queue.join(', ')}`);
  }

  /** Drops everything that came before the answer to a round trip. */
  async drain(): Promise<readonly Element[]> {
    await this.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, this.host);
    return this.#queue.splice(0);
  }

  /** Waits for the end of the stream; fails on any other element than a stream error, which is returned. */
  async ends(): Promise<Element | undefined> {
    try {
      const error = await this.receive();
      assert.equal(error.ns, 'http://etherx.jabber.org/streams', `unexpected ${error}`);
      return error;
    } catch (cause) {
      if (this.#ended) return undefined;
      throw cause;
    }
  }

  /** The stream must end with this error, its closing tag and the connection, and nothing else (RFC 6120 section 4.9.1). */
  async fails(condition: string): Promise<Element> {
    const error = await this.receive();
    const wanted = `<error xmlns='http://etherx.jabber.org/streams'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>`;
    const difference = mismatch(error, pattern(wanted));
    assert.equal(difference, undefined, difference);
    assert.equal(await this.ends(), undefined);
    assert.ok(this.closed, 'the stream was not closed');
    return error;
  }

  /** Ends the stream in peace and waits until the server has done so too. */
  async close(): Promise<void> {
    this.raw(this.#framing.close);
    while (!this.#ended) await this.receive().catch(() => undefined);
    await new Promise((done) => setImmediate(done));
  }

  /** The connection breaks. */
  async cut(): Promise<void> {
    this.transport.destroy();
    await new Promise((done) => setImmediate(() => setImmediate(done)));
  }
}
