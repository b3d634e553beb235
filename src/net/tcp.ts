/** XMPP's own transport: a stream over TCP, over TLS from the start (XEP-0368), or over both in turn (STARTTLS). */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { TlsDetails, Transport, TransportHandler } from '../kernel/transport.ts';
import { callClose, callData, callDrain, callSecure, type HandlerOwner } from './handler-calls.ts';
import { Output, type OutputOwner } from './output.ts';
import type { Peer } from './peer.ts';
import type { TlsAcceptor, TlsOwner } from './tls-acceptor.ts';
import { SocketTlsDetails } from './tls-details.ts';

/** Shared listeners find the transport through its socket: a closure for each would cost more than the rest. */
const TRANSPORT = Symbol('transport');

interface TransportSocket extends Socket {
  [TRANSPORT]?: TcpTransport;
}

export class TcpTransport implements Transport, HandlerOwner, OutputOwner, TlsOwner {
  handler: TransportHandler | undefined = undefined;
  startTls?: () => void;
  readonly #peer: Peer;
  readonly #output: Output;
  readonly #isDirectTls: boolean;
  #acceptor: TlsAcceptor | undefined = undefined;
  #socket: Socket;
  #tls: SocketTlsDetails | undefined;
  #state: 'open' | 'securing' | 'ending' | 'closed' = 'open';
  #paused = false;
  /** The connection is over, but the handler is not done with what came by it. */
  #gone = false;

  private constructor(socket: Socket, peer: Peer, tls: SocketTlsDetails | undefined) {
    this.#peer = peer;
    this.#socket = socket;
    this.#tls = tls;
    this.#isDirectTls = tls !== undefined;
    this.#output = new Output(this, socket, { encoding: 'utf8', encrypted: tls !== undefined });
    (socket as TransportSocket)[TRANSPORT] = this;
    socket.on('close', onClose);
  }

  /** @param tls offers STARTTLS */
  static plain(socket: Socket, peer: Peer, tls: TlsAcceptor | undefined): TcpTransport {
    const transport = new TcpTransport(socket, peer, undefined);
    if (tls !== undefined) {
      transport.#acceptor = tls;
      transport.startTls = startTls;
    }
    return transport;
  }

  static overTls(socket: TLSSocket, peer: Peer): TcpTransport {
    return new TcpTransport(socket, peer, new SocketTlsDetails(socket));
  }

  get kind(): 'tcp' | 'tls' {
    return this.#isDirectTls ? 'tls' : 'tcp';
  }

  get framing(): 'stream' {
    return 'stream';
  }

  get remoteAddress(): string {
    return this.#peer.address;
  }

  get tls(): TlsDetails | undefined {
    return this.#tls;
  }

  get bufferedBytes(): number {
    return this.#output.bufferedBytes;
  }

  /** Begins to read; data that came before has waited. */
  open(): void {
    if (this.#state !== 'open') return;
    this.#socket.on('data', onData);
    if (this.#paused) this.#socket.pause();
    else this.#socket.resume();
  }

  write(text: string): void {
    if (this.#state === 'open' || this.#state === 'securing') this.#output.append(text);
  }

  end(): void {
    if (this.#state === 'securing') {
      this.destroy();
      return;
    }
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    if (this.#gone) {
      process.nextTick(closeGone, this);
      return;
    }
    this.#output.finish();
    this.#socket.end();
    // Read on, or the peer's last bytes would turn our closing into a reset that discards what we sent.
    this.#socket.resume();
    this.#peer.net.closings.add(this.#socket);
  }

  destroy(): void {
    if (this.#state === 'closed') return;
    this.#state = 'ending';
    this.#peer.fail('destroyed');
    if (this.#gone) process.nextTick(closeGone, this);
    else this.#socket.destroy();
  }

  pause(): void {
    this.#paused = true;
    if (this.#state === 'open') this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#gone) process.nextTick(closeGone, this);
    else if (this.#state === 'open') this.#socket.resume();
  }

  upgrade(): void {
    if (this.#state !== 'open' || this.#gone || this.#acceptor === undefined) return;
    const acceptor = this.#acceptor;
    const socket = this.#socket;
    this.#acceptor = undefined;
    this.#output.finish();
    this.#output.hold();
    this.#state = 'securing';
    socket.off('data', onData);
    socket.pause();
    // What a client sends behind its request is no part of the secure stream (RFC 6120 section 5.4.2.1).
    while (socket.read() !== null);
    acceptor.start(socket, this.#peer, this);
  }

  secured(socket: TLSSocket): void {
    if (this.#state !== 'securing') {
      socket.destroy();
      return;
    }
    // The plain socket closes after the secure one, which tells better when the connection is over.
    this.#socket.off('close', onClose);
    (socket as TransportSocket)[TRANSPORT] = this;
    socket.on('close', onClose);
    this.#socket = socket;
    this.#tls = new SocketTlsDetails(socket);
    this.#state = 'open';
    this.#output.moveTo(socket);
    this.open();
    callSecure(this);
  }

  drained(): void {
    if (this.#state === 'open') callDrain(this);
  }

  received(chunk: Buffer): void {
    if (this.#state === 'open') callData(this, chunk);
  }

  closed(): void {
    if (this.#state === 'closed') return;
    // Node reads TLS while it is paused: what came before the end is handled before the end is told.
    if (this.#state === 'open' && this.#paused) {
      this.#gone = true;
      return;
    }
    const wasEnded = this.#state === 'ending';
    this.#state = 'closed';
    this.#output.discard();
    this.#peer.net.closings.delete(this.#socket);
    callClose(this, this.#peer.failure ?? (wasEnded ? 'closed' : 'closed by the peer'));
  }

  handlerFailed(error: unknown): void {
    this.#peer.net.log.error({ err: error }, 'the handler of a connection failed');
    this.#peer.fail('internal error');
    this.destroy();
  }
}

function closeGone(transport: TcpTransport): void {
  transport.closed();
}

function startTls(this: TcpTransport): void {
  this.upgrade();
}

function onData(this: TransportSocket, chunk: Buffer): void {
  this[TRANSPORT]?.received(chunk);
}

function onClose(this: TransportSocket): void {
  this[TRANSPORT]?.closed();
}
