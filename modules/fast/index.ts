/** XEP-0484: the tokens with which clients log in again in one round trip. The mechanisms are not here but in SASL. */
import {
  accountCreated,
  accountData,
  accountRemoved,
  contribute,
  defineModule,
  duration,
  FastTokens,
  observe,
  passwordChanged,
  ServerKeys,
  z,
} from '#api';
import { SecretBox } from './secret-box.ts';
import { migrations, statements } from './store.ts';
import { StoredTokens } from './stored-tokens.ts';

const SWEEP_MS = 3_600_000;

export default defineModule({
  name: 'fast',
  summary: 'Keeps the tokens of fast logins',
  xeps: [{ number: 484, version: '0.2.0', note: 'no TLS 0-RTT' }],
  config: z.strictObject({
    lifetime: duration({ min: '1h', max: '365d' })
      .prefault('30d')
      .describe('How long a client may stay away before it needs the password again'),
    rotation: duration({ min: '1m', max: '365d' })
      .prefault('1d')
      .describe('Age at which a token is replaced when its client logs in; half of the lifetime at most'),
    clients: z.int().min(1).max(1000).default(16).describe('Clients of one account that hold tokens at a time'),
  }),
  requires: { keys: ServerKeys },
  provides: { tokens: FastTokens },
  migrations,
  metrics: { issued: 'Tokens issued', used: 'Logins with a token' },

  setup({ host, config, db, services, clock, log, signal, metrics }) {
    const store = db.prepare(statements);
    const box = new SecretBox(services.keys.key('fast tokens'));
    const tokens = new StoredTokens({ host, db, store, box, clock, metrics }, config);
    const sweep = (): void => {
      tokens.sweep().catch((cause) => log.warn({ err: cause }, 'expired tokens could not be erased'));
    };
    signal.addEventListener('abort', clock.every(SWEEP_MS, sweep));
    return {
      services: { tokens },
      hooks: [
        // A login that was under way while the name's last account was removed may have left a token.
        observe(accountCreated, ({ local }) => tokens.revoke(local)),
        observe(accountRemoved, ({ local }) => tokens.revoke(local)),
        observe(passwordChanged, ({ local }) => tokens.revoke(local)),
        contribute(accountData, async ({ local }) => [{ name: 'fast-tokens', data: await tokens.describe(local) }]),
      ],
    };
  },
});
