/** Accepts XMPP streams on a port, in plaintext with STARTTLS (RFC 6120) or over TLS from the start (XEP-0368). */
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Acceptor } from '../kernel/transport.ts';
import { Listener, type ListenerOptions } from './listener.ts';
import type { NetContext } from './net-context.ts';
import { offer } from './offer.ts';
import type { Peer } from './peer.ts';
import { TcpTransport } from './tcp.ts';
import type { TlsAcceptor, TlsOwner } from './tls-acceptor.ts';

export type StreamSecurity =
  | { readonly mode: 'plain' }
  | { readonly mode: 'starttls'; readonly tls: TlsAcceptor }
  | { readonly mode: 'direct'; readonly tls: TlsAcceptor };

interface StreamListenerOptions extends ListenerOptions {
  readonly security: StreamSecurity;
  readonly accept: Acceptor;
}

export class StreamListener implements TlsOwner {
  readonly #net: NetContext;
  readonly #listener: Listener;
  readonly #security: StreamSecurity;
  readonly #accept: Acceptor;

  constructor(net: NetContext, options: StreamListenerOptions) {
    this.#net = net;
    this.#security = options.security;
    this.#accept = options.accept;
    const readsInPlace = options.security.mode !== 'direct';
    this.#listener = new Listener(net, { ...options, readsInPlace }, (socket, peer) => this.#connected(socket, peer));
  }

  get addresses(): readonly AddressInfo[] {
    return this.#listener.addresses;
  }

  /** @throws the operating system's error when an address cannot be listened on */
  listen(): Promise<void> {
    return this.#listener.listen();
  }

  /** Stops accepting; streams go on. */
  close(): void {
    this.#listener.close();
  }

  #connected(socket: Socket, peer: Peer): void {
    const security = this.#security;
    if (security.mode === 'direct') security.tls.start(socket, peer, this);
    else this.#offer(TcpTransport.plain(socket, peer, security.mode === 'starttls' ? security.tls : undefined));
  }

  secured(socket: TLSSocket, peer: Peer): void {
    this.#offer(TcpTransport.overTls(socket, peer));
  }

  #offer(transport: TcpTransport): void {
    offer(this.#net, this.#accept, transport);
  }
}
