/** The upgrade tasks of one login (XEP-0480): new SCRAM keys from a client that knows the password. */
import { decodeBase64 } from '../auth/base64.ts';
import { failure, type SaslFailure, type SaslSuccess } from '../auth/sasl.ts';
import { type UpgradeTask, upgradesToRun, upgradeTask } from '../auth/upgrade.ts';
import type { ScramHash } from '../contracts/credentials.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import type { Login } from './login.ts';

const NEXT = clark(NS.sasl2, 'next');
const TASK_DATA = clark(NS.sasl2, 'task-data');
const HASH = clark(NS.scramUpgrade, 'hash');

export interface UpgradePolicy {
  /** The hashes that accounts should have keys for. */
  readonly hashes: readonly ScramHash[];
  readonly iterations: number;
}

export class Upgrades {
  readonly success: SaslSuccess;
  readonly #login: Login;
  readonly #tasks: UpgradeTask[];
  #started = false;

  private constructor(login: Login, success: SaslSuccess, tasks: UpgradeTask[]) {
    this.#login = login;
    this.success = success;
    this.#tasks = tasks;
  }

  /** Undefined when nothing is to be done. */
  static async plan(
    login: Login,
    success: SaslSuccess,
    requested: readonly string[],
    policy: UpgradePolicy,
  ): Promise<Upgrades | undefined> {
    const stored = await login.credentials?.find(success.local);
    if (stored === undefined) return undefined;
    const hashes = upgradesToRun(requested, success, stored.keys, policy.hashes);
    if (hashes.length === 0) return undefined;
    return new Upgrades(
      login,
      success,
      hashes.map((it) => upgradeTask(it, policy.iterations)),
    );
  }

  /** `<continue/>` with the one task that comes next (XEP-0480 section 2.3). */
  announce(data: Buffer | undefined): Element {
    this.#started = false;
    return el(
      NS.sasl2,
      'continue',
      null,
      data === undefined ? undefined : el(NS.sasl2, 'additional-data', null, data.toString('base64')),
      el(NS.sasl2, 'tasks', null, el(NS.sasl2, 'task', null, this.#current.name)),
    );
  }

  /** What to send; 'done' when no task is left. A failure ends the authentication (XEP-0388 section 2.6.3). */
  async handle(element: Element): Promise<Element | 'done' | SaslFailure> {
    const task = this.#current;
    if (element.key === NEXT && !this.#started && element.attr('task') === task.name) {
      this.#started = true;
      const salt = el(NS.scramUpgrade, 'salt', { iterations: String(task.iterations) }, task.salt.toString('base64'));
      return el(NS.sasl2, 'task-data', null, salt);
    }
    const salted = element.key === TASK_DATA && this.#started ? element.childText(HASH) : undefined;
    const bytes = salted === undefined ? undefined : decodeBase64(salted.trim());
    if (bytes === undefined) return failure('malformed-request');
    const keys = task.complete(bytes);
    if ('kind' in keys) return keys;
    const { local, proven } = this.success;
    const saved = proven !== undefined && (await this.#login.credentials?.save(local, [keys], proven));
    // The account was removed or got another password since this login proved it.
    if (!saved) return failure('not-authorized');
    this.#tasks.shift();
    return this.#tasks.length === 0 ? 'done' : this.announce(undefined);
  }

  get #current(): UpgradeTask {
    return this.#tasks[0] as UpgradeTask;
  }
}
