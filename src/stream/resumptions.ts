/** Sessions that can be resumed, by the id that their client was given (XEP-0198 section 5). */
import { sessionEnded } from '../contracts/session.ts';
import type { Jid } from '../jid/jid.ts';
import type { Clock } from '../kernel/clock.ts';
import { redeliver } from '../router/redeliver.ts';
import type { StanzaRouter } from '../router/router.ts';
import type { ClientSession, Outlet } from '../session/session.ts';
import { isPromise } from '../util/awaitable.ts';
import { randomToken } from '../util/ids.ts';
import { Lru } from '../util/lru.ts';
import { Limbo } from './limbo.ts';

const SWEEP_MS = 1_000;
/** Ended sessions whose counter is still known, so that a client learns what had arrived. */
const REMEMBERED = 10_000;

/** What is known of a session that is over. */
interface Past {
  readonly account: string;
  /** Undefined when it cannot be told. */
  readonly handled: Promise<number | undefined>;
}

/** A resumption that is under way. */
interface Turn {
  readonly over: Promise<void>;
  readonly end: () => void;
}

export class Resumptions {
  readonly #router: StanzaRouter;
  readonly #clock: Clock;
  readonly #byId = new Map<string, ClientSession>();
  readonly #ids = new Map<ClientSession, { readonly id: string; readonly windowMs: number }>();
  readonly #turns = new Map<ClientSession, Turn>();
  readonly #waiting = new Map<ClientSession, Limbo>();
  readonly #past = new Lru<string, Past>(REMEMBERED);
  /** What ended sessions left behind and is being dealt with. */
  readonly #farewells = new Set<Promise<unknown>>();
  readonly #stop: () => void;

  constructor(router: StanzaRouter, clock: Clock) {
    this.#router = router;
    this.#clock = clock;
    this.#stop = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Sessions that wait for their clients. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The id by which the session can be resumed for so long after its connection is lost. */
  allow(session: ClientSession, windowMs: number): string {
    const id = randomToken();
    this.#byId.set(id, session);
    this.#ids.set(session, { id, windowMs });
    return id;
  }

  /** Takes a session of this account for a resumption. Who comes meanwhile waits for its turn, until `putBack`. */
  async take(id: string, account: Jid): Promise<ClientSession | undefined> {
    for (;;) {
      const session = this.#byId.get(id);
      if (session === undefined || session.jid.bare !== account.bare) return undefined;
      const turn = this.#turns.get(session);
      if (turn === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#turns.set(session, { over: promise, end: resolve });
        return session;
      }
      await turn.over;
    }
  }

  /** A resumption is over, however it ended. */
  putBack(session: ClientSession): void {
    const turn = this.#turns.get(session);
    this.#turns.delete(session);
    turn?.end();
  }

  /**
   * What had been handled of a session that is over, once that is certain; undefined when it is not, for another
   * account's, and for one long forgotten.
   */
  async handledBefore(id: string, account: Jid): Promise<number | undefined> {
    const past = this.#past.get(id);
    return past?.account === account.bare ? past.handled : undefined;
  }

  /** A stream has the session again. */
  back(session: ClientSession): void {
    this.#waiting.delete(session);
  }

  /** The connection is lost. The session waits if it may be resumed, and ends otherwise. */
  leave(session: ClientSession, outlet: Outlet): void {
    const entry = this.#ids.get(session);
    if (entry === undefined) {
      this.end(session);
      return;
    }
    if (outlet.isLimbo) return; // it waits already
    const limbo = new Limbo(outlet, this.#clock.now() + entry.windowMs, () => this.end(session));
    session.attach(limbo);
    this.#waiting.set(session, limbo);
  }

  /** The session is over: modules are told, and what its client has not acknowledged goes elsewhere. */
  end(session: ClientSession): void {
    const entry = this.#ids.get(session);
    if (entry !== undefined) {
      this.#byId.delete(entry.id);
      this.#ids.delete(session);
      this.#waiting.delete(session);
      this.#past.set(entry.id, { account: session.jid.bare, handled: finalCount(session) });
    }
    if (!session.host.sessions.remove(session)) return;
    this.#await(session.host.parts.hooks.tell(sessionEnded, session));
    if (session.acks !== undefined && session.acks.length > 0) this.#await(redeliver(this.#router, session));
  }

  /** Ends all that wait, and resolves when everything that was left behind is where it belongs. */
  async close(): Promise<void> {
    this.#stop();
    for (const session of [...this.#waiting.keys()]) this.end(session);
    while (this.#farewells.size > 0) await Promise.all(this.#farewells);
  }

  #await(work: unknown): void {
    if (!isPromise(work)) return;
    const done = work.finally(() => this.#farewells.delete(done)).catch(() => undefined);
    this.#farewells.add(done);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [session, { until }] of this.#waiting) if (until <= now) this.end(session);
  }
}

/** What a stream that is over is still handling counts, too; what could not be stored is not told to be handled. */
async function finalCount(session: ClientSession): Promise<number | undefined> {
  await session.outlet.yieldSession();
  await session.unsettled?.catch(() => undefined);
  return session.hasLost ? undefined : session.acks?.handled;
}
