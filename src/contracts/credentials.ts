/** What proves that someone owns an account: SCRAM keys (RFC 5802), FAST tokens (XEP-0484), and the server's own secret. */
import { service } from '../kernel/service.ts';
import type { Awaitable } from '../util/awaitable.ts';

export type ScramHash = 'SHA-1' | 'SHA-256' | 'SHA-512';

/** What RFC 5802 section 3 lets a server keep of a password, for one hash. The password cannot be had back from it. */
export interface ScramKeys {
  readonly hash: ScramHash;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export interface StoredCredentials {
  /** At most one entry a hash; empty for an account without a password (it may still log in by certificate). */
  readonly keys: readonly ScramKeys[];
  /** A locked account is told so, but only after it has proven who it is (RFC 6120 section 6.5.2). */
  readonly locked: boolean;
}

/** The passwords of one host's accounts, by prepared localpart. */
export interface Credentials {
  /** Undefined when there is no such account. */
  find(local: string): Awaitable<StoredCredentials | undefined>;
  /**
   * Adds keys, or replaces those of the same hash. They are made of the password that `proven` was made of: once that one
   * is no longer stored the password may be another, and the answer is false, with nothing changed.
   */
  save(local: string, keys: readonly ScramKeys[], proven: ScramKeys): Promise<boolean>;
}
export const Credentials = service<Credentials>('credentials');

/** The one policy for passwords (XEP-0438). */
export interface Passwords {
  /**
   * Why people may not choose a password for their account, in words for them (section 7); undefined when they may.
   * `minLength` is in characters. Operators are not asked to follow it: what they give may come from elsewhere.
   */
  problem(password: string, local: string, minLength: number): string | undefined;
  /**
   * The keys to keep, with the hashes and iterations that the configuration asks of new ones. Undefined for a password
   * that is empty, longer than 1023 bytes of UTF-8, or refused by SASLprep (RFC 4013): nobody can have such a one.
   */
  derive(password: string): Promise<readonly ScramKeys[] | undefined>;
  /** A random one of 96 bits or more, easy to read out. */
  generate(): string;
}
export const Passwords = service<Passwords>('passwords');

/** A token that a client may present. There are at most two a client (XEP-0484 section 5.1). */
export interface FastToken {
  /** Names the token to the store. No secret. */
  readonly id: string;
  /** What the client was given; the key of its proofs. */
  readonly secret: string;
  /** The only mechanism that may use it (XEP-0484 section 3.4). */
  readonly mechanism: string;
  /** The highest `count` that came with it; 0 when none did. */
  readonly count: number;
  /** `due` asks for a new token with the next success; `expired` is kept for a while so that its owner can be told. */
  readonly standing: 'valid' | 'due' | 'expired';
}

export interface IssuedFastToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The tokens of one host, by prepared localpart and by client: the `id` of its SASL2 user agent. */
export interface FastTokens {
  /** The newest first. */
  find(local: string, client: string): Awaitable<readonly FastToken[]>;
  /**
   * Notes a success: the token becomes the current one, those issued before it end, and its count is set. False when
   * that is no longer possible, because the token is gone or another attempt brought the same or a higher count.
   */
  use(local: string, client: string, id: string, count: number | undefined): Awaitable<boolean>;
  /** Makes a token. An earlier one that was never used ends; the current one lives on until the new one is used. */
  issue(local: string, client: string, mechanism: string): Promise<IssuedFastToken>;
  /**
   * Ends all tokens of one client, used or not, when it logs out (XEP-0484 section 3.6) or its device was lost; or those
   * of the whole account, as after a new password.
   */
  revoke(local: string, client?: string): Promise<void>;
}
export const FastTokens = service<FastTokens>('fast-tokens');

/** Keys made from one secret, which the server keeps outside its database and shares among the nodes of a cluster. */
export interface ServerKeys {
  /** 32 bytes; always the same for a purpose, and unrelated to those of other purposes. */
  key(purpose: string): Buffer;
}
export const ServerKeys = service<ServerKeys>('server-keys');
