/** The command line's end of the control socket. */
import { connect, type Socket } from 'node:net';
import { type ControlResponse, controlSocketPath } from '../server/control.ts';
import { onLines } from '../server/control-lines.ts';
import { Failure } from './failure.ts';

const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

interface Waiting {
  resolve(response: ControlResponse): void;
  reject(error: Error): void;
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    onLines(socket, MAX_RESPONSE_BYTES, {
      line: (text) => this.#waiting.shift()?.resolve(JSON.parse(text) as ControlResponse),
      tooLong: () => socket.destroy(new Error('the answer of the server is too long')),
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const it of this.#waiting.splice(0)) it.reject(new Failure('the server closed the control connection'));
    });
  }

  /** Undefined when no server serves the directory. Throws when one does but may not be spoken to. */
  static connect(dataDir: string): Promise<ControlClient | undefined> {
    const path = controlSocketPath(dataDir);
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('connect', () => resolve(new ControlClient(socket)));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => {
        if (code === 'EACCES' || code === 'EPERM') reject(new Failure(`no permission to use ${path}`));
        else resolve(undefined);
      });
    });
  }

  /** Throws `Failure` with what the server says. */
  async call(command: string, args: Readonly<Record<string, unknown>>, host?: string): Promise<unknown> {
    const response = await new Promise<ControlResponse>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ command, args, host })}\n`);
    });
    if ('ok' in response) return response.value;
    const { kind, message } = response.error;
    throw new Failure(kind === 'failed' ? `the server failed: ${message}` : message, kind === 'usage' ? 2 : 1);
  }

  close(): void {
    this.#socket.end();
  }
}
