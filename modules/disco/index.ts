/** XEP-0030: what the server, its services and its accounts are and can do; forms by XEP-0128. */
import {
  Accounts,
  Catalog,
  clark,
  defineModule,
  HostDisco,
  iq,
  NS,
  optional,
  Roster,
  Router,
  refusals,
  Sessions,
  writeDiscoInfo,
  writeDiscoItems,
} from '#api';
import { AccountDisco } from './account-disco.ts';
import { HostEntry } from './host-entry.ts';
import { Nodes, nodeOf } from './nodes.ts';
import { options } from './options.ts';

const INFO = clark(NS.discoInfo, 'query');
const ITEMS = clark(NS.discoItems, 'query');

export default defineModule({
  name: 'disco',
  summary: 'Tells what the server, its services and its accounts can do',
  xeps: [
    { number: 30, version: '2.5.0' },
    { number: 128, version: '1.0.1' },
  ],
  config: options,
  requires: {
    accounts: Accounts,
    catalog: Catalog,
    roster: optional(Roster),
    router: Router,
    sessions: Sessions,
  },
  provides: { hostDisco: HostDisco },
  disco: { host: [NS.discoInfo, NS.discoItems], account: [NS.discoInfo, NS.discoItems] },

  setup({ config, hooks, services }) {
    const host = new HostEntry({ ...services, hooks, options: config });
    const account = new AccountDisco({ ...services, hooks });
    const nodes = new Nodes(hooks);

    return {
      services: { hostDisco: host },
      iq: [
        iq('get', INFO, 'host', async (query) => {
          const node = nodeOf(query);
          return node === undefined ? writeDiscoInfo(await host.info(query)) : nodes.info(query, node);
        }),
        iq('get', ITEMS, 'host', async (query) => {
          const node = nodeOf(query);
          return node === undefined ? writeDiscoItems(await host.items(query)) : nodes.items(query, node);
        }),
        // Section 8: for those who may not know, an account answers as if it did not exist.
        iq('get', INFO, 'account', async (query) => {
          if (!(await account.maySee(query))) return refusals.serviceUnavailable;
          const node = nodeOf(query);
          return node === undefined ? writeDiscoInfo(await account.info(query)) : nodes.info(query, node);
        }),
        iq('get', ITEMS, 'account', async (query) => {
          const node = nodeOf(query);
          if (!(await account.maySee(query))) return writeDiscoItems([], node);
          return node === undefined ? writeDiscoItems(await account.items(query)) : nodes.items(query, node);
        }),
        iq('get', ITEMS, 'absent', (query) => writeDiscoItems([], nodeOf(query))),
      ],
    };
  },
});
