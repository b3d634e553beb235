/** XEP-0045: rooms in which many talk, on a subdomain of their own. */
import { createHmac } from 'node:crypto';
import {
  Administrators,
  Archive,
  component,
  defineModule,
  jid,
  optional,
  Router,
  ServerKeys,
  Sessions,
  StanzaIds,
} from '#api';
import { admin } from './admin.ts';
import { archive } from './archive.ts';
import { configuring } from './configuring.ts';
import { roomDisco, serviceDisco } from './disco.ts';
import { general } from './general.ts';
import type { Muc } from './muc.ts';
import { options } from './options.ts';
import { RelayedIqs } from './relayed-iqs.ts';
import { Rooms } from './rooms.ts';
import { MucService, type Parts } from './service.ts';
import { MucStore, migrations } from './store.ts';

const PARTS: Parts = {
  rooms: { ...roomDisco, ...configuring, ...admin, ...archive, ...general.rooms },
  service: { ...serviceDisco, ...general.service },
  notes: {},
};

export default defineModule({
  name: 'muc',
  summary: 'Rooms in which many people talk',
  xeps: [
    { number: 45, version: '1.35.5' },
    { number: 410, version: '1.1.0' },
    { number: 421, version: '1.0.1' },
  ],
  config: options,
  requires: {
    administrators: Administrators,
    archive: optional(Archive),
    ids: StanzaIds,
    keys: ServerKeys,
    router: Router,
    sessions: Sessions,
  },
  migrations,

  setup({ host, config, db, services, clock, log, signal }) {
    const { administrators, archive: kept, ids, keys, router, sessions } = services;
    const secret = keys.key('muc-occupant-id');
    const domain = config.domain ?? `conference.${host.domain}`;
    const rooms = new Rooms();
    const muc: Muc = {
      jid: jid(domain),
      options: config,
      router,
      archive: kept,
      ids,
      sessions,
      clock,
      log,
      store: new MucStore(db),
      rooms,
      isAdmin: (account) => administrators.has(account),
      isLocalAccount: (account) => account.domain === host.domain,
      occupantId: (room, account) =>
        createHmac('sha256', secret).update(`${room.jid.bare}\n${account.bare}`).digest('base64url'),
    };
    rooms.open(muc, signal);
    const service = new MucService(muc, new RelayedIqs(muc, signal), PARTS);
    return { components: [component(domain, (stanza, origin) => service.receive(stanza, origin))] };
  },
});
