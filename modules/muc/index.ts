/** XEP-0045: rooms in which many talk, on a subdomain of their own. */
import { createHmac } from 'node:crypto';
import {
  Accounts,
  Administrators,
  Allowance,
  Archive,
  accountData,
  accountRemoved,
  component,
  contribute,
  defineModule,
  jid,
  Lru,
  observe,
  optional,
  Program,
  Router,
  ServerKeys,
  StanzaIds,
} from '#api';
import { Absences } from './absences.ts';
import { describeMemberships, forgetAccount } from './accounts.ts';
import { admin } from './admin.ts';
import { archive } from './archive.ts';
import { avatar, serviceCard } from './avatar.ts';
import { AvatarStore } from './avatar-store.ts';
import { channelSearch } from './channel-search.ts';
import { roomCommands } from './commands.ts';
import { configuring } from './configuring.ts';
import { RoomDirectory } from './directory.ts';
import { roomDisco, serviceDisco } from './disco.ts';
import { forms } from './forms.ts';
import { general } from './general.ts';
import { describeHats, forgetWearer, hatCommands } from './hat-commands.ts';
import { inviting } from './inviting.ts';
import { closeRooms } from './leaving.ts';
import { moderation } from './moderation.ts';
import type { Muc } from './muc.ts';
import { options } from './options.ts';
import { Overview } from './overview.ts';
import { registering } from './registering.ts';
import { RelayedIqs } from './relayed-iqs.ts';
import { Residents } from './residents.ts';
import { Rooms } from './rooms.ts';
import { MucService, type Parts } from './service.ts';
import { MucStore, migrations } from './store.ts';
import { bequeath, inherit } from './succession.ts';
import { startSweep } from './sweep.ts';

/** Accounts whose requests are counted, and invitations that can still be declined: the oldest are forgotten. */
const HOURLY = { periodMs: 3_600_000, keys: 10_000 };
const INVITATIONS = 20_000;
/** Presence of so many seconds may change at once: a client that comes back says a lot. */
const BURST_SECONDS = 15;

const PARTS: Parts = {
  rooms: {
    ...roomDisco,
    ...configuring,
    ...avatar,
    ...hatCommands,
    ...admin,
    ...archive,
    ...moderation,
    ...registering,
    ...general.rooms,
  },
  service: { ...serviceDisco, ...serviceCard, ...channelSearch, ...general.service },
  notes: { ...inviting, ...forms },
};

export default defineModule({
  name: 'muc',
  summary: 'Rooms in which many people talk',
  xeps: [
    { number: 45, version: '1.35.5' },
    { number: 50, version: '1.3.0', note: 'commands of rooms, for hats' },
    { number: 249, version: '1.2', note: 'direct invitations pass the rooms by' },
    { number: 317, version: '0.3.1' },
    { number: 410, version: '1.1.0' },
    { number: 421, version: '1.0.1' },
    { number: 424, version: '0.4.2', note: 'in rooms' },
    { number: 425, version: '0.3.0' },
    { number: 433, version: '0.1.0' },
    { number: 486, version: '0.1.0' },
    { number: 500, version: '0.1.1' },
  ],
  config: options,
  requires: {
    accounts: Accounts,
    administrators: Administrators,
    archive: optional(Archive),
    ids: StanzaIds,
    keys: ServerKeys,
    program: Program,
    router: Router,
  },
  migrations,
  domains: (host, { domain }) => [domain ?? `conference.${host}`],

  async setup({ host, config, db, services, clock, log, signal }) {
    const { accounts, administrators, archive: kept, ids, keys, program, router } = services;
    const secret = keys.key('muc-occupant-id');
    const domain = config.domain ?? `conference.${host.domain}`;
    const { estate, isNew } = inherit(db, domain, () => ({ rooms: new Rooms(), absences: new Absences() }));
    const directory = new RoomDirectory();
    const muc: Muc = {
      jid: jid(domain),
      options: config,
      router,
      archive: kept,
      ids,
      clock,
      log,
      store: new MucStore(db, directory),
      overview: new Overview(db, domain),
      avatars: new AvatarStore(db),
      directory,
      ...estate,
      allowances: {
        invitations: new Allowance({ ...HOURLY, perPeriod: config.invitationsPerHour }),
        requests: new Allowance({ ...HOURLY, perPeriod: config.requestsPerHour }),
        creations: new Allowance({ ...HOURLY, perPeriod: config.creationsPerHour }),
        presence: new Allowance({
          periodMs: BURST_SECONDS * 1000,
          perPeriod: Math.max(1, config.presencePerSecond * BURST_SECONDS),
          keys: HOURLY.keys,
        }),
        searches: new Allowance({ ...HOURLY, perPeriod: config.searchesPerHour }),
      },
      invitations: new Lru(INVITATIONS),
      hasAccount: ({ domain: at, local }) => at !== host.domain || accounts.exists(local),
      isStopping: () => program.isStopping,
      isAdmin: (account) => administrators.has(account),
      isLocalAccount: (account) => account.domain === host.domain,
      occupantId: (room, account) =>
        createHmac('sha256', secret).update(`${room.jid.bare}\n${account.bare}`).digest('base64url'),
    };
    muc.rooms.open(muc);
    startSweep(muc, signal);
    const residents = new Residents(db);
    if (isNew) await residents.restore(muc);
    const service = new MucService(muc, new RelayedIqs(muc, signal), PARTS);
    return {
      components: [component(domain, (stanza, origin) => service.receive(stanza, origin))],
      hooks: [
        observe(accountRemoved, (account) => forgetAccount(muc, account)),
        observe(accountRemoved, (account) => forgetWearer(muc, account)),
        contribute(accountData, (account) => describeHats(muc, account)),
        contribute(accountData, async (account) => [{ name: 'rooms', data: await describeMemberships(muc, account) }]),
      ],
      commands: roomCommands(muc),
      async close() {
        if (!bequeath(db, domain)) return;
        muc.absences.settle(muc);
        if (program.isStopping) await residents.save(muc);
        else closeRooms(muc);
        await muc.rooms.settled();
      },
    };
  },
});
