/** Options of authentication: which mechanisms, how passwords are kept, what happens after failures. */
import { z } from 'zod';
import { DEFAULT_ITERATIONS, MIN_ITERATIONS } from '../../auth/scram-keys.ts';
import { duration } from '../../kernel/config-schema.ts';

const MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'EXTERNAL'] as const;
const HASHES = ['SHA-512', 'SHA-256', 'SHA-1'] as const;
const BINDINGS = ['tls-exporter', 'tls-server-end-point'] as const;

export const authOptions = z
  .object({
    mechanisms: z
      .array(z.enum(MECHANISMS))
      .min(1)
      .default([...MECHANISMS])
      .describe(
        'SASL mechanisms to offer. Each SCRAM comes with its -PLUS variant (channel binding); PLAIN needs TLS; EXTERNAL ' +
          'needs tls.clientCertificates. ANONYMOUS is an option of a host.',
      ),
    hashes: z
      .array(z.enum(HASHES))
      .min(1)
      .default([...HASHES])
      .describe('SCRAM keys that are kept of a new password. Passwords themselves are never kept.'),
    scramIterations: z
      .int()
      .min(MIN_ITERATIONS)
      .max(10_000_000)
      .default(DEFAULT_ITERATIONS)
      .describe(
        'Rounds of hashing for new passwords. Four times as many take four times as long to guess, and to log in.',
      ),
    channelBindings: z
      .array(z.enum(BINDINGS))
      .default([...BINDINGS])
      .describe('What -PLUS mechanisms may bind to (XEP-0440). Empty when TLS ends at a proxy.'),
    fast: z
      .boolean()
      .default(true)
      .describe('Tokens with which a client logs in again in one round trip (XEP-0484); kept by the module `fast`.'),
    allowPlainWithoutTls: z
      .boolean()
      .default(false)
      .describe('Offers PLAIN without TLS, to clients on this machine only. For benchmarks.'),
    failuresPerStream: z.int().min(3).max(6).default(5).describe('Failed attempts that end a stream.'),
    failuresPerAddress: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Failed attempts from one address, within `failureWindow`, that ban it for `banTime`. See `trusted`.'),
    failureWindow: duration({ min: '1s', max: '7d' }).prefault('1h').describe('How long a failed attempt counts.'),
    banTime: duration({ min: '1s', max: '30d' }).prefault('1h').describe('How long a ban lasts.'),
  })
  .refine(({ mechanisms, hashes }) => mechanisms.every((it) => isUsable(it, hashes)), {
    path: ['hashes'],
    error: 'lacks the hash of a mechanism that is offered',
    params: { expected: 'SHA-n for every SCRAM-SHA-n in mechanisms' },
  })
  .prefault({})
  .describe('Authentication.');

function isUsable(mechanism: string, hashes: readonly string[]): boolean {
  return !mechanism.startsWith('SCRAM-') || hashes.includes(mechanism.slice('SCRAM-'.length));
}
