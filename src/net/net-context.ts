/** What the listeners of one server share: limits, deadlines, the log. */
import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import { Deadlines } from './deadlines.ts';
import { failPeer } from './peer.ts';

export interface NetOptions extends AdmissionOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** For a TLS handshake or a PROXY header, from the first byte to the last. */
  readonly handshakeTimeoutMs: number;
  /** For the peer to take what is left and close, after we have. */
  readonly closeTimeoutMs: number;
  /** Silence after which the operating system asks whether the peer is still there; 0: never. */
  readonly keepAliveDelayMs: number;
}

export class NetContext {
  readonly options: NetOptions;
  readonly log: Logger;
  readonly admission: Admission;
  /** Sockets whose peers owe us a handshake. */
  readonly handshakes: Deadlines<Socket>;
  /** Sockets that we have ended and whose peers have not. */
  readonly closings: Deadlines<Socket>;

  constructor(options: NetOptions) {
    this.options = options;
    this.log = options.log;
    this.admission = new Admission(options);
    const { clock, handshakeTimeoutMs, closeTimeoutMs } = options;
    this.handshakes = new Deadlines(clock, handshakeTimeoutMs, (socket) => abandon(socket, 'handshake timeout'));
    this.closings = new Deadlines(clock, closeTimeoutMs, (socket) => abandon(socket, 'close timeout'));
  }

  /** Destroys the connections that are being opened or closed, and ends the sweeps. Owned ones are their owners'. */
  close(): void {
    this.handshakes.close();
    this.closings.close();
  }
}

function abandon(socket: Socket, reason: string): void {
  failPeer(socket, reason);
  socket.destroy();
}
