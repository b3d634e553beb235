/** SCRAM-SHA-1, -256 and -512, with and without channel binding (RFC 5802, RFC 7677), with XEP-0474. */
import { randomBytes } from 'node:crypto';
import type { ScramHash, ScramKeys, StoredCredentials } from '../contracts/credentials.ts';
import { type Awaitable, then } from '../util/awaitable.ts';
import type { Decoys } from './decoys.ts';
import { downgradeHash } from './downgrade.ts';
import { isSelf, localOf } from './identity.ts';
import {
  accountDisabled,
  askForInitial,
  type BindingType,
  type Exchange,
  failure,
  LEGACY_BINDING,
  type Mechanism,
  type OfferContext,
  type SaslContext,
  type SaslFailure,
  type SaslStep,
} from './sasl.ts';
import { digest, mac, sameBytes } from './scram-keys.ts';
import { type ClientFirst, parseClientFinal, parseClientFirst } from './scram-message.ts';

interface ScramOptions {
  readonly decoys: Decoys;
  /** Bindings that -PLUS may use, by configuration. */
  readonly bindings: readonly BindingType[];
  /** Whether the server's first message has the digest of XEP-0474. */
  readonly downgradeProtection: boolean;
  /** Our half of the nonce; random unless a test says otherwise. */
  readonly nonce?: () => string;
}

/** One mechanism: `SCRAM-SHA-256`, or `SCRAM-SHA-256-PLUS` with `plus`. */
export function scram(hash: ScramHash, plus: boolean, options: ScramOptions): Mechanism {
  const name = `SCRAM-${hash}${plus ? '-PLUS' : ''}`;
  return {
    name,
    available: (context) => (!plus || canBind(context, options.bindings)) && hasKeys(context, hash),
    begin: (context) => new ScramExchange({ name, hash, plus }, context, options),
  };
}

function canBind({ tls, bindings }: OfferContext, types: readonly BindingType[]): boolean {
  return tls && types.some((it) => bindings.get(it) !== undefined);
}

function hasKeys({ accountHashes }: OfferContext, hash: ScramHash): boolean {
  return accountHashes === undefined || accountHashes.length === 0 || accountHashes.includes(hash);
}

/** What is remembered between the client's two messages. */
interface Challenge {
  readonly local: string;
  readonly authzid: string | undefined;
  /** A decoy's where the account has none. */
  readonly keys: ScramKeys;
  readonly nonce: string;
  /** What `c=` must be. */
  readonly bound: string;
  /** Both first messages, for the signed text. */
  readonly signed: string;
}

const wrong = failure('not-authorized');

class ScramExchange implements Exchange {
  readonly #kind: { readonly name: string; readonly hash: ScramHash; readonly plus: boolean };
  readonly #context: SaslContext;
  readonly #options: ScramOptions;
  #challenge: Challenge | undefined;

  constructor(kind: { name: string; hash: ScramHash; plus: boolean }, context: SaslContext, options: ScramOptions) {
    this.#kind = kind;
    this.#context = context;
    this.#options = options;
  }

  respond(data: Buffer | undefined): Awaitable<SaslStep> {
    if (data === undefined) return askForInitial;
    return this.#challenge === undefined ? this.#first(data) : this.#final(data, this.#challenge);
  }

  #first(data: Buffer): Awaitable<SaslStep> {
    const { host, credentials } = this.#context;
    const message = parseClientFirst(data);
    if ('kind' in message) return message;
    const bound = this.#bind(message);
    if (typeof bound !== 'string') return bound;
    const local = localOf(message.username, host);
    if (local === undefined) return wrong;
    if (message.authzid !== undefined && !isSelf(message.authzid, local, host)) return failure('invalid-authzid');
    return then(credentials.find(local), (account) => this.#answer(message, local, bound, account));
  }

  /** What `c=` has to be; or why the client's flag does not fit what was offered (RFC 5802 section 6). */
  #bind({ flag, binding, gs2Header }: ClientFirst): string | SaslFailure {
    const { offered, offeredBindings, bindings } = this.#context;
    if (!this.#kind.plus) {
      if (flag === 'p') return failure('malformed-request', 'this mechanism does not bind to the channel');
      // The client would have bound and saw no such mechanism; it was there, so somebody took it away.
      if (flag === 'y' && offered.some((it) => it.endsWith('-PLUS'))) {
        return failure('not-authorized', 'server-does-support-channel-binding');
      }
      return Buffer.from(gs2Header).toString('base64');
    }
    if (flag !== 'p') return failure('malformed-request', 'this mechanism binds to the channel');
    const type = ([...offeredBindings, LEGACY_BINDING] as const).find((it) => it === binding);
    const data = type === undefined ? undefined : bindings.get(type);
    if (data === undefined) return { ...failure('not-authorized', 'unsupported-channel-binding-type'), harmless: true };
    return Buffer.concat([Buffer.from(gs2Header), data]).toString('base64');
  }

  #answer(first: ClientFirst, local: string, bound: string, account: StoredCredentials | undefined): SaslStep {
    const { hash } = this.#kind;
    const { host, offered, offeredBindings } = this.#context;
    // Made for everyone, so that those who exist are not answered sooner.
    const decoy = this.#options.decoys.keys(hash, host, local);
    const keys = account?.keys.find((it) => it.hash === hash) ?? decoy;
    const nonce = first.nonce + (this.#options.nonce?.() ?? randomBytes(18).toString('base64'));
    const h = this.#options.downgradeProtection ? `,h=${downgradeHash(hash, offered, offeredBindings)}` : '';
    const reply = `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}${h}`;
    this.#challenge = {
      local,
      authzid: first.authzid === undefined ? undefined : `${local}@${host}`,
      keys,
      nonce,
      bound,
      signed: `${first.bare},${reply}`,
    };
    return { kind: 'challenge', data: Buffer.from(reply) };
  }

  #final(data: Buffer, challenge: Challenge): Awaitable<SaslStep> {
    const message = parseClientFinal(data);
    if ('kind' in message) return message;
    if (message.nonce !== challenge.nonce) return wrong;
    if (message.bound !== challenge.bound) return failure('not-authorized', 'channel-bindings-dont-match');
    const { keys, local, authzid } = challenge;
    const signed = `${challenge.signed},${message.withoutProof}`;
    const right = proves(message.proof, keys, signed);
    const signature = mac(keys.hash, keys.serverKey, signed);
    if (!right) return wrong;
    // The client took its time between its messages: the account may be gone, locked or have another password by now.
    return then(this.#context.credentials.find(local), (now): SaslStep => {
      const proven = now?.keys.find((it) => it.hash === keys.hash);
      if (now === undefined || proven === undefined || !sameBytes(proven.storedKey, keys.storedKey)) return wrong;
      if (now.locked) return accountDisabled;
      return {
        kind: 'success',
        mechanism: this.#kind.name,
        local,
        authzid,
        data: Buffer.from(`v=${signature.toString('base64')}`),
        proven,
      };
    });
  }
}

/** RFC 5802 section 3: the proof hides the client key, whose hash is the stored key. */
function proves(proof: Buffer, keys: ScramKeys, signed: string): boolean {
  const signature = mac(keys.hash, keys.storedKey, signed);
  if (proof.length !== signature.length) return false;
  const clientKey = Buffer.alloc(proof.length);
  for (let i = 0; i < proof.length; i++) clientKey[i] = (proof[i] ?? 0) ^ (signature[i] ?? 0);
  return sameBytes(digest(keys.hash, clientKey), keys.storedKey);
}
