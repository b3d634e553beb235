/** How a room is set up: the options of XEP-0045 section 10.2 as one value that is replaced, never changed. */
import type { Role } from './ranks.ts';

export const WHOIS = ['anyone', 'moderators'] as const;
export const PRIVATE_MESSAGES = ['anyone', 'participants', 'moderators', 'none'] as const;
export const HISTORY_FOR = ['everyone', 'since-member'] as const;

/** Becoming a member by oneself: at once where everybody may speak anyway, when an admin agrees, or not at all. */
export const REGISTRATION = ['open', 'approval', 'closed'] as const;

export interface RoomConfig {
  readonly name: string;
  readonly description: string;
  readonly lang: string;
  readonly persistent: boolean;
  readonly public: boolean;
  readonly membersOnly: boolean;
  readonly moderated: boolean;
  /** '' for none. */
  readonly password: string;
  /** Who sees the addresses of occupants. */
  readonly whois: (typeof WHOIS)[number];
  /** Participants, too, may change the subject. */
  readonly changeSubject: boolean;
  /** Members may invite to a members-only room, and others than moderators to an open one. */
  readonly allowInvites: boolean;
  readonly registration: (typeof REGISTRATION)[number];
  readonly privateMessages: (typeof PRIVATE_MESSAGES)[number];
  readonly voiceRequests: boolean;
  /** Occupants at most; 0 for no limit of the room's own. */
  readonly maxUsers: number;
  /** Whose comings and goings are told to others. */
  readonly presenceBroadcast: readonly Role[];
  /** Who may see the lists of members, admins and owners. */
  readonly memberList: readonly Role[];
  /** Messages are kept in an archive that occupants, and members of a members-only room, can read (XEP-0313). */
  readonly archive: boolean;
  /** Messages that newcomers are sent at most. */
  readonly historyLength: number;
  /** Whether members see what was said before they became members. */
  readonly historyFor: (typeof HISTORY_FOR)[number];
  /** Seconds between two messages of one who is no moderator (XEP-0500); 0 for none. */
  readonly slowModeSeconds: number;
}

export const DEFAULT_ROOM: RoomConfig = Object.freeze({
  name: '',
  description: '',
  lang: '',
  persistent: false,
  public: true,
  membersOnly: false,
  moderated: false,
  password: '',
  whois: 'moderators',
  changeSubject: false,
  allowInvites: true,
  registration: 'open',
  privateMessages: 'anyone',
  voiceRequests: true,
  maxUsers: 0,
  presenceBroadcast: Object.freeze(['moderator', 'participant', 'visitor'] as const),
  memberList: Object.freeze(['moderator', 'participant', 'visitor'] as const),
  archive: true,
  historyLength: 20,
  historyFor: 'everyone',
  slowModeSeconds: 0,
});
