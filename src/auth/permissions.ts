/** Who may do what: roles of accounts, and the permissions that each role has. */

/** `guest` is an anonymous user, `remote` everyone from other servers. */
export type Role = 'admin' | 'user' | 'guest' | 'remote';

/** Dotted names, such as `rooms.create`; `rooms.*` grants all that begin so, `*` everything. */
export type Grants = Readonly<Partial<Record<Role, readonly string[]>>>;

export interface PermissionOptions {
  /** Bare addresses of administrators, prepared; they may be of other hosts. */
  readonly admins: readonly string[];
  readonly grants: Grants;
}

/** An administrator may do everything. Nobody else may do anything that is not granted to the role. */
export const DEFAULT_GRANTS: Grants = { admin: ['*'] };

/** Answers for one host, from sets that are made once. */
export class Permissions {
  readonly #host: string;
  readonly #admins: ReadonlySet<string>;
  readonly #grants: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(host: string, options: PermissionOptions) {
    this.#host = host;
    this.#admins = new Set(options.admins);
    this.#grants = new Map(Object.entries(options.grants).map(([role, names]) => [role, new Set(names)]));
  }

  isAdmin(bare: string): boolean {
    return this.#admins.has(bare);
  }

  /** `anonymous` is known to the session only; an anonymous user is never more than a guest. */
  roleOf(bare: string, anonymous = false): Role {
    if (anonymous) return 'guest';
    if (this.#admins.has(bare)) return 'admin';
    return bare.slice(bare.indexOf('@') + 1) === this.#host ? 'user' : 'remote';
  }

  may(role: Role, permission: string): boolean {
    const granted = this.#grants.get(role);
    if (granted === undefined) return false;
    if (granted.has(permission) || granted.has('*')) return true;
    for (let dot = permission.indexOf('.'); dot !== -1; dot = permission.indexOf('.', dot + 1)) {
      if (granted.has(`${permission.slice(0, dot)}.*`)) return true;
    }
    return false;
  }
}
