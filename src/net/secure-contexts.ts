/** TLS settings of the server, and OpenSSL's contexts made once for each certificate that is in use. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Certificates } from '../kernel/transport.ts';

/** TLS 1.2 at least (RFC 7590, RFC 9325); 1.3 is taken by who offers it. */
const baseOptions: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  // Fewer groups than OpenSSL's default: less memory a connection, and nobody lacks both.
  ecdhCurve: 'X25519:prime256v1',
  // Renegotiation (TLS 1.2) costs the server most; no XMPP client needs it.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
};

export class SecureContexts {
  readonly #certificates: Certificates;
  /** A reloaded certificate is another options object: the old context goes when its last connection has. */
  readonly #contexts = new WeakMap<SecureContextOptions, SecureContext>();

  constructor(certificates: Certificates) {
    this.#certificates = certificates;
  }

  /** For clients that name no host. The same object as long as the certificate is the same. */
  get defaultOptions(): SecureContextOptions {
    return this.#certificates.context(undefined);
  }

  /** @throws what OpenSSL finds wrong with the certificate or key */
  context(serverName: string): SecureContext {
    const options = this.#certificates.context(serverName);
    let context = this.#contexts.get(options);
    if (context === undefined) {
      context = createSecureContext(withBase(options));
      this.#contexts.set(options, context);
    }
    return context;
  }
}

export function withBase(options: SecureContextOptions): SecureContextOptions {
  return { ...baseOptions, ...options };
}
