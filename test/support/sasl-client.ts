/** The client's side of SCRAM, PLAIN and HT, written from the specifications alone: nothing of src/auth is used. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const DIGESTS: Readonly<Record<string, readonly [name: string, bytes: number]>> = {
  'SHA-1': ['sha1', 20],
  'SHA-256': ['sha256', 32],
  'SHA-512': ['sha512', 64],
};

export interface Binding {
  readonly type: string;
  readonly data: Buffer;
}

export interface ScramClientOptions {
  /** Such as `SCRAM-SHA-256-PLUS`. */
  readonly mechanism: string;
  readonly username: string;
  readonly password: string;
  readonly authzid?: string;
  /** What to bind to, with -PLUS. */
  readonly binding?: Binding;
  /** What to say without -PLUS: `y` when the client could bind. */
  readonly flag?: 'n' | 'y';
  /** Checks `h=` (XEP-0474) against what the client has seen advertised. */
  readonly advertised?: { readonly mechanisms: readonly string[]; readonly bindings: readonly string[] };
  readonly nonce?: string;
  /** Attributes to add to the first or the final message. */
  readonly extensions?: { readonly first?: string; readonly final?: string };
}

/** What the client knows after the server's first message. */
interface Prepared {
  readonly salted: Buffer;
  readonly signed: string;
}

export class ScramClient {
  readonly #options: ScramClientOptions;
  readonly #digest: string;
  readonly #bytes: number;
  readonly #nonce: string;
  #prepared: Prepared | undefined;

  constructor(options: ScramClientOptions) {
    const hash = /^SCRAM-(SHA-\d+)(?:-PLUS)?$/.exec(options.mechanism)?.[1] ?? '';
    const facts = DIGESTS[hash];
    if (facts === undefined) throw new Error(`no such mechanism: ${options.mechanism}`);
    [this.#digest, this.#bytes] = facts;
    this.#options = options;
    this.#nonce = options.nonce ?? randomBytes(15).toString('base64');
  }

  get gs2Header(): string {
    const { binding, flag, authzid } = this.#options;
    const cbind = binding === undefined ? (flag ?? 'n') : `p=${binding.type}`;
    return `${cbind},${authzid === undefined ? '' : `a=${escapeName(authzid)}`},`;
  }

  get #bare(): string {
    return `n=${escapeName(this.#options.username)},r=${this.#nonce}${this.#options.extensions?.first ?? ''}`;
  }

  first(): Buffer {
    return Buffer.from(this.gs2Header + this.#bare);
  }

  /** Answers the server's first message. Throws when that does not add up. */
  final(serverFirst: Buffer): Buffer {
    const text = serverFirst.toString();
    const attributes = readAttributes(text);
    const nonce = attributes.get('r') ?? '';
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) throw new Error('not our nonce');
    this.#checkAdvertised(attributes.get('h'));
    const salt = Buffer.from(attributes.get('s') ?? '', 'base64');
    const iterations = Number(attributes.get('i'));
    const bound = Buffer.concat([Buffer.from(this.gs2Header), this.#options.binding?.data ?? Buffer.alloc(0)]);
    const unproven = `c=${bound.toString('base64')},r=${nonce}${this.#options.extensions?.final ?? ''}`;
    const salted = pbkdf2Sync(this.#options.password, salt, iterations, this.#bytes, this.#digest);
    this.#prepared = { salted, signed: `${this.#bare},${text},${unproven}` };
    return Buffer.from(`${unproven},p=${this.#proof(this.#prepared).toString('base64')}`);
  }

  /** Whether the server has proven that it knows the password's keys. */
  accepts(serverFinal: Buffer | undefined): boolean {
    if (this.#prepared === undefined || serverFinal === undefined) return false;
    const { salted, signed } = this.#prepared;
    const signature = this.#hmac(this.#hmac(salted, 'Server Key'), signed);
    return serverFinal.toString() === `v=${signature.toString('base64')}`;
  }

  /** The SaltedPassword, as an upgrade task wants it (XEP-0480 section 3). */
  salted(salt: Buffer, iterations: number): Buffer {
    return pbkdf2Sync(this.#options.password, salt, iterations, this.#bytes, this.#digest);
  }

  #proof({ salted, signed }: Prepared): Buffer {
    const clientKey = this.#hmac(salted, 'Client Key');
    const storedKey = createHash(this.#digest).update(clientKey).digest();
    const signature = this.#hmac(storedKey, signed);
    return Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)));
  }

  #checkAdvertised(h: string | undefined): void {
    const { advertised } = this.#options;
    if (advertised === undefined) return;
    const parts = [advertised.mechanisms, ...(advertised.bindings.length > 0 ? [advertised.bindings] : [])];
    const text = parts.map((list) => [...list].sort().join('\u001e')).join('\u001f');
    const expected = createHash(this.#digest).update(text).digest('base64');
    if (h !== expected) throw new Error('downgrade detected');
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#digest, key).update(text).digest();
  }
}

export function readAttributes(message: string): Map<string, string> {
  return new Map(message.split(',').map((it) => [it.slice(0, 1), it.slice(2)] as const));
}

function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/** RFC 4616 section 2. */
export function plainMessage(username: string, password: string, authzid = ''): Buffer {
  return Buffer.from(`${authzid}\0${username}\0${password}`);
}

/** One HT login (draft-schmaus-kitten-sasl-ht-09): `HT-SHA-256-NONE` and its like. */
export class TokenClient {
  readonly #username: string;
  readonly #token: string;
  readonly #digest: string;
  readonly #binding: Buffer;

  constructor(mechanism: string, username: string, token: string, binding: Buffer = Buffer.alloc(0)) {
    this.#digest = mechanism.startsWith('HT-SHA-512') ? 'sha512' : 'sha256';
    this.#username = username;
    this.#token = token;
    this.#binding = binding;
  }

  first(): Buffer {
    return Buffer.concat([Buffer.from(`${this.#username}\0`), this.#hmac('Initiator')]);
  }

  accepts(answer: Buffer | undefined): boolean {
    return answer?.equals(this.#hmac('Responder')) === true;
  }

  #hmac(who: string): Buffer {
    return createHmac(this.#digest, this.#token).update(who).update(this.#binding).digest();
  }
}
