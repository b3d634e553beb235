/** A network between a client and a server of this machine: it can swallow what is sent, and break. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Pipe {
  /** Bytes that were swallowed: from the client, from the server. */
  readonly swallowed = { up: 0, down: 0 };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #swallows = false;

  private constructor(targetPort: number) {
    // Both halves stay open until the pipe is cut: what one end does when it swallows, the other must not notice.
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      this.#join(near, far, 'up');
      this.#join(far, near, 'down');
    });
  }

  static async to(targetPort: number): Promise<Pipe> {
    const pipe = new Pipe(targetPort);
    await new Promise<void>((listening) => pipe.#server.listen(0, '127.0.0.1', listening));
    return pipe;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  #join(from: Socket, to: Socket, way: 'up' | 'down'): void {
    this.#sockets.add(from);
    from.on('data', (data) => {
      if (this.#swallows) this.swallowed[way] += data.length;
      else if (!to.write(data)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => {
      if (!this.#swallows) to.end();
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#swallows) to.destroy();
    });
  }

  /** From now on nothing arrives any more, and neither side is told. */
  swallow(): void {
    this.#swallows = true;
    for (const socket of this.#sockets) socket.resume();
  }

  /** The connections break, and new ones work. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#swallows = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((closed) => this.#server.close(closed));
  }
}
