/** Which certificate serves which host name: those of the configuration, or one that the server signs itself. */

import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import type { Certificates } from '../kernel/transport.ts';
import { createSelfSigned } from '../net/self-signed.ts';
import type { Config } from './config/config.ts';

/** A self-signed certificate with less left is made anew. */
const RENEW_MS = 30 * 86_400_000;

export class HostCertificates implements Certificates {
  #byName = new Map<string, SecureContextOptions>();
  #fallback: SecureContextOptions = {};

  /** Names are prepared domains, sub-services among them. A name without its own certificate gets the fallback. */
  context(serverName: string | undefined): SecureContextOptions {
    return (serverName === undefined ? undefined : this.#byName.get(serverName.toLowerCase())) ?? this.#fallback;
  }

  /** Puts the certificates of a configuration in force; connections that are up keep theirs. Throws what files throw. */
  load(config: Config, names: readonly string[], nowMs: number): void {
    const shared = sharedOptions(config);
    const byName = new Map<string, SecureContextOptions>();
    for (const host of config.hosts) {
      if (host.certificateFile === undefined || host.keyFile === undefined) continue;
      const options = { ...shared, ...readPair(host.certificateFile, host.keyFile) };
      for (const name of names) if (name === host.domain || name.endsWith(`.${host.domain}`)) byName.set(name, options);
    }
    const { certificateFile, keyFile } = config.tls;
    const pair =
      certificateFile !== undefined && keyFile !== undefined
        ? readPair(certificateFile, keyFile)
        : selfSignedPair(config.data, names, nowMs);
    this.#byName = byName;
    this.#fallback = { ...shared, ...pair };
  }
}

function sharedOptions({ tls }: Config): SecureContextOptions {
  return {
    minVersion: tls.minVersion,
    ...(tls.clientCaFile === undefined ? {} : { ca: readFileSync(tls.clientCaFile) }),
  };
}

function readPair(certFile: string, keyFile: string): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

/** The certificate in the data directory, made when it is missing, ending soon, or short of a name. */
function selfSignedPair(data: string, names: readonly string[], nowMs: number): { cert: Buffer; key: Buffer } {
  const certFile = join(data, 'self-signed.crt');
  const keyFile = join(data, 'self-signed.key');
  if (!existsSync(certFile) || !existsSync(keyFile) || !isGood(readFileSync(certFile), names, nowMs)) {
    const local = names.includes('localhost') ? ['127.0.0.1', '::1'] : [];
    const { certPem, keyPem } = createSelfSigned({ hosts: [...names, ...local], nowMs });
    writeFileSync(keyFile, keyPem, { mode: 0o600 });
    chmodSync(keyFile, 0o600); // the mode above is not applied to a file that exists
    writeFileSync(certFile, certPem);
  }
  return readPair(certFile, keyFile);
}

function isGood(pem: Buffer, names: readonly string[], nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(pem);
    if (Date.parse(certificate.validTo) - nowMs < RENEW_MS) return false;
    return names.every((it) => certificate.checkHost(it) !== undefined);
  } catch {
    return false;
  }
}
