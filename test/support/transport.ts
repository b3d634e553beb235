/** A transport that goes nowhere: what the server writes is handed to a client in the same process. */
import type { Framing, TlsDetails, Transport, TransportHandler, TransportKind } from '../../src/kernel/transport.ts';

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
  /** A batch of text, or a frame. */
  onText(text: string): void;
  onEnd(): void;
}

export interface TransportOptions {
  readonly address?: string;
  /** TLS from the start; true unless told otherwise. */
  readonly secure?: boolean;
  readonly framing?: Framing;
  /** Facts of the TLS connection, such as its channel bindings. */
  readonly tls?: Partial<TlsDetails>;
}

/** The server's end; text is handed over in batches, a turn of the event loop each, as real transports do. */
export class TestTransport implements Transport {
  readonly kind: TransportKind;
  readonly framing: Framing;
  readonly remoteAddress: string;
  tls: TlsDetails | undefined;
  handler: TransportHandler | undefined = undefined;
  paused = false;
  startTls?: () => void;
  readonly #peer: Peer;
  readonly #facts: TlsDetails;
  readonly #incoming: (string | Buffer)[] = [];
  #pending: string[] = [];
  #buffered = 0;
  #stalled = false;
  #closed = false;

  constructor(peer: Peer, options: TransportOptions = {}) {
    this.#peer = peer;
    this.framing = options.framing ?? 'stream';
    this.kind = this.framing === 'frames' ? 'ws' : 'tcp';
    this.remoteAddress = options.address ?? '127.0.0.1';
    this.#facts = { ...TLS, ...options.tls };
    this.tls = options.secure === false ? undefined : this.#facts;
    if (this.framing === 'stream') this.startTls = () => this.#secure();
  }

  get bufferedBytes(): number {
    return this.#buffered;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(text: string): void {
    if (this.#closed) return;
    if (this.#pending.length === 0) setImmediate(() => this.#flush());
    this.#pending.push(text);
    this.#buffered += text.length;
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
    while (!this.paused && this.#incoming.length > 0) this.#deliver(this.#incoming.shift() as string | Buffer);
  }

  /** The client's bytes. */
  receive(text: string | Buffer): void {
    if (this.paused) this.#incoming.push(text);
    else this.#deliver(text);
  }

  /** The client stops reading: what is written waits here. */
  stall(): void {
    this.#stalled = true;
  }

  /** The client reads again. */
  readOn(): void {
    this.#stalled = false;
    this.#flush();
  }

  #secure(): void {
    this.tls = this.#facts;
    this.handler?.onSecure();
  }

  #deliver(text: string | Buffer): void {
    if (this.#closed) return;
    const chunk = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text);
    this.handler?.onData(chunk);
    // A real transport may reuse the buffer: whoever keeps it finds this.
    chunk.fill('?');
  }

  #flush(): void {
    if (this.#stalled || this.#pending.length === 0) return;
    const texts = this.#pending;
    this.#pending = [];
    this.#buffered = 0;
    if (this.framing === 'frames') for (const text of texts) this.#peer.onText(text);
    else this.#peer.onText(texts.join(''));
    this.handler?.onDrain();
  }
}
