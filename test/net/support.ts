/** What the tests of transports need: a context without limits, a handler that records, clients on loopback. */
import { once } from 'node:events';
import { type AddressInfo, connect as netConnect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { silent } from '../../src/kernel/log.ts';
import type { Certificates, Transport, TransportHandler } from '../../src/kernel/transport.ts';
import { NetContext, type NetOptions } from '../../src/net/net-context.ts';
import { createSelfSigned, type SelfSigned } from '../../src/net/self-signed.ts';
import { StreamListener, type StreamSecurity } from '../../src/net/stream-listener.ts';
import { TlsAcceptor, type TlsAcceptorOptions } from '../../src/net/tls-acceptor.ts';
import { matchNetworks } from '../../src/util/networks.ts';
import { FakeClock } from '../support/clock.ts';

export const nowMs = Date.parse('2026-11-24T12:00:00Z');

export interface TestNet {
  readonly net: NetContext;
  readonly clock: FakeClock;
}

/** Closed, with all that was accepted in it, when the test is over. */
export function createNet(t: TestContext, options: Partial<NetOptions> = {}): TestNet {
  const clock = new FakeClock();
  const net = new NetContext({
    clock,
    log: silent,
    isTrusted: matchNetworks(['127.0.0.0/8', '::1']),
    maxConnections: 0,
    maxPerAddress: 0,
    acceptsPerSecond: 0,
    handshakeTimeoutMs: 10_000,
    closeTimeoutMs: 5_000,
    keepAliveDelayMs: 60_000,
    ...options,
  });
  t.after(() => net.close());
  return { net, clock };
}

/** Records what a transport tells; tests wait for the next thing told. */
export class Recorder implements TransportHandler {
  readonly transport: Transport;
  readonly chunks: string[] = [];
  readonly closeReasons: string[] = [];
  drains = 0;
  secured = 0;
  /** Runs within `onData`. */
  react: (text: string) => void = () => {};
  #waiters: (() => void)[] = [];

  constructor(transport: Transport) {
    this.transport = transport;
    transport.handler = this;
  }

  get text(): string {
    return this.chunks.join('');
  }

  onData(chunk: Buffer): void {
    const text = chunk.toString();
    this.chunks.push(text);
    this.react(text);
    this.#told();
  }

  onDrain(): void {
    this.drains++;
    this.#told();
  }

  onSecure(): void {
    this.secured++;
    this.#told();
  }

  onClose(reason: string): void {
    this.closeReasons.push(reason);
    this.#told();
  }

  /** Resolves when the condition holds after something was told. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves to the reason. */
  async closed(): Promise<string> {
    await this.until(() => this.closeReasons.length > 0);
    return this.closeReasons[0] as string;
  }

  #told(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** A queue of what was accepted. */
export class Accepted {
  readonly all: Recorder[] = [];
  #waiters: (() => void)[] = [];

  readonly accept = (transport: Transport): boolean => {
    this.all.push(new Recorder(transport));
    for (const resolve of this.#waiters.splice(0)) resolve();
    return true;
  };

  /** The first connection, or the one with this index, when it has been accepted. */
  async connection(index = 0): Promise<Recorder> {
    while (this.all.length <= index) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.all[index] as Recorder;
  }

  destroyAll(): void {
    for (const { transport } of this.all) transport.destroy();
  }
}

export interface StreamServer {
  readonly accepted: Accepted;
  readonly port: number;
  readonly listener: StreamListener;
}

/** A listener on loopback that accepts everyone. */
export async function serveStreams(
  t: TestContext,
  net: NetContext,
  options: { security?: StreamSecurity; proxyProtocol?: boolean; addresses?: readonly string[] } = {},
): Promise<StreamServer> {
  const accepted = new Accepted();
  const listener = new StreamListener(net, {
    addresses: options.addresses ?? ['127.0.0.1'],
    port: 0,
    security: options.security ?? { mode: 'plain' },
    proxyProtocol: options.proxyProtocol ?? false,
    accept: accepted.accept,
  });
  await listener.listen();
  t.after(() => {
    listener.close();
    accepted.destroyAll();
  });
  return { accepted, listener, port: (listener.addresses[0] as AddressInfo).port };
}

/** A client that reads everything; destroyed when the test is over. */
export async function connect(t: TestContext, port: number, host = '127.0.0.1'): Promise<Client<Socket>> {
  const client = new Client(t, netConnect({ port, host }));
  await once(client.socket, 'connect');
  return client;
}

export async function connectTls(t: TestContext, options: ConnectionOptions): Promise<Client<TLSSocket>> {
  const socket = tlsConnect({ host: '127.0.0.1', rejectUnauthorized: false, ...options });
  const client = new Client(t, socket);
  await once(socket, 'secureConnect');
  return client;
}

export class Client<T extends Socket> {
  readonly socket: T;
  readonly chunks: Buffer[] = [];
  byteLength = 0;
  isClosed = false;
  #waiters: (() => void)[] = [];

  constructor(t: TestContext, socket: T) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.byteLength += chunk.length;
      this.#told();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#told();
    });
    socket.on('error', () => {});
    t.after(() => socket.destroy());
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }

  /** Resolves when the text is there; rejects when the connection closes before that. */
  async receives(text: string): Promise<void> {
    await this.until(() => this.isClosed || this.text.includes(text));
    if (!this.text.includes(text)) throw new Error(`closed after: ${this.text}`);
  }

  async closed(): Promise<void> {
    await this.until(() => this.isClosed);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #told(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

/** Certificates made once for all tests of a file. */
export class TestCertificates implements Certificates {
  readonly byHost = new Map<string, { cert: string; key: string }>();
  fallback: { cert: string; key: string };

  constructor(fallback: SelfSigned) {
    this.fallback = asContext(fallback);
  }

  set(host: string, certificate: SelfSigned): void {
    this.byHost.set(host, asContext(certificate));
  }

  context(serverName: string | undefined): { cert: string; key: string } {
    return this.byHost.get(serverName ?? '') ?? this.fallback;
  }
}

function asContext({ certPem, keyPem }: SelfSigned): { cert: string; key: string } {
  return { cert: certPem, key: keyPem };
}

export function certificateFor(...hosts: string[]): SelfSigned {
  return createSelfSigned({ hosts, nowMs: Date.now() });
}

export function createTls(
  net: NetContext,
  options: Partial<TlsAcceptorOptions> & { certificates: Certificates },
): TlsAcceptor {
  return new TlsAcceptor(net, { alpn: [], requestCertificate: false, ...options });
}
