/** Reads the PROXY header that opens a connection from a trusted proxy, then hands the connection on. */
import type { Socket } from 'node:net';
import type { Connected } from './listener.ts';
import type { Peer } from './peer.ts';
import { parseProxyHeader } from './proxy-protocol.ts';

/**
 * Refuses the connection unless a trusted address sends a header; nobody else may name another's address.
 * The socket is handed on paused, with what followed the header still to be read.
 */
export function expectProxyHeader(socket: Socket, peer: Peer, connected: Connected): void {
  const { net } = peer;
  if (!net.admission.isTrusted(peer.address)) {
    refuse(socket, peer, 'not a trusted proxy');
    return;
  }
  net.handshakes.add(socket);
  let received: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const header = parseProxyHeader(received);
    if (header === 'incomplete') return;
    socket.off('data', onData);
    net.handshakes.delete(socket);
    if (header === 'invalid') {
      refuse(socket, peer, 'invalid PROXY header');
      return;
    }
    const refusal = header.address === undefined ? undefined : peer.readdress(header.address);
    if (refusal !== undefined) {
      refuse(socket, peer, refusal);
      return;
    }
    socket.pause();
    if (header.byteLength < received.length) socket.unshift(received.subarray(header.byteLength));
    connected(socket, peer);
  };
  socket.on('data', onData);
}

function refuse(socket: Socket, peer: Peer, reason: string): void {
  peer.fail(reason);
  socket.destroy();
}
