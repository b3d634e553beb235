/** Making an account on a stream that is not authenticated yet (XEP-0077 section 3.1). */
import {
  type Accounts,
  type Administrators,
  type Allowance,
  addressBlock,
  type Clock,
  type Counter,
  type Element,
  type Jid,
  jid,
  type Logger,
  type Passwords,
  StanzaError,
  type StreamFacts,
} from '#api';
import { asksRemoval, localOf, readSubmission, redirection, registrationForm } from './codec.ts';

interface RegistrationParts {
  readonly host: Jid;
  readonly accounts: Accounts;
  readonly administrators: Administrators;
  readonly passwords: Passwords;
  readonly config: {
    readonly open: boolean;
    readonly website?: string | undefined;
    readonly reserved: readonly string[];
    readonly minPasswordLength: number;
  };
  /** By address. */
  readonly limits: Allowance;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: { readonly registered: Counter; readonly limited: Counter };
}

/** A failed attempt costs less than an account: typing errors are allowed, trying out names is not. */
const FAILURE_COST = 0.25;

const closed = new StanzaError('service-unavailable', 'registration is closed');
const insecure = new StanzaError('not-authorized', 'registration needs an encrypted connection');
const tooMany = new StanzaError('resource-constraint', 'too many registrations from your address; try again later');
const incomplete = new StanzaError('not-acceptable', 'a name and a password are needed');
const badName = new StanzaError('not-acceptable', 'this is no name for an account');
const reservedName = new StanzaError('not-acceptable', 'this name is reserved');
const taken = new StanzaError('conflict', 'this name is taken');
const notLoggedIn = new StanzaError('unexpected-request', 'log in before you remove your account');

export class Registration {
  readonly #parts: RegistrationParts;
  /** Prepared as what is asked for is; undefined for what is no name. */
  readonly #reserved: ReadonlySet<string | undefined>;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
    this.#reserved = new Set(parts.config.reserved.map((it) => localOf(parts.host, it)));
  }

  /** Whether to announce it on a stream (section 7). */
  isOffered(facts: StreamFacts): boolean {
    return this.#parts.config.open && this.#isSafe(facts);
  }

  /** The answer to a get: what to send, or where to go. Throws a StanzaError. */
  ask(facts: StreamFacts): Element {
    const { open, website } = this.#parts.config;
    if (!open && website !== undefined) return redirection(website);
    this.#assertOpen(facts);
    return registrationForm();
  }

  /** Makes the account; throws a StanzaError when it does not. */
  async submit(query: Element, facts: StreamFacts): Promise<undefined> {
    this.#assertOpen(facts);
    if (asksRemoval(query)) throw notLoggedIn;
    const { limits, clock, metrics } = this.#parts;
    const address = facts.remoteAddress;
    if (facts.trusted) return this.#register(query, address);
    const subscriber = addressBlock(address);
    if (!limits.take(subscriber, 1, clock.now())) {
      metrics.limited.inc();
      throw tooMany;
    }
    try {
      return await this.#register(query, address);
    } catch (error) {
      limits.refund(subscriber, 1 - FAILURE_COST);
      throw error;
    }
  }

  async #register(query: Element, address: string): Promise<undefined> {
    const { host, accounts, administrators, passwords, config, log, metrics } = this.#parts;
    const { username = '', password = '' } = readSubmission(query);
    if (username === '' || password === '') throw incomplete;
    const local = localOf(host, username);
    if (local === undefined) throw badName;
    // Who is named in the configuration has power here before the account is made.
    if (this.#reserved.has(local) || administrators.has(jid(`${local}@${host.domain}`))) throw reservedName;
    const problem = passwords.problem(password, local, config.minPasswordLength);
    if (problem !== undefined) throw new StanzaError('not-acceptable', problem);
    if (!(await accounts.create(local, password))) throw taken;
    metrics.registered.inc();
    log.info({ account: `${local}@${host.domain}`, address }, 'an account was registered');
  }

  #assertOpen(facts: StreamFacts): void {
    if (!this.#parts.config.open) throw closed;
    if (!this.#isSafe(facts)) throw insecure;
  }

  #isSafe({ states, trusted }: StreamFacts): boolean {
    return states.has('tls') || trusted;
  }
}
