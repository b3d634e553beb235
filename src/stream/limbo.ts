/** Where a session waits whose client has lost its connection and may come back (XEP-0198 section 5). */
import type { TransportKind } from '../kernel/transport.ts';
import type { Outlet } from '../session/session.ts';

/** Takes everything and leads nowhere: what the session sends stays in its queue. */
export class Limbo implements Outlet {
  readonly isLimbo = true;
  readonly transport: TransportKind;
  readonly secure: boolean;
  readonly remoteAddress: string;
  readonly trusted: boolean;
  readonly congested = false;
  /** When nobody is expected back any more; milliseconds since 1970. */
  readonly until: number;
  readonly #ended: () => void;
  readonly #handled: Promise<void>;

  /** Remembers how the client was last connected. `ended` is told when the session is to end. */
  constructor(before: Outlet, until: number, ended: () => void) {
    this.transport = before.transport;
    this.secure = before.secure;
    this.remoteAddress = before.remoteAddress;
    this.trusted = before.trusted;
    this.until = until;
    this.#ended = ended;
    this.#handled = before.yieldSession();
  }

  write(): void {}

  nonza(): void {}

  end(): void {
    this.#ended();
  }

  async drained(): Promise<void> {}

  async flushed(): Promise<boolean> {
    return false;
  }

  /** Something that the client sent may still be handled, though its connection is gone. */
  yieldSession(): Promise<void> {
    return this.#handled;
  }
}
