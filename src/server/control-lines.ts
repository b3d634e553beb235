/** Cuts what comes from a socket into lines of bounded length. */
import type { Socket } from 'node:net';

interface LineHandler {
  line(text: string): void;
  /** A line exceeds the limit; nothing is read after it. */
  tooLong(): void;
}

const NEWLINE = 0x0a;

export function onLines(socket: Socket, maxBytes: number, handler: LineHandler): void {
  let parts: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer): void => {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      const text = Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      if (length + end > maxBytes) {
        stop();
        return;
      }
      parts = [];
      length = 0;
      rest = rest.subarray(end + 1);
      if (text !== '') handler.line(text);
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
    if (length > maxBytes) stop();
  };
  const stop = (): void => {
    socket.off('data', onData);
    socket.resume();
    handler.tooLong();
  };
  socket.on('data', onData);
}
