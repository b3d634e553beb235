/** The outgoing half of a socket: text gathers here and leaves in one write per turn, or when the last one is done. */
import type { Socket } from 'node:net';
import { type Flushable, writeBatch } from './write-batch.ts';

/** From this much pending text on, waiting for the end of the turn only costs memory. */
const flushAtLength = 64 * 1024;

export interface OutputOwner {
  /** The operating system has taken everything. */
  drained(): void;
}

export class Output implements Flushable {
  readonly #owner: OutputOwner;
  /** `latin1` for text that is bytes already: WebSocket frames. */
  readonly #encoding: 'utf8' | 'latin1';
  #socket: Socket;
  /** TLS always completes a write later; plain TCP only when the peer is slow. */
  #encrypted: boolean;
  #pending = '';
  #queued = false;
  /** `sending`: an earlier write is not done yet; `held`: nothing may leave. */
  #state: 'ready' | 'sending' | 'held' = 'ready';
  /** Made when first needed: most plain connections never do. */
  #onWritten: (() => void) | undefined = undefined;

  constructor(owner: OutputOwner, socket: Socket, options: { encoding: 'utf8' | 'latin1'; encrypted: boolean }) {
    this.#owner = owner;
    this.#socket = socket;
    this.#encoding = options.encoding;
    this.#encrypted = options.encrypted;
  }

  /** Bytes not yet taken by the operating system; text that is not encoded yet counts by its characters. */
  get bufferedBytes(): number {
    return this.#pending.length + this.#socket.writableLength;
  }

  append(text: string): void {
    this.#pending += text;
    if (!this.#queued) {
      this.#queued = true;
      writeBatch.add(this);
    }
    if (this.#pending.length >= flushAtLength && this.#state === 'ready') this.#send();
  }

  flush(): void {
    this.#queued = false;
    this.#proceed();
  }

  /** Hands over everything now, behind what is under way. */
  finish(): void {
    if (this.#pending === '' || this.#state === 'held' || !this.#socket.writable) return;
    this.#socket.write(this.#take(), this.#encoding);
  }

  /** Forgets what is pending. */
  discard(): void {
    this.#pending = '';
    this.#state = 'held';
  }

  /** Keeps new text back until `moveTo`. */
  hold(): void {
    this.#state = 'held';
  }

  /** Goes on over another socket: TLS upon the plain one. */
  moveTo(socket: Socket): void {
    this.#socket = socket;
    this.#encrypted = true;
    this.#state = 'ready';
    if (this.#pending !== '') this.#send();
  }

  #proceed(): void {
    // While a write is under way the text goes on gathering here, which is cheaper than a queue of small chunks.
    if (this.#state !== 'ready') return;
    if (this.#pending !== '') this.#send();
    if (this.#state === 'ready') this.#owner.drained();
  }

  #take(): string {
    const text = this.#pending;
    this.#pending = '';
    return text;
  }

  #send(): void {
    const socket = this.#socket;
    if (!socket.writable) {
      this.discard(); // the peer has closed, or the connection is broken: its end is on the way
      return;
    }
    if (this.#encrypted) {
      this.#state = 'sending';
      socket.write(this.#take(), this.#encoding, this.#written);
      return;
    }
    // No callback: it would cost each write a tick, and the write is nearly always done when it returns.
    socket.write(this.#take(), this.#encoding);
    if (socket.writableLength === 0) return;
    this.#state = 'sending';
    // Queued behind the rest, the empty write reports when that is gone.
    socket.write('', 'latin1', this.#written);
  }

  get #written(): () => void {
    return (this.#onWritten ??= () => {
      if (this.#state !== 'sending') return;
      this.#state = 'ready';
      this.#proceed();
    });
  }
}
