/** Serves WebSocket handshakes of RFC 7395 on an HTTP listener: subprotocol `xmpp`, the client's address, limits. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type ServerOptions, WebSocketServer } from 'ws';
import type { Acceptor } from '../kernel/transport.ts';
import { forwardedAddress, isForwardedTls } from './forwarded.ts';
import type { HttpListener } from './http-listener.ts';
import type { NetContext } from './net-context.ts';
import { offer } from './offer.ts';
import { peerOf } from './peer.ts';
import { WebSocketTransport } from './websocket.ts';

interface WebSocketOptions {
  /** Of the URL: `/xmpp-websocket`. */
  readonly path: string;
  /** Longest message; a longer one ends the connection with status 1009. */
  readonly maxMessageBytes: number;
  readonly accept: Acceptor;
}

const subprotocol = 'xmpp';
/** A stanza needs one fragment; some libraries make a few. */
const maxFragments = 64;

export class WebSocketEndpoint {
  readonly #net: NetContext;
  readonly #accept: Acceptor;
  readonly #server: WebSocketServer;

  constructor(net: NetContext, http: HttpListener, options: WebSocketOptions) {
    this.#net = net;
    this.#accept = options.accept;
    // The deadlines of all transports come first; this one is for connections that the package closes by itself.
    const serverOptions: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxMessageBytes,
      maxFragments,
      // Each piece that a message is read in costs far more than its bytes.
      maxBufferedChunks: 1024 + Math.ceil(options.maxMessageBytes / 256),
      handleProtocols: () => subprotocol,
      closeTimeout: net.options.closeTimeoutMs,
    };
    this.#server = new WebSocketServer(serverOptions);
    http.upgrade(options.path, (request, socket, head) => this.#upgrade(request, socket, head));
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const peer = peerOf(socket);
    if (peer === undefined) {
      socket.destroy();
      return;
    }
    if (!offersSubprotocol(request)) {
      refuse(socket, '400 Bad Request', `Sec-WebSocket-Protocol: ${subprotocol} is required (RFC 7395 section 3.1)\n`);
      return;
    }
    const { admission } = this.#net;
    const header = request.headers['x-forwarded-for'];
    const address = forwardedAddress(peer.address, header, (hop) => admission.isTrusted(hop));
    const proxied = admission.isTrusted(peer.address) && isForwardedTls(request.headers['x-forwarded-proto']);
    const refusal = peer.readdress(address);
    if (refusal !== undefined) {
      refuse(socket, '429 Too Many Requests', `${refusal}\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      offer(this.#net, this.#accept, new WebSocketTransport(webSocket, socket, peer, proxied));
    });
  }
}

function offersSubprotocol(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? '';
  return offered.split(',').some((name) => name.trim() === subprotocol);
}

function refuse(socket: Socket, status: string, text: string): void {
  const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}`;
  socket.write(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${text}`);
  socket.destroySoon();
}
