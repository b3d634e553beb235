/** Reads a stream element by element, one at a time: while something waits, nothing further is read. */
import type { Transport } from '../kernel/transport.ts';
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import type { Element } from '../xml/element.ts';
import type { StreamFraming } from './framing.ts';

export interface ReaderOwner {
  /** The stream is over: what is left is not read. */
  readonly ended: boolean;
  /** A header, an element, or `CLOSED`. A promise pauses reading until it settles. */
  handle(element: Element): Awaitable<void>;
  /** Reading or handling failed: XmlError for what the peer sent, anything else for what we did. */
  broken(cause: unknown): void;
  /** What was waited for is there: the owner resumes its transport, unless it has another reason to pause. */
  readOn(): void;
}

export class ElementReader {
  readonly #transport: Transport;
  readonly #framing: StreamFraming;
  readonly #owner: ReaderOwner;
  /** What the stream waits for. */
  #pending: Promise<void> | undefined = undefined;

  constructor(transport: Transport, framing: StreamFraming, owner: ReaderOwner) {
    this.#transport = transport;
    this.#framing = framing;
    this.#owner = owner;
  }

  /** Something waits; reading goes on by itself. */
  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /** Resolves when nothing that was read is being handled any more. */
  async idle(): Promise<void> {
    while (this.#pending !== undefined) await this.#pending.catch(() => undefined);
  }

  /** The chunk is the caller's again after the call. */
  push(chunk: Buffer): void {
    this.#framing.push(chunk);
    if (this.busy) this.#framing.keep();
    else this.#read();
  }

  #read(): void {
    try {
      while (!this.#owner.ended) {
        const element = this.#framing.next();
        if (element === undefined) return;
        const outcome = this.#owner.handle(element);
        if (isPromise(outcome)) {
          this.#wait(outcome);
          return;
        }
      }
    } catch (cause) {
      this.#owner.broken(cause);
    }
  }

  #wait(outcome: Promise<void>): void {
    this.#pending = outcome;
    this.#framing.keep();
    this.#transport.pause();
    outcome.then(
      () => this.#goOn(),
      (cause) => {
        this.#pending = undefined;
        this.#owner.broken(cause);
      },
    );
  }

  #goOn(): void {
    this.#pending = undefined;
    if (this.#owner.ended) return;
    this.#read();
    // Reading may have come to wait again.
    if (!this.busy && !this.#owner.ended) this.#owner.readOn();
  }
}
