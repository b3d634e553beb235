/** Options of the room service. */
import { bytes, domainName, duration, z } from '#api';
import { PRIVATE_MESSAGES, REGISTRATION, WHOIS } from './room-config.ts';

const defaults = z.strictObject({
  persistent: z.boolean().default(false).describe('Rooms stay when the last one has left'),
  public: z.boolean().default(true).describe('Rooms are listed'),
  membersOnly: z.boolean().default(false).describe('Only members may enter'),
  moderated: z.boolean().default(false).describe('Newcomers may only listen until they are given voice'),
  whois: z.enum(WHOIS).default('moderators').describe('Who sees the addresses of occupants'),
  registration: z
    .enum(REGISTRATION)
    .default('open')
    .describe('Whether those who register become members: at once, when an admin agrees, or not at all'),
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
  maxRoomsPerAccount: z.int().min(1).default(1000).describe('Rooms of one account, which has created them'),
  maxMemberships: z.int().min(1).default(20_000).describe('Affiliations in one room at most'),
  messagesPerSecond: z
    .number()
    .min(0.1)
    .default(100)
    .describe('Messages that one occupant may send in a second; moderators, too'),
  invitationsPerHour: z.int().min(1).default(200).describe('Invitations that one account may send in an hour'),
  requestsPerHour: z
    .int()
    .min(1)
    .default(60)
    .describe('Registrations and requests for voice that one account may send in an hour'),
  maxNickLength: z.int().min(8).max(1023).default(128).describe('Characters of a nickname at most'),
  searchesPerHour: z
    .int()
    .min(1)
    .default(600)
    .describe('Searches for rooms that one account, or one other domain, may make in an hour'),
  maxCardSize: bytes({ min: '1 KiB', max: '16 MiB' })
    .prefault('192 KiB')
    .describe('Size of the card of a room, with the picture in it; a stanza must be allowed to be as large'),
  presencePerSecond: z
    .number()
    .min(0.1)
    .default(10)
    .describe('Changes of presence in one room, coming in among them, that one account may make in a second'),
  creationsPerHour: z.int().min(1).default(100).describe('Rooms that one account may create in an hour'),
  returnWithin: duration({ min: '0s' })
    .prefault('10m')
    .describe('How long occupants are taken to be still there after a restart'),
  hibernateAfter: duration({ min: '10s' }).prefault('10m').describe('When a room without occupants leaves memory'),
  defaults: defaults.prefault({}).describe('How new rooms are set up'),
});

export type MucOptions = z.output<typeof options>;
