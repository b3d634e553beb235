/** A transport that goes nowhere: what the server writes is handed to a client in the same process. */
import type { TlsDetails, Transport, TransportHandler } from '../../src/kernel/transport.ts';

const TLS: TlsDetails = {
  protocol: 'TLSv1.3',
  cipher: 'none',
  serverName: undefined,
  tlsExporter: () => undefined,
  tlsServerEndPoint: () => undefined,
  tlsUnique: () => undefined,
  peerCertificate: () => undefined,
};

export interface Peer {
  onText(text: string): void;
  onEnd(): void;
}

/** The server's end; text is handed over in batches, a turn of the event loop each, as real transports do. */
export class TestTransport implements Transport {
  readonly kind = 'memory' as const;
  readonly framing = 'stream' as const;
  remoteAddress: string;
  tls: TlsDetails | undefined;
  handler: TransportHandler | undefined = undefined;
  paused = false;
  readonly #peer: Peer;
  readonly #incoming: string[] = [];
  #pending = '';
  #closed = false;

  constructor(peer: Peer, options: { address?: string; secure?: boolean } = {}) {
    this.#peer = peer;
    this.remoteAddress = options.address ?? '127.0.0.1';
    this.tls = options.secure === false ? undefined : TLS;
  }

  get bufferedBytes(): number {
    return this.#pending.length;
  }

  write(text: string): void {
    if (this.#closed) return;
    if (this.#pending === '') setImmediate(() => this.#flush());
    this.#pending += text;
  }

  end(): void {
    if (this.#closed) return;
    this.#flush();
    this.destroy();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#peer.onEnd();
    setImmediate(() => this.handler?.onClose('closed'));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    while (!this.paused && this.#incoming.length > 0) this.#deliver(this.#incoming.shift() as string);
  }

  startTls(): void {
    this.tls = TLS;
    this.handler?.onSecure();
  }

  /** The client's bytes. */
  receive(text: string): void {
    if (this.paused) this.#incoming.push(text);
    else this.#deliver(text);
  }

  #deliver(text: string): void {
    if (!this.#closed) this.handler?.onData(Buffer.from(text));
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '') return;
    this.#peer.onText(text);
    this.handler?.onDrain();
  }
}
