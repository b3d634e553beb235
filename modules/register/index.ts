/** XEP-0077: people make accounts over XMPP where the host is open, change their passwords and remove their accounts. */
import { Accounts, Administrators, Allowance, defineModule, el, iq, NS, Passwords, z } from '#api';
import { QUERY } from './codec.ts';
import { OwnAccount } from './own-account.ts';
import { Registration } from './registration.ts';

const HOUR_MS = 3_600_000;
/** People whose latest password changes are counted. */
const COUNTED_ACCOUNTS = 10_000;

const RESERVED = [
  'abuse admin administrator announce billing contact help hostmaster info moderator news no-reply noreply operator',
  'postmaster register root security server service staff support system webmaster xmpp',
].flatMap((line) => line.split(' '));

export default defineModule({
  name: 'register',
  summary: 'Registration over XMPP (closed by default), password change, account removal',
  xeps: [{ number: 77, version: '2.4' }],
  config: z.strictObject({
    open: z.boolean().default(false).describe('Whether anybody may make an account'),
    perHour: z.int().min(1).max(10_000).default(3).describe('Accounts that one address may make in an hour'),
    reserved: z.array(z.string()).default(RESERVED).describe('Names that only an operator can give away'),
    minPasswordLength: z
      .int()
      .min(1)
      .max(128)
      .default(8)
      .describe('Characters of a new password at least; operators may give fewer'),
    website: z.url().optional().describe('Where people are sent to make an account while registration is closed'),
    passwordChange: z.boolean().default(true).describe('Whether people may change their passwords'),
    removal: z.boolean().default(true).describe('Whether people may remove their accounts'),
  }),
  requires: { accounts: Accounts, administrators: Administrators, passwords: Passwords },
  disco: { host: [NS.register] },
  metrics: {
    registered: 'Accounts made over XMPP',
    limited: 'Registrations refused because of too many from an address',
    changed: 'Passwords changed over XMPP',
    removed: 'Accounts removed over XMPP',
  },

  setup({ host, config, services, clock, log, metrics }) {
    const limits = new Allowance({ perPeriod: config.perHour, periodMs: HOUR_MS, keys: COUNTED_ACCOUNTS });
    const changes = new Allowance({ perPeriod: 10, periodMs: HOUR_MS, keys: COUNTED_ACCOUNTS });
    const registration = new Registration({ ...services, host, config, limits, clock, log, metrics });
    const own = new OwnAccount({ ...services, host, config, changes, clock, log, metrics });
    return {
      streamFeatures: [
        {
          name: 'register',
          needs: [],
          forbids: ['authenticated'],
          element: (facts) => (registration.isOffered(facts) ? el(NS.registerFeature, 'register') : undefined),
        },
      ],
      preAuth: [
        { type: 'get', key: QUERY, handle: (_, facts) => registration.ask(facts) },
        { type: 'set', key: QUERY, handle: (query, facts) => registration.submit(query, facts) },
      ],
      iq: [
        iq('get', QUERY, ['self', 'host'], (request) => own.show(request)),
        iq('set', QUERY, ['self', 'host'], (request) => own.change(request)),
      ],
    };
  },
});
