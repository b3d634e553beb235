/** A host with accounts, and streams to it, for the tests of SASL. */
import { Authenticator, type AuthOptions, DEFAULT_AUTH } from '../../src/auth/authenticator.ts';
import type { BindingType, Exchange, FastRequest, SaslContext, SaslStep } from '../../src/auth/sasl.ts';
import { deriveKeys, SCRAM_HASHES } from '../../src/auth/scram-keys.ts';
import type { ScramKeys } from '../../src/contracts/credentials.ts';
import { MemoryCredentials } from '../support/memory-credentials.ts';
import { ScramClient, type ScramClientOptions } from '../support/sasl-client.ts';

export const HOST = 'example.net';
export const ITERATIONS = 4096;
export const EXPORTER = Buffer.from('the exported keying material 32b');
export const END_POINT = Buffer.from('the hash of a certificate of 32b');
export const CLIENT = 'd4565fa7-4d72-4749-b3d3-740edbf87770';

const romeos: readonly ScramKeys[] = await deriveKeys('wherefore', { hashes: SCRAM_HASHES, iterations: ITERATIONS });

/** Accounts `romeo` with the password `wherefore`, and `tybalt`, the same but locked. */
export function accounts(): MemoryCredentials {
  const credentials = new MemoryCredentials();
  credentials.accounts.set('romeo', { keys: romeos, locked: false });
  credentials.accounts.set('tybalt', { keys: romeos, locked: true });
  return credentials;
}

export function authenticator(options: Partial<AuthOptions> = {}): Authenticator {
  return new Authenticator({
    ...DEFAULT_AUTH,
    decoyKey: Buffer.alloc(32, 1),
    decoys: { iterations: [ITERATIONS], saltBytes: 18 },
    keep: { hashes: SCRAM_HASHES, iterations: ITERATIONS },
    ...options,
  });
}

export interface StreamOptions {
  readonly address?: string;
  readonly tls?: boolean;
  readonly bindings?: Partial<Record<BindingType, Buffer>>;
  readonly peerIdentities?: readonly string[];
  readonly peerAuthorized?: boolean;
  readonly accountHashes?: SaslContext['accountHashes'];
  readonly credentials?: SaslContext['credentials'];
  readonly fast?: FastRequest;
}

/** What the stream layer would hand in after having advertised what the authenticator offers. */
export function stream(auth: Authenticator, options: StreamOptions = {}): SaslContext {
  const tls = options.tls ?? true;
  const bindings: Partial<Record<BindingType, Buffer>> =
    options.bindings ?? (tls ? { 'tls-exporter': EXPORTER, 'tls-server-end-point': END_POINT } : {});
  const offer = {
    host: HOST,
    address: options.address ?? '127.0.0.1',
    tls,
    bindings: { get: (type: BindingType) => bindings[type] },
    peerIdentities: options.peerIdentities ?? [],
    peerAuthorized: options.peerAuthorized ?? false,
    accountHashes: options.accountHashes,
  };
  return {
    ...offer,
    credentials: options.credentials ?? accounts(),
    offered: auth.offeredMechanisms(offer),
    offeredBindings: auth.offeredBindings(offer),
    offeredFast: auth.offeredFast(offer),
    fast: options.fast,
  };
}

/** Begins, or throws with the condition that refused it. */
export function begin(auth: Authenticator, mechanism: string, context: SaslContext): Exchange {
  const exchange = auth.begin(mechanism, context);
  if ('kind' in exchange) throw new Error(exchange.condition);
  return exchange;
}

export type Tamper = (message: string) => string;
const untouched: Tamper = (message) => message;

export interface ScramRun {
  /** What the server answered to the last message. */
  readonly step: SaslStep;
  /** The server's first message; empty when it did not come to that. */
  readonly challenge: string;
  readonly client: ScramClient;
}

/** A whole SCRAM exchange, with the client's messages altered on their way when asked. */
export async function runScram(
  auth: Authenticator,
  context: SaslContext,
  options: ScramClientOptions,
  { first = untouched, final = untouched }: { first?: Tamper; final?: Tamper } = {},
): Promise<ScramRun> {
  const client = new ScramClient(options);
  const exchange = begin(auth, options.mechanism, context);
  const step = await exchange.respond(Buffer.from(first(client.first().toString())));
  if (step.kind !== 'challenge') return { step, challenge: '', client };
  const answer = final(client.final(step.data).toString());
  return { step: await exchange.respond(Buffer.from(answer)), challenge: step.data.toString(), client };
}

/** `success`, or the condition of the failure: what most tests ask for. */
export function outcome(step: SaslStep): string {
  return step.kind === 'failure' ? step.condition : step.kind;
}
