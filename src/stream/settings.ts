/** What every client stream of this server shares: limits and policies, replaced as a whole by a reload. */
import type { QueueLimits } from '../session/acknowledgements.ts';
import type { XmlLimits } from '../xml/error.ts';

/** What happens when a client asks for a resource that is in use (RFC 6120 section 7.7.2.2). */
export type ResourceConflict = 'replace' | 'rename' | 'refuse';

/** Of stream management (XEP-0198). */
interface ManagementSettings {
  /** How long a session waits for its client; 0: it does not. */
  readonly resumeMs: number;
  /** What may be unacknowledged; past it the session ends. */
  readonly queue: QueueLimits;
}

export interface StreamSettings {
  readonly beforeAuth: XmlLimits;
  readonly afterAuth: XmlLimits;
  /** Until a resource is bound. */
  readonly authTimeoutMs: number;
  /** Silence after which the client is pinged; as much again ends the stream. */
  readonly pingIntervalMs: number;
  /** Incoming bytes a second, and how many may come at once. */
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  /** Outgoing bytes that wait for one client: its senders wait above the first, and it is cut off above the second. */
  readonly congestedBytes: number;
  readonly cutOffBytes: number;
  readonly sessionsPerAccount: number;
  readonly resourceConflict: ResourceConflict;
  readonly management: ManagementSettings;
  /** Where WebSocket clients are sent when this server shuts down. */
  readonly seeOtherUri: string | undefined;
  /** Whether a client may log in without TLS from this address. */
  allowsPlaintext(address: string): boolean;
  /** Trusted peers (reverse proxies, onion services): no bans, no limits by address. */
  isTrusted(address: string): boolean;
}
