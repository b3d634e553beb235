/** The whole configuration as one schema; reading it top to bottom is reading the generated example. */
import { z } from 'zod';
import { accountAddress, domainName, duration, networks, type OptionMeta, secret } from '../../kernel/config-schema.ts';
import { authOptions } from './auth-options.ts';
import { databaseOption } from './database-option.ts';
import { limitOptions } from './limit-options.ts';
import { listenerOptions } from './listener-options.ts';
import { logOptions, metricsOptions } from './operation-options.ts';
import { certificateOptions, tlsOptions } from './tls-options.ts';

/** The schema of a map from module name to options. */
export type ModulesSchema = z.ZodPrefault<z.ZodType<Record<string, unknown>, Record<string, unknown>>>;

/** `modules` is the schema of a map from module name to options; the loader and the example know which there are. */
function hostOptions(modules: ModulesSchema) {
  return z.object({
    admins: z
      .array(accountAddress())
      .default([])
      .describe('Addresses of the accounts that may administer this host; they may be of another host.'),
    ...certificateOptions,
    anonymous: z
      .boolean()
      .default(false)
      .describe('Lets anyone in without an account, under a random address (SASL ANONYMOUS).'),
    modules: modules.describe('Modules for this host alone: options that differ from `modules` below, or false.'),
  });
}

/** Every top-level option, in the order of the example. */
export function configShape(modules: ModulesSchema) {
  return {
    data: z
      .string()
      .min(1)
      .default('./data')
      .describe(
        'Directory of everything that the server keeps. Relative to the directory of this file; --data and ' +
          'PARLEY_DATA, relative to the working directory, override it. All other relative paths in this file start ' +
          'from the data directory.',
      )
      .meta({ expected: 'the path of a directory' } satisfies OptionMeta),
    database: databaseOption,
    databasePassword: secret()
      .optional()
      .describe('Password for PostgreSQL, when it is not part of `database`.')
      .meta({ example: 'secret' }),
    hosts: z
      .record(domainName(), hostOptions(modules).prefault({}))
      .prefault({ localhost: {} })
      .refine((it) => Object.keys(it).length > 0, { error: 'is empty', params: { expected: 'at least one domain' } })
      .describe('The domains that this server serves, each with its own options.'),
    modules: modules.describe(
      'Modules for all hosts: name to options, `true` (on, with defaults) or `false` (off). Unless it says `false` ' +
        'below, a module is on by default.',
    ),
    listeners: listenerOptions,
    components: z
      .record(
        domainName(),
        z.object({ secret: secret().describe('What the component proves itself with, in `secret` or `secretFile`.') }),
      )
      .default({})
      .describe(
        'External components (XEP-0114): domain to its secret, such as `irc.example.org: { secretFile: irc.key }`.',
      ),
    trusted: networks()
      .prefault(['loopback'])
      .describe(
        'Networks of reverse proxies and onion services. Limits and bans by address do not apply to them, and what ' +
          'they say about the real address of a client is believed.',
      ),
    tls: tlsOptions,
    auth: authOptions,
    limits: limitOptions,
    log: logOptions,
    metrics: metricsOptions,
    seeOtherUri: z
      .string()
      .regex(/^wss?:\/\/[^\s<>'"]+$/)
      .optional()
      .describe('Where WebSocket clients are sent when this server shuts down: another one of the same domain.')
      .meta({
        expected: 'an address such as wss://b.example.org/xmpp-websocket',
        example: 'wss://b.example.org/xmpp-websocket',
      } satisfies OptionMeta),
    shutdownTimeout: duration({ min: '0s', max: '10m' })
      .prefault('10s')
      .describe('How long the server waits for streams and batches when it stops.'),
  };
}
