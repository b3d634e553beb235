/** What client streams share: one object for all of them, so that a stream holds one reference. */
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { StanzaRouter } from '../router/router.ts';
import type { NegotiatorFactory } from './negotiation.ts';
import type { Resumptions } from './resumptions.ts';
import type { StreamSettings } from './settings.ts';
import type { StreamTable } from './stream-table.ts';

/** Told when a turn's work begins, and of every stanza that reaches a session. */
export interface LatencyProbe {
  began(): void;
  delivered(): void;
}

export interface StreamServices {
  readonly router: StanzaRouter;
  readonly clock: Clock;
  readonly log: Logger;
  readonly table: StreamTable;
  readonly resumptions: Resumptions;
  readonly negotiators: NegotiatorFactory;
  /** Replaced by a reload; streams read it when they need it. */
  settings: StreamSettings;
  latency: LatencyProbe | undefined;
}
