/** Two transports that are each other's peer, in one process: for tests, with the manners of a socket. */
import type { Framing, TlsDetails, Transport, TransportHandler } from '../kernel/transport.ts';
import { type Flushable, writeBatch } from './write-batch.ts';

export interface MemoryOptions {
  readonly framing?: Framing;
  /** How either end sees the other. */
  readonly remoteAddress?: string;
  /** The connection is secure from the start. */
  readonly tls?: TlsDetails;
  /** The first end offers STARTTLS, and these are the facts afterwards, on both ends. */
  readonly startTls?: TlsDetails;
}

export type MemoryPair = readonly [server: MemoryTransport, client: MemoryTransport];

/**
 * Text written in a turn arrives at its end as one chunk, or as one chunk a frame. What a paused end has not read
 * counts as buffered at the other. Closing takes a turn.
 */
export function memoryPair(options: MemoryOptions = {}): MemoryPair {
  const server = new MemoryTransport(options);
  const client = new MemoryTransport(options);
  server.connect(client);
  client.connect(server);
  const facts = options.startTls;
  if (facts !== undefined) server.startTls = () => server.upgrade(facts);
  return [server, client];
}

export class MemoryTransport implements Transport, Flushable {
  readonly kind = 'memory';
  readonly framing: Framing;
  readonly remoteAddress: string;
  handler: TransportHandler | undefined = undefined;
  startTls?: () => void;
  #tls: TlsDetails | undefined;
  /** Facts of the handshake that is under way. */
  #upgrading: TlsDetails | undefined = undefined;
  #peer: MemoryTransport | undefined = undefined;
  #outgoing: string[] = [];
  #incoming: Buffer[] = [];
  #paused = false;
  #queued = false;
  #state: 'open' | 'ending' | 'closed' = 'open';
  #reason = 'closed by the peer';

  constructor(options: MemoryOptions) {
    this.framing = options.framing ?? 'stream';
    this.remoteAddress = options.remoteAddress ?? '127.0.0.1';
    this.#tls = options.tls;
  }

  connect(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  get tls(): TlsDetails | undefined {
    return this.#tls;
  }

  get bufferedBytes(): number {
    const unread = this.#peer?.unreadBytes ?? 0;
    return this.#outgoing.reduce((sum, text) => sum + text.length, unread);
  }

  get unreadBytes(): number {
    return this.#incoming.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  write(text: string): void {
    if (this.#state !== 'open') return;
    this.#outgoing.push(text);
    this.#queue();
  }

  end(): void {
    if (this.#state === 'open') this.#close('closed');
  }

  destroy(): void {
    if (this.#state === 'closed') return;
    this.#outgoing = [];
    this.#peer?.discardIncoming();
    this.#close('destroyed');
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#queue();
  }

  /** Turns both ends to TLS in the next turn. */
  upgrade(facts: TlsDetails): void {
    if (this.#state !== 'open' || this.#tls !== undefined || this.#upgrading !== undefined) return;
    this.#send();
    this.#upgrading = facts;
    this.#incoming = [];
    this.#queue();
  }

  flush(): void {
    this.#queued = false;
    const facts = this.#upgrading;
    if (facts !== undefined) {
      this.#upgrading = undefined;
      this.#peer?.discardOutgoing();
      this.#peer?.secured(facts);
      this.secured(facts);
    }
    this.#send();
    if (this.#incoming.length > 0) this.#deliver();
    if (this.#state === 'ending' && this.#peer?.unreadBytes === 0) {
      this.#peer.closed();
      this.closed();
    }
  }

  secured(facts: TlsDetails): void {
    this.#tls = facts;
    this.handler?.onSecure();
  }

  arrived(chunks: readonly Buffer[]): void {
    // Plaintext behind a request for TLS is discarded, and so is what comes after our own end.
    if (this.#upgrading === undefined && this.#state === 'open') this.#incoming.push(...chunks);
    this.#deliver();
  }

  /** The peer has read everything. */
  drained(): void {
    if (this.#state === 'open' && this.#outgoing.length === 0) this.handler?.onDrain();
    if (this.#state === 'ending') this.#queue();
  }

  discardIncoming(): void {
    this.#incoming = [];
  }

  discardOutgoing(): void {
    this.#outgoing = [];
  }

  closed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#outgoing = [];
    this.#incoming = [];
    this.handler?.onClose(this.#reason);
  }

  #close(reason: string): void {
    this.#state = 'ending';
    this.#reason = reason;
    this.#incoming = [];
    this.#queue();
  }

  #queue(): void {
    if (this.#queued) return;
    this.#queued = true;
    writeBatch.add(this);
  }

  #send(): void {
    if (this.#outgoing.length === 0 || this.#state === 'closed' || this.#upgrading !== undefined) return;
    const texts = this.#outgoing;
    this.#outgoing = [];
    const chunks = this.framing === 'frames' ? texts : [texts.join('')];
    this.#peer?.arrived(chunks.map((text) => Buffer.from(text)));
  }

  #deliver(): void {
    while (!this.#paused && this.#state === 'open') {
      const chunk = this.#incoming.shift();
      if (chunk === undefined) break;
      this.handler?.onData(chunk);
    }
    if (this.#incoming.length === 0) this.#peer?.drained();
  }
}
