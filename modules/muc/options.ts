/** Options of the room service. */
import { domainName, duration, z } from '#api';
import { PRIVATE_MESSAGES, WHOIS } from './room-config.ts';

const defaults = z.strictObject({
  persistent: z.boolean().default(false).describe('Rooms stay when the last one has left'),
  public: z.boolean().default(true).describe('Rooms are listed'),
  membersOnly: z.boolean().default(false).describe('Only members may enter'),
  moderated: z.boolean().default(false).describe('Newcomers may only listen until they are given voice'),
  whois: z.enum(WHOIS).default('moderators').describe('Who sees the addresses of occupants'),
  privateMessages: z.enum(PRIVATE_MESSAGES).default('anyone').describe('Who may send private messages'),
  changeSubject: z.boolean().default(false).describe('Participants may change the subject'),
  archive: z.boolean().default(true).describe('Messages are archived'),
  historyLength: z.int().min(0).max(200).default(20).describe('Messages that newcomers are sent'),
});

export const options = z.strictObject({
  domain: domainName().optional().describe('Where rooms live; `conference.` before the host where it is left out'),
  name: z.string().min(1).default('Rooms').describe('What the service is called'),
  create: z
    .enum(['everyone', 'local', 'admins'])
    .default('local')
    .describe('Who may create rooms: everyone, those with an account at this host, or administrators'),
  lockNew: z.boolean().default(true).describe('New rooms are closed until their owner has configured them'),
  maxOccupants: z.int().min(1).default(5000).describe('Occupants of a room at most'),
  maxRooms: z.int().min(1).default(100_000).describe('Rooms at most'),
  maxRoomsPerAccount: z.int().min(1).default(1000).describe('Rooms that one account may own'),
  maxMemberships: z.int().min(1).default(20_000).describe('Affiliations in one room at most'),
  messagesPerSecond: z
    .number()
    .min(0.1)
    .default(100)
    .describe('Messages that one occupant may send in a second; moderators, too'),
  hibernateAfter: duration({ min: '10s' }).prefault('10m').describe('When a room without occupants leaves memory'),
  defaults: defaults.prefault({}).describe('How new rooms are set up'),
});

export type MucOptions = z.output<typeof options>;
