/** Options of encryption that all listeners share. */
import { z } from 'zod';
import { file, networks } from '../../kernel/config-schema.ts';

/** Certificate chain and private key, of the server or of one host. */
export const certificateOptions = {
  certificateFile: file()
    .optional()
    .describe('Certificate chain in PEM. Without one the server makes a self-signed certificate. Reloaded on SIGHUP.')
    .meta({ example: '/etc/letsencrypt/live/example.org/fullchain.pem' }),
  keyFile: file()
    .optional()
    .describe('Its private key in PEM, without a passphrase.')
    .meta({ example: '/etc/letsencrypt/live/example.org/privkey.pem' }),
};

export const tlsOptions = z
  .object({
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest version of TLS that is spoken.'),
    ...certificateOptions,
    requireTls: z.boolean().default(true).describe('Clients must encrypt before they log in.'),
    allowPlaintextFrom: networks()
      .prefault([])
      .describe('Networks that may log in without TLS all the same, such as [loopback] for an onion service.'),
    clientCertificates: z
      .boolean()
      .default(false)
      .describe(
        'Asks clients for a certificate of clientCaFile, with which they can log in without a password (EXTERNAL).',
      ),
    clientCaFile: file()
      .optional()
      .describe('Certificate authorities for client certificates, in PEM.')
      .meta({ example: '/etc/parley/client-ca.pem' }),
  })
  .prefault({})
  .describe('Encryption.');
