/** The HT mechanisms (draft-schmaus-kitten-sasl-ht-09) with FAST's rules for tokens (XEP-0484). */
import { randomBytes } from 'node:crypto';
import type { FastToken, StoredCredentials } from '../contracts/credentials.ts';
import { type Awaitable, then } from '../util/awaitable.ts';
import { type Digest, hmac } from './hmac.ts';
import { localOf } from './identity.ts';
import {
  accountDisabled,
  type BindingType,
  type FastRequest,
  failure,
  type Mechanism,
  type SaslContext,
  type SaslFailure,
  type SaslStep,
} from './sasl.ts';
import { sameBytes } from './scram-keys.ts';
import { decodeUtf8 } from './text.ts';

export type TokenHash = 'SHA-256' | 'SHA-512';
/** The draft's names of channel bindings; `UNIQ` is missing as tls-unique is. */
export type TokenBinding = 'EXPR' | 'ENDP' | 'NONE';

const DIGESTS: Readonly<Record<TokenHash, Digest>> = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' };
const BINDINGS: Readonly<Record<TokenBinding, BindingType | undefined>> = {
  EXPR: 'tls-exporter',
  ENDP: 'tls-server-end-point',
  NONE: undefined,
};
/** XEP-0484 section 5.1: two slots a client. */
const SLOTS = 2;

const malformed = failure('malformed-request');
const wrong = failure('not-authorized');
/** Told to who had the token (XEP-0484 section 4.2): nothing was guessed. */
const expired: SaslFailure = { ...failure('credentials-expired'), harmless: true };

/** One mechanism, such as `HT-SHA-256-EXPR`; `bindings` are those that the configuration allows. */
export function hashedToken(hash: TokenHash, binding: TokenBinding, bindings: readonly BindingType[]): Mechanism {
  const name = `HT-${hash}-${binding}`;
  const type = BINDINGS[binding];
  return {
    name,
    // XEP-0484 section 6: never without TLS, as whoever sees the exchange could repeat it.
    available: (context) =>
      context.tls && (type === undefined || (bindings.includes(type) && context.bindings.get(type) !== undefined)),
    begin: (context) => ({
      respond: (data) => (data === undefined ? malformed : login(data, { name, hash, type }, context)),
    }),
  };
}

interface Kind {
  readonly name: string;
  readonly hash: TokenHash;
  readonly type: BindingType | undefined;
}

/** What the client has sent, checked for its form. */
interface Claim extends Kind {
  readonly local: string;
  readonly proof: Buffer;
  readonly bound: Buffer;
  readonly request: FastRequest;
}

function login(data: Buffer, kind: Kind, context: SaslContext): Awaitable<SaslStep> {
  const claim = read(data, kind, context);
  if ('condition' in claim) return claim;
  const { tokens, client } = claim.request;
  return then(context.credentials.find(claim.local), (account) =>
    then(tokens.find(claim.local, client), (held) => verify(claim, account, held)),
  );
}

function read(data: Buffer, kind: Kind, context: SaslContext): Claim | ReturnType<typeof failure> {
  const { fast: request, host, bindings } = context;
  const end = data.indexOf(0);
  const authcid = end < 1 ? undefined : decodeUtf8(data.subarray(0, end));
  const bound = kind.type === undefined ? Buffer.alloc(0) : bindings.get(kind.type);
  if (request === undefined || authcid === undefined || bound === undefined) return malformed;
  // Early data can be repeated by anyone who saw it; a count tells (XEP-0484 section 3.4).
  if (request.earlyData && request.count === undefined) return failure('malformed-request', 'count is missing');
  const local = localOf(authcid, host);
  return local === undefined ? wrong : { ...kind, local, bound, request, proof: data.subarray(end + 1) };
}

function verify(claim: Claim, account: StoredCredentials | undefined, held: readonly FastToken[]): Awaitable<SaslStep> {
  const token = findProven(claim, held);
  if (token === undefined || account === undefined) return wrong;
  if (account.locked) return accountDisabled;
  if (token.standing === 'expired') return expired;
  const { tokens, client, count, invalidate } = claim.request;
  if (count !== undefined && count <= token.count) return wrong;
  return then(tokens.use(claim.local, client, token.id, count), (used): Awaitable<SaslStep> => {
    if (!used) return wrong;
    if (!invalidate) return success(claim, token);
    return tokens.revoke(claim.local, client).then(() => success(claim, token));
  });
}

/** The token that the proof was made with. As much work for those who have none, and all of it whatever is found. */
function findProven(claim: Claim, held: readonly FastToken[]): FastToken | undefined {
  let found: FastToken | undefined;
  for (let i = 0; i < SLOTS; i++) {
    const token = held[i];
    const expected = prove(claim, token?.secret ?? NOBODYS, 'Initiator');
    if (sameBytes(expected, claim.proof) && token?.mechanism === claim.name) found ??= token;
  }
  return found;
}

const NOBODYS = randomBytes(32).toString('base64url');

function success(claim: Claim, token: FastToken): SaslStep {
  return {
    kind: 'success',
    mechanism: claim.name,
    local: claim.local,
    authzid: undefined,
    data: prove(claim, token.secret, 'Responder'),
    fast: { token, invalidated: claim.request.invalidate },
  };
}

function prove({ hash, bound }: Claim, secret: string, who: 'Initiator' | 'Responder'): Buffer {
  return hmac(DIGESTS[hash], Buffer.from(secret), Buffer.concat([Buffer.from(who), bound]));
}
