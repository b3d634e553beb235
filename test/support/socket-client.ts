/** The client of the tests, over a real socket in plaintext. */
import { connect } from 'node:net';
import type { Transport } from '../../src/kernel/transport.ts';
import { TestClient } from './client.ts';

/** Connects to a port of this machine. The client's transport is bridged to the socket, byte for byte. */
export async function socketClient(port: number): Promise<TestClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const accept = (transport: Transport): void => {
    transport.handler = {
      onData: (chunk) => void socket.write(chunk),
      onDrain() {},
      onSecure() {},
      onClose: () => socket.destroy(),
    };
    socket.on('data', (text) => transport.write(String(text)));
    socket.on('error', () => {});
    socket.on('close', () => transport.end());
  };
  return new TestClient({ accept });
}
