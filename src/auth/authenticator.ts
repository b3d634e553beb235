/** All mechanisms of one host: which are offered, in which order, and how one begins. */
import type { ScramHash } from '../contracts/credentials.ts';
import { anonymous } from './anonymous.ts';
import { type DecoyShape, Decoys } from './decoys.ts';
import { external } from './external.ts';
import { guarded } from './guarded.ts';
import { hashedToken, type TokenBinding, type TokenHash } from './hashed-token.ts';
import { PLAIN, plain } from './plain.ts';
import {
  type BindingType,
  type Exchange,
  failure,
  type Mechanism,
  type OfferContext,
  type SaslContext,
  type SaslFailure,
} from './sasl.ts';
import { scram } from './scram.ts';
import { DEFAULT_ITERATIONS, SALT_BYTES, SCRAM_HASHES } from './scram-keys.ts';

export interface AuthOptions {
  /** 32 bytes or more that no client knows, the same after a restart and on every node. */
  readonly decoyKey: Buffer;
  /** What the keys of real accounts look like; by default, like new ones. */
  readonly decoys?: DecoyShape;
  /** SCRAM mechanisms to offer, each with its -PLUS variant. */
  readonly scram: readonly ScramHash[];
  readonly bindings: readonly BindingType[];
  /** XEP-0474, for clients that do not stumble over an attribute that they do not know. */
  readonly downgradeProtection: boolean;
  readonly plain: boolean;
  readonly allowPlainWithoutTls: boolean;
  readonly external: boolean;
  readonly anonymous: boolean;
  /** Hashes of the HT mechanisms for tokens; none turns FAST off. */
  readonly tokens: readonly TokenHash[];
  /** The hashes that accounts should have keys for, and the iterations of new ones. */
  readonly keep: { readonly hashes: readonly ScramHash[]; readonly iterations: number };
  /** Our half of SCRAM's nonce, for tests. */
  readonly nonce?: () => string;
}

export const DEFAULT_AUTH: Omit<AuthOptions, 'decoyKey'> = {
  scram: SCRAM_HASHES,
  bindings: ['tls-exporter', 'tls-server-end-point'],
  downgradeProtection: true,
  plain: true,
  allowPlainWithoutTls: false,
  external: true,
  anonymous: false,
  tokens: ['SHA-256', 'SHA-512'],
  keep: { hashes: SCRAM_HASHES, iterations: DEFAULT_ITERATIONS },
};

/** The strongest first (XEP-0438 section 4.1). */
const BINDINGS: readonly BindingType[] = ['tls-exporter', 'tls-server-end-point'];
const TOKEN_BINDINGS: readonly TokenBinding[] = ['EXPR', 'ENDP', 'NONE'];
const TOKEN_HASHES: readonly TokenHash[] = ['SHA-512', 'SHA-256'];
/** What this program knows and a host's configuration may have turned off as too weak for it. */
const WEAK = /^(?:PLAIN|SCRAM-SHA-(?:1|256|512))$/;

export class Authenticator {
  readonly #mechanisms: readonly Mechanism[];
  readonly #tokens: readonly Mechanism[];
  readonly #bindings: readonly BindingType[];

  constructor(options: AuthOptions) {
    this.#bindings = BINDINGS.filter((it) => options.bindings.includes(it));
    this.#mechanisms = mechanismsOf(options, this.#bindings);
    this.#tokens = TOKEN_BINDINGS.flatMap((binding) =>
      TOKEN_HASHES.filter((hash) => options.tokens.includes(hash)).map((hash) =>
        hashedToken(hash, binding, this.#bindings),
      ),
    );
  }

  /** The mechanisms to advertise, the strongest first. Depends on configuration and connection alone. */
  offeredMechanisms(context: OfferContext): string[] {
    return this.#mechanisms.filter((it) => it.available(context)).map((it) => it.name);
  }

  /** The mechanisms for `<fast/>`, those with channel binding first (XEP-0484 section 3.1). */
  offeredFast(context: OfferContext): string[] {
    return this.#tokens.filter((it) => it.available(context)).map((it) => it.name);
  }

  /** The channel bindings to advertise (XEP-0440); empty when no -PLUS mechanism is offered, and only then. */
  offeredBindings(context: OfferContext): BindingType[] {
    if (!context.tls || !this.#mechanisms.some((it) => it.name.endsWith('-PLUS'))) return [];
    return this.#bindings.filter((it) => context.bindings.get(it) !== undefined);
  }

  /** Starts what a client chose; a failure when it was not offered to it (RFC 6120 sections 6.5.4, 6.5.7 and 6.5.9). */
  begin(name: string, context: SaslContext): Exchange | SaslFailure {
    const mechanism = this.#offered(name, context);
    if (mechanism !== undefined) return guarded(mechanism.begin(context));
    if (!context.tls && this.#needsTls(name)) return failure('encryption-required');
    const known = this.#mechanisms.some((it) => it.name === name);
    return failure(WEAK.test(name) && !known ? 'mechanism-too-weak' : 'invalid-mechanism');
  }

  #offered(name: string, context: SaslContext): Mechanism | undefined {
    if (context.offered.includes(name)) return this.#mechanisms.find((it) => it.name === name);
    if (context.offeredFast?.includes(name)) return this.#tokens.find((it) => it.name === name);
    return undefined;
  }

  #needsTls(name: string): boolean {
    return (
      this.#tokens.some((it) => it.name === name) || this.#mechanisms.some((it) => it.name === name && name === PLAIN)
    );
  }
}

function mechanismsOf(options: AuthOptions, bindings: readonly BindingType[]): Mechanism[] {
  const shape = options.decoys ?? { iterations: [options.keep.iterations], saltBytes: SALT_BYTES };
  const decoys = new Decoys(options.decoyKey, shape);
  const { nonce, downgradeProtection } = options;
  const scramOptions = { decoys, bindings, downgradeProtection, ...(nonce ? { nonce } : {}) };
  const hashes = SCRAM_HASHES.filter((it) => options.scram.includes(it));
  return [
    ...(options.external ? [external] : []),
    ...(bindings.length > 0 ? hashes.map((it) => scram(it, true, scramOptions)) : []),
    ...hashes.map((it) => scram(it, false, scramOptions)),
    ...(options.plain ? [plain({ decoys, allowWithoutTls: options.allowPlainWithoutTls, keep: options.keep })] : []),
    ...(options.anonymous ? [anonymous] : []),
  ];
}
