/** HTTP or HTTPS on a port: one fastify instance for all who serve something there, and WebSocket upgrades by path. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import Fastify, { type FastifyInstance } from 'fastify';
import { Listener, type ListenerOptions } from './listener.ts';
import type { NetContext } from './net-context.ts';
import { linkPeer, type Peer } from './peer.ts';
import type { TlsAcceptor, TlsOwner } from './tls-acceptor.ts';

interface HttpListenerOptions extends ListenerOptions {
  /** Serves HTTPS; its ALPN is `http/1.1`. */
  readonly tls?: TlsAcceptor;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Longest request body, for routes that do not set their own. */
  readonly maxBodyBytes: number;
}

/** Takes over a connection that asked for another protocol. `head` is what came behind the request. */
type UpgradeHandler = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

export class HttpListener implements TlsOwner {
  /** Routes are registered here until `listen`. */
  readonly app: FastifyInstance;
  readonly #listener: Listener;
  readonly #server: Server;
  readonly #tls: TlsAcceptor | undefined;
  readonly #upgrades = new Map<string, UpgradeHandler>();

  constructor(net: NetContext, options: HttpListenerOptions) {
    this.#tls = options.tls;
    this.#server = createServer({
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      keepAliveTimeout: options.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, options.headersTimeoutMs),
      // Other upgrades are ignored, as RFC 9110 section 7.8 wants it: some clients ask every server for HTTP/2.
      shouldUpgradeCallback: (request) => this.#upgradeHandler(request) !== undefined,
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgradeHandler(request)?.(request, socket as Socket, head);
    });
    this.app = Fastify({
      serverFactory: (handler) => this.#server.on('request', handler),
      trustProxy: (address) => net.admission.isTrusted(address),
      bodyLimit: options.maxBodyBytes,
      logger: false,
    });
    this.#listener = new Listener(net, options, (socket, peer) => this.#connected(socket, peer));
  }

  get addresses(): readonly AddressInfo[] {
    return this.#listener.addresses;
  }

  /** Serves WebSocket upgrades of a path. */
  upgrade(path: string, handler: UpgradeHandler): void {
    if (this.#upgrades.has(path)) throw new Error(`two handlers for upgrades of ${path}`);
    this.#upgrades.set(path, handler);
  }

  /** @throws what fastify finds wrong with the routes, or the operating system with an address */
  async listen(): Promise<void> {
    await this.app.ready();
    await this.#listener.listen();
    // It does not listen itself, but only now enforces its time-outs.
    this.#server.emit('listening');
  }

  /** Stops accepting, lets requests under way finish for a while, then closes what is left; WebSockets go on. */
  async close(graceMs: number): Promise<void> {
    this.#listener.close();
    this.#server.closeIdleConnections();
    const force = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await this.app.close();
    // Ends the enforcement of time-outs; that it was not listening is no error here.
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(force);
    this.#server.closeAllConnections();
  }

  #connected(socket: Socket, peer: Peer): void {
    if (this.#tls === undefined) this.#serve(socket, peer);
    else this.#tls.start(socket, peer, this);
  }

  secured(socket: TLSSocket, peer: Peer): void {
    linkPeer(socket, peer);
    this.#serve(socket, peer);
  }

  #serve(socket: Socket, peer: Peer): void {
    // What routes see behind the PROXY protocol.
    if (socket.remoteAddress !== peer.address) Object.defineProperty(socket, 'remoteAddress', { value: peer.address });
    this.#server.emit('connection', socket);
    socket.resume();
  }

  #upgradeHandler(request: IncomingMessage): UpgradeHandler | undefined {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
    const [path = ''] = (request.url ?? '').split('?', 1);
    return this.#upgrades.get(path);
  }
}
