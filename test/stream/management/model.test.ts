/** XEP-0198 section 5, at random: whatever is cut whenever, a client that follows the protocol gets everything once and in order. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { defineModule, on, outbound, type Session, z } from '#api';
import { framingFor } from '../../../src/stream/framing.ts';
import { startCore } from '../../support/core.ts';
import { type Peer, TestTransport } from '../../support/transport.ts';
import { LIMITS, parseXml } from '../../support/xml.ts';
import { acknowledge, enable, message, REQUEST, resume, turn } from './devices.ts';

const BODY = '{jabber:client}body';

const waiting: (() => void)[] = [];
const goOn = (): void => {
  for (const go of waiting.splice(0)) go();
};

/** Handlers that wait until they are let go, and writes that take a while. */
const delays = defineModule({
  name: 'delays',
  summary: 'Takes its time',
  config: z.strictObject({}),
  setup: () => ({
    hooks: [
      on(outbound, 'guard', async ({ stanza, origin }) => {
        const kind = stanza.element.attr('kind');
        if (kind === 'slow') await new Promise<void>((go) => waiting.push(go));
        if (kind === 'stored') (origin as Session).durableAfter(turn());
        return undefined;
      }),
    ],
  }),
});

const server = await startCore({
  extra: [delays],
  settings: { sessionsPerAccount: 1000, pingIntervalMs: 86_400_000, authTimeoutMs: 86_400_000 },
});
after(() => server.stop());
await server.account('juliet');
const plain = Buffer.from('\0juliet\0secret').toString('base64');
const AUTH = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`;

/** One connection of the client: everything goes by a pipe that may break with something in it. */
class Connection implements Peer {
  readonly transport: TestTransport;
  readonly #device: ModelDevice;
  readonly #framing: ReturnType<typeof framingFor>;
  /** Steps of the login that are left; then the session's own. */
  #steps = 0;

  constructor(device: ModelDevice, framing: 'stream' | 'frames') {
    this.#device = device;
    this.#framing = framingFor(framing, LIMITS);
    this.transport = new TestTransport(this, { framing });
    server.engine.accept(this.transport);
    this.#open();
  }

  #open(): void {
    this.#framing.restart();
    this.send(
      this.transport.framing === 'frames'
        ? `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='capulet.lit' version='1.0'/>`
        : `<stream:stream to='capulet.lit' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
  }

  send(xml: string): void {
    const isFrame = this.transport.framing === 'frames';
    this.transport.receive(isFrame ? parseXml(xml).toString() : xml);
  }

  onText(text: string): void {
    this.#framing.push(Buffer.from(text));
    for (let element = this.#framing.next(); element !== undefined; element = this.#framing.next()) {
      if (element.name === 'features') {
        if (this.#steps++ === 0) this.send(AUTH);
        else this.#device.begin(this);
      } else if (element.name === 'success') {
        this.#open();
      } else if (element.name === 'error' && element.ns.endsWith('streams')) {
        this.#device.ended(this, element.toString());
        return;
      } else if (element.name !== 'stream' && element.name !== 'closed') {
        this.#device.got(this, element);
      }
    }
  }

  onEnd(): void {
    this.#device.ended(this, undefined);
  }
}

/** What XEP-0198 has a client do, and nothing else. */
class ModelDevice {
  readonly resource: string;
  readonly received: number[] = [];
  #connection: Connection | undefined;
  #id: string | undefined;
  #isUp = false;
  #handled = 0;
  /** What it has sent and not seen acknowledged, in order; the first has the number `acknowledged` + 1. */
  readonly #unacknowledged: string[] = [];
  #acknowledged = 0;
  readonly errors: string[] = [];

  constructor(resource: string) {
    this.resource = resource;
  }

  get jid(): string {
    return `juliet@capulet.lit/${this.resource}`;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Connects anew; an earlier connection is left as it is, alive or dead. */
  connect(framing: 'stream' | 'frames'): void {
    this.#isUp = false;
    this.#connection = new Connection(this, framing);
  }

  begin(connection: Connection): void {
    if (connection !== this.#connection) return;
    const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${this.resource}</resource></bind>`;
    connection.send(this.#id === undefined ? `<iq type='set' id='bind'>${bind}</iq>` : resume(this.#id, this.#handled));
  }

  got(connection: Connection, element: ReturnType<typeof parseXml>): void {
    if (connection !== this.#connection) return;
    switch (element.name) {
      case 'iq':
        connection.send(enable(`resume='true'`));
        return;
      case 'enabled':
        this.#id = element.attr('id');
        this.#isUp = true;
        return;
      case 'resumed':
        this.#acknowledge(Number(element.attr('h')));
        this.#isUp = true;
        for (const xml of this.#unacknowledged) connection.send(xml);
        return;
      case 'r':
        connection.send(acknowledge(this.#handled));
        return;
      case 'a':
        this.#acknowledge(Number(element.attr('h')));
        return;
      case 'message':
        this.#handled++;
        this.received.push(Number(element.childText(BODY)));
        return;
      default:
        this.errors.push(element.toString());
    }
  }

  #acknowledge(h: number): void {
    if (h < this.#acknowledged || h > this.#acknowledged + this.#unacknowledged.length) this.errors.push(`h='${h}'`);
    this.#unacknowledged.splice(0, h - this.#acknowledged);
    this.#acknowledged = h;
  }

  ended(connection: Connection, error: string | undefined): void {
    if (connection !== this.#connection) return;
    this.#isUp = false;
    if (error !== undefined) this.errors.push(error);
  }

  send(xml: string): void {
    this.#unacknowledged.push(xml);
    if (this.#isUp) this.#connection?.send(xml);
  }

  request(): void {
    if (this.#isUp) this.#connection?.send(REQUEST);
  }

  tell(): void {
    if (this.#isUp) this.#connection?.send(acknowledge(this.#handled));
  }

  /** The connection is gone, with what the client has not read. */
  cut(): void {
    this.#isUp = false;
    this.#connection?.transport.destroy();
  }

  /** What the server sends waits in the network from now on, or goes on. */
  flow(isStalled: boolean): void {
    const transport = this.#connection?.transport;
    if (isStalled) transport?.stall();
    else transport?.readOn();
  }
}

const count = fc.integer({ min: 1, max: 12 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('receive' as const), count }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      count,
      kind: fc.constantFrom('plain', 'slow', 'stored'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut', 'stall', 'flow', 'request', 'tell', 'go on') }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('connect' as const), framing: fc.constantFrom('stream', 'frames') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30_000 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Passwords are hashed by other threads, so turns of the event loop do not count; this is long enough for any machine. */
const DEADLINE_MS = 10_000;
/** About as long as a login takes: what waits has to be waited for. */
const WAIT_MS = 15;

async function until(what: string, holds: () => boolean): Promise<void> {
  const startedAt = performance.now();
  for (let waits = 1; !holds(); ) {
    const ms = performance.now() - startedAt;
    assert.ok(ms < DEADLINE_MS, what);
    if (ms > waits * WAIT_MS) {
      waits++;
      goOn();
    }
    await turn();
  }
}

let runs = 0;
async function run(steps: readonly Step[]): Promise<void> {
  const device = new ModelDevice(`run${runs++}`);
  const romeo = await server.login('romeo');
  let sent = 0;
  let own = 0;
  const perform = (it: Step): void => {
    switch (it.do) {
      case 'receive':
        for (let i = 0; i < it.count; i++) romeo.raw(message(device.jid, sent++));
        return;
      case 'send':
        for (let i = 0; i < it.count; i++) device.send(message(romeo.jid, own++, `kind='${it.kind}'`));
        return;
      case 'connect':
        device.connect(it.framing as 'stream' | 'frames');
        return;
      case 'cut':
        device.cut();
        return;
      case 'stall':
      case 'flow':
        device.flow(it.do === 'stall');
        return;
      case 'request':
        device.request();
        return;
      case 'tell':
        device.tell();
        return;
      case 'go on':
        goOn();
        return;
      case 'wait':
        server.clock.advance(it.ms);
    }
  };
  device.connect('stream');
  await until('the session begins', () => device.isUp);
  for (const it of steps) {
    perform(it);
    if (it.do !== 'receive' && it.do !== 'send') await new Promise((done) => setImmediate(done));
  }
  // In the end the network is well.
  device.connect('stream');
  await until('the session goes on', () => device.isUp);
  const numbers = (length: number) => Array.from({ length }, (_, it) => it);
  await until('everything arrives', () => device.received.length >= sent);
  const heard: number[] = [];
  const hears = async (): Promise<void> => {
    while (heard.length < own) heard.push(Number((await romeo.receive()).childText(BODY)));
  };
  const all = hears();
  await until('everything is heard', () => heard.length >= own);
  await all;
  await romeo.drain().then((rest) => assert.deepEqual(rest, []));
  assert.deepEqual({ received: device.received, heard }, { received: numbers(sent), heard: numbers(own) });
  assert.deepEqual(
    device.errors.filter((it) => !it.includes('<conflict')),
    [],
  );
  device.cut();
  await romeo.close();
}

suite('XEP-0198 5, at random', () => {
  test('each stanza arrives exactly once and in order, both ways', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), run), { numRuns: 60 });
  });
});
