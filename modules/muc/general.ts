/** What every address answers: pings, and where the unique names of rooms come from (XEP-0199, XEP-0307). */
import { clark, el, NS } from '#api';
import type { RoomHandlers, ServiceHandlers } from './requests.ts';
import { NS_MUC } from './vocabulary.ts';

const PING = clark(NS.ping, 'ping');
const NS_UNIQUE = `${NS_MUC}#unique`;

export const general: { readonly rooms: RoomHandlers; readonly service: ServiceHandlers } = {
  rooms: { [`get ${PING}`]: () => undefined },
  service: {
    [`get ${PING}`]: () => undefined,
    [`get ${clark(NS_UNIQUE, 'unique')}`]: ({ muc }) => el(NS_UNIQUE, 'unique', null, muc.ids.next()),
  },
};
