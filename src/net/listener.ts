/** Accepts TCP connections on one port of several addresses, IPv4 and IPv6, within the limits. */
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { normalizeAddress } from '../util/networks.ts';
import type { NetContext } from './net-context.ts';
import { Peer } from './peer.ts';
import { expectProxyHeader } from './proxy-header.ts';
import { readInPlace } from './read-in-place.ts';

/** Bounds what a paused connection may hold: this and one read. */
const highWaterMark = 16 * 1024;
const portZeroAttempts = 5;

export interface ListenerOptions {
  /** IP addresses; `0.0.0.0` and `::` are all of IPv4 and all of IPv6. */
  readonly addresses: readonly string[];
  /** 0: one that is free on all of them, for tests. */
  readonly port: number;
  /** Connections open with a PROXY header and are refused from addresses that are not trusted. */
  readonly proxyProtocol?: boolean;
  /** The event `data` brings bytes that are the listener's during the call only. Not behind a PROXY header. */
  readonly readsInPlace?: boolean;
}

export type Connected = (socket: Socket, peer: Peer) => void;

export class Listener {
  readonly #net: NetContext;
  readonly #options: ListenerOptions;
  readonly #connected: Connected;
  #servers: Server[] = [];

  constructor(net: NetContext, options: ListenerOptions, connected: Connected) {
    this.#net = net;
    this.#options = options;
    this.#connected = connected;
  }

  /** Where it listens. */
  get addresses(): readonly AddressInfo[] {
    return this.#servers.map((server) => server.address() as AddressInfo);
  }

  /**
   * Resolves when all addresses listen. On a machine without IPv6, IPv6 addresses are left out if others remain.
   * @throws the operating system's error, and then listens nowhere
   */
  async listen(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#listenOnce();
        return;
      } catch (error) {
        this.close();
        const mayDiffer = this.#options.port === 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!mayDiffer || attempt === portZeroAttempts) throw error;
      }
    }
  }

  async #listenOnce(): Promise<void> {
    let { port } = this.#options;
    let missing: Error | undefined;
    for (const host of this.#options.addresses) {
      const server = this.#createServer();
      const error = await startListening(server, host, port);
      if (error === undefined) {
        // From here on, an error is one accept(2) that failed (out of descriptors): the server goes on.
        server.on('error', (cause) => this.#net.log.warn({ err: cause }, 'could not accept a connection'));
        this.#servers.push(server);
        port = (server.address() as AddressInfo).port;
      } else if (isIPv6(host) && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL')) {
        missing = error;
        this.#net.log.warn({ address: host, port }, 'no IPv6 here: not listening on this address');
      } else {
        throw error;
      }
    }
    if (this.#servers.length === 0 && missing !== undefined) throw missing;
  }

  /** Stops accepting; what was accepted stays. */
  close(): void {
    for (const server of this.#servers) server.close();
    this.#servers = [];
  }

  #createServer(): Server {
    const { keepAliveDelayMs } = this.#net.options;
    const keepAlive = { keepAlive: keepAliveDelayMs > 0, keepAliveInitialDelay: keepAliveDelayMs };
    const server = createServer({ noDelay: true, highWaterMark, ...keepAlive });
    const inPlace = this.#options.readsInPlace === true && this.#options.proxyProtocol !== true;
    server.on('connection', (socket) => this.#accept(inPlace ? readInPlace(socket, highWaterMark) : socket));
    return server;
  }

  #accept(socket: Socket): void {
    const address = normalizeAddress(socket.remoteAddress ?? '');
    // No address: the peer has gone already.
    const peer = address === undefined ? 'gone' : Peer.admit(this.#net, socket, address);
    if (typeof peer === 'string') {
      // An error of a socket without listeners would be thrown.
      socket.on('error', ignore);
      socket.destroy();
      return;
    }
    if (this.#options.proxyProtocol === true) expectProxyHeader(socket, peer, this.#connected);
    else this.#connected(socket, peer);
  }
}

function ignore(): void {}

/** Resolves to the error that kept it from listening, if any. */
function startListening(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ host, port, ipv6Only: true, backlog: 1024 }, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
  });
}
