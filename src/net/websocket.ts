/** RFC 7395: XMPP over WebSocket, an element a message. The handshake has been done; the package `ws` reads. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type WebSocket from 'ws';
import type { TlsDetails, Transport, TransportHandler } from '../kernel/transport.ts';
import { callClose, callData, callDrain, type HandlerOwner } from './handler-calls.ts';
import { Output, type OutputOwner } from './output.ts';
import type { Peer } from './peer.ts';
import { SocketTlsDetails } from './tls-details.ts';
import { textFrame } from './websocket-frame.ts';

/** RFC 6455 section 7.4.1. */
const normalClosure = 1000;
const unsupportedData = 1003;
const policyViolation = 1008;

/** Messages kept for a paused transport. */
const maxWaiting = 2048;

/** Nothing can be bound to a channel that ends elsewhere. */
const proxiedTls: TlsDetails = {
  protocol: 'at the proxy',
  cipher: 'at the proxy',
  serverName: undefined,
  tlsExporter: () => undefined,
  tlsServerEndPoint: () => undefined,
  tlsUnique: () => undefined,
  peerCertificate: () => undefined,
};

const TRANSPORT = Symbol('transport');

interface TransportWebSocket extends WebSocket {
  [TRANSPORT]?: WebSocketTransport;
}

export class WebSocketTransport implements Transport, HandlerOwner, OutputOwner {
  handler: TransportHandler | undefined = undefined;
  readonly #webSocket: WebSocket;
  /** Under the WebSocket: frames are written here, past the package, to make one system call of many. */
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #output: Output;
  #tls: TlsDetails | undefined;
  #state: 'offered' | 'open' | 'ending' | 'closed' = 'offered';
  #paused = false;
  /** Messages that had been read when the pause came. */
  #waiting: Buffer[] | undefined = undefined;
  /** The connection is over, but not all that came by it has been handed over. */
  #gone = false;

  /** `proxied`: TLS ends at a trusted proxy in front of us. */
  constructor(webSocket: WebSocket, socket: Socket, peer: Peer, proxied: boolean) {
    this.#tls = proxied ? proxiedTls : undefined;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#peer = peer;
    this.#output = new Output(this, socket, { encoding: 'latin1', encrypted: socket instanceof TLSSocket });
    (webSocket as TransportWebSocket)[TRANSPORT] = this;
    webSocket.on('message', onMessage);
    webSocket.on('close', onClose);
    webSocket.on('error', onError);
    webSocket.pause();
  }

  get kind(): 'ws' | 'wss' {
    return this.#socket instanceof TLSSocket ? 'wss' : 'ws';
  }

  get framing(): 'frames' {
    return 'frames';
  }

  get remoteAddress(): string {
    return this.#peer.address;
  }

  get tls(): TlsDetails | undefined {
    if (this.#tls === undefined && this.#socket instanceof TLSSocket) this.#tls = new SocketTlsDetails(this.#socket);
    return this.#tls;
  }

  get bufferedBytes(): number {
    return this.#output.bufferedBytes;
  }

  /** Begins to read; messages that came before have waited. */
  open(): void {
    if (this.#state !== 'offered') return;
    this.#state = 'open';
    if (!this.#paused) this.#goOn();
  }

  write(text: string): void {
    const isOpen = this.#state === 'open' || this.#state === 'offered';
    // After a close frame, the peer's or one that answers an error, nothing may follow (RFC 6455 section 5.5.1).
    if (isOpen && this.#webSocket.readyState === this.#webSocket.OPEN) this.#output.append(textFrame(text));
  }

  end(): void {
    if (this.#state !== 'ending' && this.#state !== 'closed') this.#close(normalClosure);
  }

  #close(status: number): void {
    this.#state = 'ending';
    this.#waiting = undefined;
    if (this.#gone) {
      process.nextTick(closeGone, this);
      return;
    }
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#output.finish();
    else this.#output.discard();
    this.#webSocket.resume();
    this.#webSocket.close(status);
    this.#peer.net.closings.add(this.#socket);
  }

  destroy(): void {
    if (this.#state === 'closed') return;
    this.#state = 'ending';
    this.#waiting = undefined;
    this.#peer.fail('destroyed');
    if (this.#gone) process.nextTick(closeGone, this);
    else this.#webSocket.terminate();
  }

  pause(): void {
    this.#paused = true;
    if (this.#state === 'open') this.#webSocket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#state === 'open') this.#goOn();
  }

  #goOn(): void {
    if (this.#waiting === undefined) this.#webSocket.resume();
    else process.nextTick(deliverWaiting, this);
  }

  /** Hands over what has waited, then reads on. */
  deliverWaiting(): void {
    while (this.#state === 'open' && !this.#paused && this.#waiting !== undefined) {
      const message = this.#waiting.shift();
      if (message === undefined) {
        this.#waiting = undefined;
        if (this.#gone) this.closed();
        else this.#webSocket.resume();
        return;
      }
      callData(this, message);
    }
  }

  received(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    if (isBinary) {
      this.#peer.fail('binary message');
      this.#close(unsupportedData);
      return;
    }
    // What waits goes first, also when the pause is over.
    if (this.#state === 'open' && !this.#paused && this.#waiting === undefined) callData(this, data);
    else this.#keep(data);
  }

  /** At most what one read held comes here; that many in a read are not stanzas. */
  #keep(data: Buffer): void {
    this.#waiting ??= [];
    if (this.#waiting.push(data) <= maxWaiting) return;
    this.#peer.fail('too many messages at once');
    this.#close(policyViolation);
  }

  drained(): void {
    if (this.#state === 'open') callDrain(this);
  }

  closed(): void {
    if (this.#state === 'closed') return;
    // As over TCP: what the peer sent before it closed is handled first.
    if (this.#state === 'open' && this.#waiting !== undefined) {
      this.#gone = true;
      return;
    }
    const wasEnded = this.#state === 'ending';
    this.#state = 'closed';
    this.#waiting = undefined;
    this.#output.discard();
    this.#peer.net.closings.delete(this.#socket);
    callClose(this, this.#peer.failure ?? (wasEnded ? 'closed' : 'closed by the peer'));
  }

  failed(error: NodeJS.ErrnoException): void {
    this.#peer.fail(error.code ?? error.message);
  }

  handlerFailed(error: unknown): void {
    this.#peer.net.log.error({ err: error }, 'the handler of a connection failed');
    this.#peer.fail('internal error');
    this.destroy();
  }
}

function deliverWaiting(transport: WebSocketTransport): void {
  transport.deliverWaiting();
}

function closeGone(transport: WebSocketTransport): void {
  transport.closed();
}

function onMessage(this: TransportWebSocket, data: WebSocket.RawData, isBinary: boolean): void {
  this[TRANSPORT]?.received(data as Buffer, isBinary);
}

function onClose(this: TransportWebSocket): void {
  this[TRANSPORT]?.closed();
}

function onError(this: TransportWebSocket, error: Error): void {
  this[TRANSPORT]?.failed(error);
}
