/** What is held back for one inactive client, in order and bounded: XEP-0352 section 3.2. */
import type { Ledger, Session, Stanza } from '#api';
import { type Importance, NEVER, NOW, worthOf } from './importance.ts';

interface HoldingParts {
  readonly ledger: Ledger | undefined;
  readonly importance: Importance;
  readonly maxStanzas: number;
  /** Of text, counted in characters. */
  readonly maxBytes: number;
  readonly metrics: {
    readonly held: { inc(): void };
    readonly replaced: { inc(): void };
    readonly dropped: { inc(): void };
  };
}

interface Held {
  readonly stanza: Stanza;
  readonly to: string | undefined;
  readonly bytes: number;
}

/** Roughly what a stanza is besides its children. */
const START_TAG_BYTES = 200;
const NONE: ReadonlyMap<string, Held> = new Map();

export class Holding {
  readonly #parts: HoldingParts;
  readonly #session: Session;
  /** The latest of each key, in the order in which they came. */
  #held: Map<string, Held> | undefined = undefined;
  #bytes = 0;
  #isOver = false;

  /** From now on the session's stanzas are looked at. */
  constructor(parts: HoldingParts, session: Session) {
    this.#parts = parts;
    this.#session = session;
    session.gate = (stanza, to) => this.#passes(stanza, to);
  }

  /** The client is active, or its stream begins anew: it gets what it has missed, and nothing is held back any more. */
  release(): void {
    this.#isOver = true;
    this.#flush();
  }

  /** The session is over: what is held back was never sent, and is old news for whoever comes next. */
  drop(): void {
    this.#isOver = true;
    this.#session.gate = undefined;
    this.#held = undefined;
  }

  #passes(stanza: Stanza, to: string | undefined): boolean {
    const { importance, ledger, metrics } = this.#parts;
    const worth = worthOf(stanza, this.#session, importance);
    if (worth === NOW) {
      if (this.#held !== undefined) this.#flush();
      return true;
    }
    const { jid } = this.#session;
    if (worth === NEVER) {
      metrics.dropped.inc();
      ledger?.note('dropped', stanza, jid, 'nobody looks at the device');
    } else {
      ledger?.note('held', stanza, jid);
      this.#hold(worth, stanza, to);
    }
    return false;
  }

  #hold(key: string, stanza: Stanza, to: string | undefined): void {
    const { maxStanzas, maxBytes, metrics } = this.#parts;
    const held = (this.#held ??= new Map());
    const before = held.get(key);
    if (before === undefined) {
      metrics.held.inc();
    } else {
      metrics.replaced.inc();
      held.delete(key); // the later one has its place behind what came in between
      this.#bytes -= before.bytes;
    }
    const bytes = START_TAG_BYTES + key.length + stanza.element.innerXml().length;
    held.set(key, { stanza, to, bytes });
    this.#bytes += bytes;
    if (held.size > maxStanzas || this.#bytes > maxBytes) this.#flush();
  }

  #flush(): void {
    const session = this.#session;
    const { gate } = session;
    const held = this.#held ?? NONE;
    this.#held = undefined;
    this.#bytes = 0;
    session.gate = undefined;
    for (const { stanza, to } of held.values()) {
      if (to === undefined) session.send(stanza);
      else session.sendTo(stanza, to);
    }
    if (!this.#isOver) session.gate = gate;
  }
}
