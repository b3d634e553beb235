/** SASL as pure state machines (RFC 4422): what an exchange is given, and what it answers. Streams wrap it in XML. */
import type { Credentials, FastToken, FastTokens, ScramHash, ScramKeys } from '../contracts/credentials.ts';
import type { Awaitable } from '../util/awaitable.ts';

/** RFC 6120 section 6.5. */
type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'mechanism-too-weak'
  | 'not-authorized'
  | 'temporary-auth-failure';

/** RFC 9266 and RFC 5929 section 4: what is offered. */
export type BindingType = 'tls-exporter' | 'tls-server-end-point';

/**
 * RFC 5929 section 3. Accepted, but not advertised: RFC 9266 section 3 does not define it for TLS 1.3, and yet clients in
 * use (slixmpp) know no other and bind with it whatever the version. Refusing them would leave them no SCRAM at all, for
 * without binding they have to claim that the server offers none.
 */
export const LEGACY_BINDING = 'tls-unique';

export interface ChannelBindings {
  /** Undefined where the connection has none: plaintext, or TLS that ends at a proxy. */
  get(type: BindingType | typeof LEGACY_BINDING): Buffer | undefined;
}

/** What is known of a stream before its client chooses: all that an offer depends on. */
export interface OfferContext {
  /** The prepared domain that the client addresses. */
  readonly host: string;
  /** Where the client is. */
  readonly address: string;
  /** Whether the connection is encrypted, here or at a trusted proxy. */
  readonly tls: boolean;
  readonly bindings: ChannelBindings;
  /** Addresses in the client's certificate: xmppAddr, or the common name where it has none. */
  readonly peerIdentities: readonly string[];
  /** Whether that certificate's chain was verified. */
  readonly peerAuthorized: boolean;
  /**
   * The hashes that the account named in the stream's `from` has keys for (XEP-0388 section 2.1). Absent where that is
   * not known, or not looked up so as not to tell who has an account: then all that are configured are offered.
   */
  readonly accountHashes?: readonly ScramHash[] | undefined;
}

/** The client's `<fast/>` element, and where tokens are (XEP-0484 section 3.4). */
export interface FastRequest {
  readonly tokens: FastTokens;
  /** The `id` of the SASL2 user agent. */
  readonly client: string;
  readonly count: number | undefined;
  readonly invalidate: boolean;
  /** Whether the request came as TLS 1.3 early data, where a count is required. */
  readonly earlyData: boolean;
}

export interface SaslContext extends OfferContext {
  readonly credentials: Credentials;
  /** The mechanisms that were advertised in the profile that the client uses, FAST's apart. */
  readonly offered: readonly string[];
  /** The channel bindings that were advertised (XEP-0440); empty when that feature was not sent. */
  readonly offeredBindings: readonly BindingType[];
  /** The mechanisms that were advertised inside `<fast/>`; none in classic SASL. */
  readonly offeredFast?: readonly string[] | undefined;
  readonly fast?: FastRequest | undefined;
}

interface SaslChallenge {
  readonly kind: 'challenge';
  /** Empty when all that is wanted is the client's first message. */
  readonly data: Buffer;
}

export interface SaslSuccess {
  readonly kind: 'success';
  readonly mechanism: string;
  /** The prepared localpart of who is now authenticated. */
  readonly local: string;
  /** The address that the client asked to act as, prepared: always its own. SASL2 compares it with `from`. */
  readonly authzid: string | undefined;
  /** Additional data for the client, such as the server's own proof. */
  readonly data: Buffer | undefined;
  /** The keys against which the password was proven: others may be saved only while these are in force. */
  readonly proven?: ScramKeys | undefined;
  /** All keys of the account, to be saved: the exchange saw the password and could make what was missing. */
  readonly newKeys?: readonly ScramKeys[] | undefined;
  /** The token that was used, and whether it still is one. */
  readonly fast?: { readonly token: FastToken; readonly invalidated: boolean } | undefined;
}

export interface SaslFailure {
  readonly kind: 'failure';
  readonly condition: SaslCondition;
  readonly text?: string | undefined;
  /** No secret was tried, or the right one: the attempt does not count towards bans. */
  readonly harmless?: boolean | undefined;
  /** What went wrong on our side, for the log; with `temporary-auth-failure` only. */
  readonly cause?: unknown;
}

export type SaslStep = SaslChallenge | SaslSuccess | SaslFailure;

export interface Exchange {
  /**
   * Takes the client's next message. The first call carries the initial response: undefined when there was none, which
   * is not the same as an empty one. After a success or a failure the exchange is over. Never throws or rejects.
   */
  respond(data: Buffer | undefined): Awaitable<SaslStep>;
}

export interface Mechanism {
  readonly name: string;
  /** A function of configuration and connection alone, so that what a client pinned is not withdrawn. */
  available(context: OfferContext): boolean;
  begin(context: SaslContext): Exchange;
}

export function failure(condition: SaslCondition, text?: string): SaslFailure {
  return { kind: 'failure', condition, text };
}

/** A locked account, to who has proven to own it (RFC 6120 section 6.5.2): nothing was guessed. */
export const accountDisabled: SaslFailure = { ...failure('account-disabled'), harmless: true };

/** Asks for the first message of a client that sent no initial response (RFC 6120 section 6.4.2). */
export const askForInitial: SaslChallenge = { kind: 'challenge', data: Buffer.alloc(0) };
