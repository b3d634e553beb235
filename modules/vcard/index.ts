/** XEP-0054: everybody has a card that everybody may read; the host has one, too. */
import {
  Accounts,
  accountData,
  accountRemoved,
  bytes,
  clark,
  contribute,
  defineModule,
  el,
  iq,
  observe,
  refusals,
  VCards,
  z,
} from '#api';
import { Cards } from './cards.ts';
import { migrations, statements } from './store.ts';

const NS_VCARD = 'vcard-temp';
const VCARD = clark(NS_VCARD, 'vCard');

const server = z.strictObject({
  name: z.string().min(1).default('Parley').describe('What the server is called'),
  url: z.url().optional().describe('Where its website is'),
  email: z.email().optional().describe('Where mail reaches those who run it'),
  description: z.string().min(1).optional().describe('What it is for'),
});

export default defineModule({
  name: 'vcard',
  summary: 'Keeps the business cards of people',
  xeps: [{ number: 54, version: '1.3.0' }],
  config: z.strictObject({
    maxSize: bytes({ min: '1 KiB', max: '16 MiB' })
      .prefault('192 KiB')
      .describe('Size of a card, with the picture in it; a stanza must be allowed to be as large'),
    server: server.prefault({}).describe('The card of the server itself'),
  }),
  requires: { accounts: Accounts },
  provides: { cards: VCards },
  migrations,
  disco: { host: [NS_VCARD], account: [NS_VCARD] },

  setup({ host, config, services: { accounts }, db, hooks }) {
    const cards = new Cards({ host, accounts, hooks, store: db.prepare(statements), maxSize: config.maxSize });
    const own = serverCard(config.server);
    return {
      services: { cards },
      iq: [
        // Section 3.1.
        iq('get', VCARD, 'self', async ({ to }) => (await cards.get(to)) ?? refusals.itemNotFound),
        iq('set', VCARD, 'self', ({ to, payload }) => cards.set(to, payload)),
        // Section 3.3: without a card the answer is as it is without an account.
        iq('get', VCARD, 'account', async ({ to }) => (await cards.get(to)) ?? refusals.serviceUnavailable),
        iq('get', VCARD, 'host', () => own),
      ],
      hooks: [
        observe(accountRemoved, ({ local }) => cards.erase(local)),
        contribute(accountData, async ({ local }) => {
          const xml = await cards.xml(local);
          return xml === undefined ? [] : [{ name: 'vcard', data: xml }];
        }),
      ],
    };
  },
});

function serverCard({ name, url, email, description }: z.output<typeof server>) {
  const field = (tag: string, text: string | undefined) =>
    text === undefined ? undefined : el(NS_VCARD, tag, null, text);
  const mail = email && el(NS_VCARD, 'EMAIL', null, el(NS_VCARD, 'INTERNET'), el(NS_VCARD, 'USERID', null, email));
  return el(
    NS_VCARD,
    'vCard',
    null,
    field('FN', name),
    field('URL', url),
    mail === '' ? undefined : mail,
    field('DESC', description),
  );
}
