/** The peer at the other end of an accepted socket: its address, its place in the limits, why it went. */
import type { Socket } from 'node:net';
import type { Refusal } from './admission.ts';
import type { NetContext } from './net-context.ts';

/** Shared listeners find the peer through its socket: a closure for each would cost more than the rest. */
const PEER = Symbol('peer');

interface PeerSocket extends Socket {
  [PEER]?: Peer;
}

export class Peer {
  readonly net: NetContext;
  /** Why it went, when that was not an orderly close. The first reason stays. */
  failure: string | undefined = undefined;
  /** Set while a TLS handshake is under way. */
  onHandshakeClosed: (() => void) | undefined = undefined;
  #address: string;

  private constructor(net: NetContext, address: string) {
    this.net = net;
    this.#address = address;
  }

  /** Lets a socket in and counts it until it closes, or says why not. */
  static admit(net: NetContext, socket: Socket, address: string): Peer | Refusal {
    const refusal = net.admission.admit(address);
    if (refusal !== undefined) return refusal;
    const peer = new Peer(net, address);
    linkPeer(socket, peer);
    socket.on('close', onSocketClose);
    socket.on('error', onSocketError);
    return peer;
  }

  get address(): string {
    return this.#address;
  }

  /** A proxy that we trust has named the address that it speaks for. */
  readdress(address: string): Refusal | undefined {
    if (address === this.#address) return undefined;
    const refusal = this.net.admission.readdress(this.#address, address);
    if (refusal === undefined) this.#address = address;
    return refusal;
  }

  fail(reason: string): void {
    this.failure ??= reason;
  }
}

export function linkPeer(socket: Socket, peer: Peer): void {
  (socket as PeerSocket)[PEER] = peer;
}

export function peerOf(socket: Socket): Peer | undefined {
  return (socket as PeerSocket)[PEER];
}

export function failPeer(socket: Socket, reason: string): void {
  peerOf(socket)?.fail(reason);
}

function onSocketClose(this: Socket): void {
  const peer = peerOf(this);
  if (peer === undefined) return;
  const { net } = peer;
  net.handshakes.delete(this);
  net.admission.release(peer.address);
  peer.onHandshakeClosed?.();
}

/** The socket closes by itself after an error; this keeps the error from being thrown and remembers it. */
function onSocketError(this: Socket, error: NodeJS.ErrnoException): void {
  failPeer(this, error.code ?? error.message);
}
