/** Turns accepted sockets into TLS connections: at once (XEP-0368, HTTPS), or in mid-stream (RFC 6120 section 5). */
import type { Socket } from 'node:net';
import { createServer, type SecureContext, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { Certificates } from '../kernel/transport.ts';
import type { NetContext } from './net-context.ts';
import { failPeer, linkPeer, type Peer } from './peer.ts';
import { SecureContexts, withBase } from './secure-contexts.ts';

/** RFC 8446 section 5.1: the type of record that a connection opens with. */
const handshakeRecord = 22;

export interface TlsAcceptorOptions {
  readonly certificates: Certificates;
  /**
   * What clients may ask for by ALPN; who asks for other protocols only is refused, who asks for none is not.
   * Empty: the extension is ignored.
   */
  readonly alpn: readonly string[];
  /** Asks for a client certificate, for SASL EXTERNAL; who has none is served all the same. */
  readonly requestCertificate: boolean;
}

/** Gets the connection when it is secure. A failed handshake closes the plain socket instead. */
export interface TlsOwner {
  secured(socket: TLSSocket, peer: Peer): void;
}

interface Handshake {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly owner: TlsOwner;
}

export class TlsAcceptor {
  readonly #net: NetContext;
  readonly #contexts: SecureContexts;
  /** Never listens: connections are handed to it. */
  readonly #server: Server;
  #defaultOptions: SecureContextOptions;
  /**
   * The server reports a secure connection without saying which of our sockets it runs on; both have the same two
   * ends, which no two connections share.
   */
  readonly #handshakes = new Map<string, Handshake>();

  constructor(net: NetContext, options: TlsAcceptorOptions) {
    this.#net = net;
    this.#contexts = new SecureContexts(options.certificates);
    this.#defaultOptions = this.#contexts.defaultOptions;
    this.#server = createServer({
      ...withBase(this.#defaultOptions),
      ...(options.alpn.length > 0 && { ALPNProtocols: [...options.alpn] }),
      requestCert: options.requestCertificate,
      rejectUnauthorized: false,
      handshakeTimeout: 0, // the shared deadlines do this
      SNICallback: (serverName, done) => this.#selectContext(serverName, done),
    });
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      this.#handshakes.get(endsOf(socket))?.peer.fail(error.code ?? 'TLS handshake failed');
    });
  }

  /**
   * Begins the handshake on a socket that nobody else reads from any more, when its first bytes are there.
   *
   * Waiting for them keeps connections cheap that never send any; and a TLS socket that is made with them at hand sizes
   * its read buffer by them (a few KiB), where it would otherwise take 64 KiB for as long as it lives.
   */
  start(socket: Socket, peer: Peer, owner: TlsOwner): void {
    this.#net.handshakes.add(socket);
    socket.once('data', (chunk: Buffer) => {
      if (chunk[0] !== handshakeRecord) {
        peer.fail('not TLS');
        socket.destroy();
        return;
      }
      socket.pause();
      socket.unshift(Buffer.from(chunk)); // which may be in a buffer that sockets share
      this.#begin({ socket, peer, owner });
    });
    socket.resume();
  }

  #begin(handshake: Handshake): void {
    const { socket, peer } = handshake;
    if (!this.#useCurrentCertificate()) {
      peer.fail('no certificate');
      socket.destroy();
      return;
    }
    const ends = endsOf(socket);
    this.#handshakes.set(ends, handshake);
    peer.onHandshakeClosed = () => {
      peer.fail('closed during the TLS handshake');
      if (this.#handshakes.get(ends) === handshake) this.#handshakes.delete(ends);
    };
    this.#server.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const ends = endsOf(socket);
    const handshake = this.#handshakes.get(ends);
    if (handshake === undefined) {
      socket.destroy();
      return;
    }
    const { peer, owner } = handshake;
    this.#handshakes.delete(ends);
    this.#net.handshakes.delete(handshake.socket);
    peer.onHandshakeClosed = undefined;
    linkPeer(socket, peer);
    socket.on('error', onTlsError);
    owner.secured(socket, peer);
  }

  /** Follows a reload of the default certificate. */
  #useCurrentCertificate(): boolean {
    try {
      const options = this.#contexts.defaultOptions;
      if (options === this.#defaultOptions) return true;
      this.#server.setSecureContext(withBase(options));
      this.#defaultOptions = options;
      return true;
    } catch (error) {
      this.#net.log.error({ err: error }, 'the default certificate cannot be used');
      return false;
    }
  }

  #selectContext(serverName: string, done: (error: Error | null, context?: SecureContext) => void): void {
    try {
      done(null, this.#contexts.context(serverName));
    } catch (error) {
      this.#net.log.error({ err: error, serverName }, 'a certificate cannot be used');
      done(error as Error);
    }
  }
}

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

/** Garbage in an established connection: it is of no use any more. */
function onTlsError(this: TLSSocket, error: NodeJS.ErrnoException): void {
  failPeer(this, error.code ?? error.message);
  this.destroy();
}
