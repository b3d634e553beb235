/** XEP-0049: clients keep XML of their own at their account. */
import {
  Accounts,
  accountData,
  accountRemoved,
  bytes,
  clark,
  contribute,
  defineModule,
  Element,
  el,
  type Hooks,
  type IqContext,
  iq,
  observe,
  PrivateStorage,
  privateRead,
  privateWrite,
  StanzaError,
  z,
} from '#api';
import { PrivateElements } from './elements.ts';
import { migrations, statements } from './store.ts';

const NS_PRIVATE = 'jabber:iq:private';
const QUERY = clark(NS_PRIVATE, 'query');

const noElement = new StanzaError('not-acceptable', 'an element with a namespace of its own is needed');
const oneAtATime = new StanzaError('bad-request', 'only one element can be asked for at a time');

export default defineModule({
  name: 'private',
  summary: 'Lets clients keep data of their own at their account',
  xeps: [{ number: 49, version: '1.2' }],
  config: z.strictObject({
    elementSize: bytes({ min: '1 KiB', max: '16 MiB' }).prefault('128 KiB').describe('Size of one element'),
    accountSize: bytes({ min: '1 KiB', max: '64 MiB' })
      .prefault('1 MiB')
      .describe('Size of all elements of an account'),
    elements: z.int().min(1).max(10_000).default(200).describe('Elements of one account'),
  }),
  requires: { accounts: Accounts },
  provides: { storage: PrivateStorage },
  migrations,
  disco: { host: [NS_PRIVATE], account: [NS_PRIVATE] },

  setup({ host, config, services: { accounts }, db, hooks }) {
    const storage = new PrivateElements({ host, accounts, db, store: db.prepare(statements), limits: config });
    return {
      services: { storage },
      iq: [
        iq('get', QUERY, 'self', (request) => read(request, storage, hooks)),
        iq('set', QUERY, 'self', (request) => write(request, storage, hooks)),
      ],
      hooks: [
        observe(accountRemoved, ({ local }) => storage.erase(local)),
        contribute(accountData, async ({ local }) => {
          const data = await storage.all(local);
          return data.length === 0 ? [] : [{ name: 'private', data }];
        }),
      ],
    };
  },
});

/** Where nothing is stored, the answer is the element as it was asked for. */
async function read({ to, payload }: IqContext, storage: PrivateStorage, hooks: Hooks): Promise<Element | StanzaError> {
  const [asked, ...more] = payload.elements();
  if (asked === undefined || !isProper(asked)) return noElement;
  if (more.length > 0) return oneAtATime;
  const { key, ns, name } = asked;
  const found = (await hooks.run(privateRead, { owner: to, key })) ?? (await storage.get(to, key));
  return el(NS_PRIVATE, 'query', null, found ?? new Element(ns, name));
}

async function write(
  { to, payload }: IqContext,
  storage: PrivateStorage,
  hooks: Hooks,
): Promise<StanzaError | undefined> {
  const elements = payload.elements();
  if (elements.length === 0 || !elements.every(isProper)) return noElement;
  const kept: Element[] = [];
  for (const element of elements) {
    const verdict = await hooks.run(privateWrite, { owner: to, element });
    if (verdict instanceof StanzaError) return verdict;
    if (verdict === undefined) kept.push(element);
  }
  return kept.length === 0 ? undefined : storage.set(to, kept);
}

/** Section 2.3: the element has a namespace of its own. */
function isProper({ ns }: Element): boolean {
  return ns !== '' && ns !== NS_PRIVATE;
}
