/** What happens around availability (RFC 6121 section 4). */
import { tellPoint } from '../kernel/hook.ts';
import type { Session } from './session.ts';

/** A session sent its first available presence, and it has been broadcast: time for what waited (offline messages). */
export const becameAvailable = tellPoint<Session>('presence.initial');
/** A session sent a later available presence. */
export const presenceChanged = tellPoint<Session>('presence.changed');
/** A session is no longer available: it said so, or it ended. */
export const becameUnavailable = tellPoint<Session>('presence.unavailable');
