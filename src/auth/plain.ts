/** PLAIN (RFC 4616): the password itself, so only inside TLS. */
import type { ScramKeys, StoredCredentials } from '../contracts/credentials.ts';
import { type Awaitable, then } from '../util/awaitable.ts';
import { matchNetworks } from '../util/networks.ts';
import type { Decoys } from './decoys.ts';
import { isSelf, localOf } from './identity.ts';
import { prepare } from './prepare.ts';
import { accountDisabled, askForInitial, failure, type Mechanism, type SaslContext, type SaslStep } from './sasl.ts';
import { cheapestHash, cheapestKeys, type Derivation, verifyPassword } from './scram-keys.ts';
import { decodeUtf8 } from './text.ts';
import { completeKeys } from './upgrade.ts';

interface PlainOptions {
  readonly decoys: Decoys;
  /** For clients on loopback, such as measurements. Everywhere else a password must not travel in the clear (RFC 6120 section 13.8.3). */
  readonly allowWithoutTls: boolean;
  /** What an account should have keys for: made on the way when some are missing, as the password is at hand. */
  readonly keep: Derivation;
}

export const PLAIN = 'PLAIN';

const isLoopback = matchNetworks(['127.0.0.0/8', '::1/128']);
const malformed = failure('malformed-request');
const wrong = failure('not-authorized');

export function plain(options: PlainOptions): Mechanism {
  return {
    name: PLAIN,
    available: ({ tls, address }) => tls || (options.allowWithoutTls && isLoopback(address)),
    begin: (context) => ({
      respond: (data) => (data === undefined ? askForInitial : login(data, context, options)),
    }),
  };
}

function login(data: Buffer, context: SaslContext, options: PlainOptions): Awaitable<SaslStep> {
  const { host, credentials } = context;
  const parts = decodeUtf8(data)?.split('\0');
  if (parts?.length !== 3) return malformed;
  const [authzid = '', authcid = '', password = ''] = parts;
  if (authcid === '' || password === '') return malformed;
  const local = localOf(authcid, host);
  if (local === undefined) return wrong;
  if (authzid !== '' && !isSelf(authzid, local, host)) return failure('invalid-authzid');
  return then(credentials.find(local), (account) =>
    verify({ local, authzid: authzid === '' ? undefined : `${local}@${host}`, password, account }, host, options),
  );
}

interface Attempt {
  readonly local: string;
  readonly authzid: string | undefined;
  readonly password: string;
  readonly account: StoredCredentials | undefined;
}

/** One PBKDF2 for everyone, whether there is such an account and such a password or not. */
async function verify(attempt: Attempt, host: string, options: PlainOptions): Promise<SaslStep> {
  const { local, authzid, account } = attempt;
  const prepared = prepare(attempt.password);
  const decoy = options.decoys.keys(cheapestHash(options.keep.hashes), host, local);
  const stored = cheapestKeys(account?.keys ?? []);
  const right = await verifyPassword(prepared ?? '', stored ?? decoy);
  if (!right || prepared === undefined || account === undefined || stored === undefined) return wrong;
  if (account.locked) return accountDisabled;
  return {
    kind: 'success',
    mechanism: PLAIN,
    local,
    authzid,
    data: undefined,
    proven: stored,
    newKeys: await missing(prepared, account.keys, options.keep),
  };
}

async function missing(prepared: string, keys: readonly ScramKeys[], keep: Derivation) {
  const complete = await completeKeys(prepared, keys, keep);
  return complete === keys ? undefined : complete;
}
