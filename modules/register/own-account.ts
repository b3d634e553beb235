/** What people do to the account they are logged in to: look, change the password, remove it (XEP-0077 section 3). */
import {
  type Accounts,
  type Allowance,
  type Clock,
  type Counter,
  type Element,
  errorReply,
  type IqContext,
  iqResult,
  type Jid,
  type Logger,
  type Passwords,
  type Session,
  StanzaError,
} from '#api';
import { asksRemoval, localOf, REMOVE, readSubmission, registered } from './codec.ts';

interface OwnAccountParts {
  readonly host: Jid;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly config: {
    readonly minPasswordLength: number;
    readonly passwordChange: boolean;
    readonly removal: boolean;
  };
  /** Password changes by account: each costs as much as several logins. */
  readonly changes: Allowance;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: { readonly changed: Counter; readonly removed: Counter };
}

const notHere = new StanzaError('service-unavailable', 'registration is for the accounts of this host');
const unregistered = new StanzaError('registration-required');
const noRemoval = new StanzaError('not-allowed', 'accounts cannot be removed over XMPP here');
const noChange = new StanzaError('not-allowed', 'passwords cannot be changed over XMPP here');
const insecure = new StanzaError('not-authorized', 'a new password needs an encrypted connection');
const incomplete = new StanzaError('bad-request', 'a name and a password are needed');
const foreign = new StanzaError('not-allowed', 'you are logged in to another account');
const tooOften = new StanzaError('resource-constraint', 'too many changes; try again later');

export class OwnAccount {
  readonly #parts: OwnAccountParts;

  constructor(parts: OwnAccountParts) {
    this.#parts = parts;
  }

  /** Section 3.1: who is registered already is told so. */
  async show({ session }: IqContext): Promise<Element | StanzaError> {
    if (!this.#isOurs(session)) return notHere;
    const { local } = session.account;
    return (await this.#parts.accounts.exists(local)) ? registered(local) : unregistered;
  }

  /** Answers by itself: an error must not bring the password back, as it does with the request in it (section 3.3). */
  async change(request: IqContext): Promise<'deferred' | StanzaError> {
    const { session, payload } = request;
    if (!this.#isOurs(session)) return payload.child(REMOVE) === undefined ? notHere : unregistered;
    try {
      if (asksRemoval(payload)) await this.#remove(request, session);
      else await this.#setPassword(request, session);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      session.send(errorReply(request.stanza, error, 'alone'));
    }
    return 'deferred';
  }

  /** Section 3.2: the result first, then the end of all sessions of the account. */
  async #remove({ stanza: request }: IqContext, session: Session): Promise<void> {
    const { accounts, config, log, metrics } = this.#parts;
    if (!config.removal) throw noRemoval;
    const { local, bare } = session.account;
    if (!(await accounts.remove(local, () => session.send(iqResult(request))))) throw unregistered;
    metrics.removed.inc();
    log.info({ account: bare }, 'an account was removed by its owner');
  }

  /** Section 3.3. */
  async #setPassword({ stanza: request, payload }: IqContext, session: Session): Promise<void> {
    const { host, accounts, passwords, config, changes, clock, log, metrics } = this.#parts;
    if (!config.passwordChange) throw noChange;
    if (!session.secure && !session.trusted) throw insecure;
    const { local, bare } = session.account;
    const { username, password } = readSubmission(payload);
    if (username === undefined || password === undefined) throw incomplete;
    if (localOf(host, username) !== local) throw foreign;
    const problem = passwords.problem(password, local, config.minPasswordLength);
    if (problem !== undefined) throw new StanzaError('not-acceptable', problem);
    if (!changes.take(bare, 1, clock.now())) throw tooOften;
    await accounts.setPassword(local, password);
    session.send(iqResult(request));
    metrics.changed.inc();
    log.info({ account: bare }, 'a password was changed by its owner');
  }

  #isOurs(session: Session | undefined): session is Session {
    return session !== undefined && session.account.domain === this.#parts.host.domain;
  }
}
