/** Reads sockets into one buffer that they all share: Node else allocates one for each read, and collects it again. */
import { Socket, type SocketConstructorOpts } from 'node:net';

/** What one read takes at most. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);

interface Accepted {
  /** What the socket is to the operating system. Node does not document it. */
  _handle?: object | null;
}

/**
 * The connection as another socket, paused, whose event `data` brings bytes that are the listener's during the call only.
 * Node has the option `onread` for this, but the sockets of a server are made without it: so the handle changes hands.
 * The accepted socket comes back as it is where there is none, as it may be in a version to come.
 */
export function readInPlace(accepted: Socket, highWaterMark: number): Socket {
  const from = accepted as Accepted;
  const handle = from._handle;
  if (typeof handle !== 'object' || handle === null) return accepted;
  from._handle = null;
  const socket: Socket = new Socket({
    handle,
    highWaterMark,
    readable: true,
    writable: true,
    onread: {
      buffer: SHARED,
      callback: (size) => {
        socket.emit('data', SHARED.subarray(0, size));
        return true; // whether to read on, `pause` has decided
      },
    },
  } as SocketConstructorOpts);
  return socket.pause();
}
