/** Mistakes that no single option shows: certificates and their keys, ports that clash, components without a port. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { withBase } from '../../net/secure-contexts.ts';
import type { Finding, Path } from './finding.ts';
import { pathText } from './finding.ts';
import type { ListenerConfig } from './listener-options.ts';
import { isMapping } from './option-shape.ts';

/** Of a section with `certificateFile` and `keyFile`, whose paths are absolute and whose files are known to exist. */
export function checkCertificate(section: unknown, path: Path): readonly Finding[] {
  const { certificateFile, keyFile } = isMapping(section) ? section : {};
  if (certificateFile === undefined && keyFile === undefined) return [];
  const [given, missing] =
    keyFile === undefined ? (['certificateFile', 'keyFile'] as const) : (['keyFile', 'certificateFile'] as const);
  if (certificateFile === undefined || keyFile === undefined) {
    // A file that is given but cannot be read has been reported already, and left as undefined.
    if (Object.hasOwn(section as object, missing)) return [];
    const what = `${pathText([...path, given])} is given without ${missing}`;
    return [{ path: [...path, given], at: 'key', what, expected: 'both or neither' }];
  }
  if (typeof certificateFile !== 'string' || typeof keyFile !== 'string') return [];
  const certificate = attempt(() => new X509Certificate(readFileSync(certificateFile)));
  const key = attempt(() => createPrivateKey(readFileSync(keyFile)));
  const at = (name: string, what: string, expected: string): Finding => ({
    path: [...path, name],
    at: 'value',
    what,
    expected,
  });
  const findings: Finding[] = [];
  if (!certificate) findings.push(at('certificateFile', `${certificateFile} holds no certificate`, 'PEM'));
  if (!key) findings.push(at('keyFile', `${keyFile} holds no key that can be used`, 'PEM without a passphrase'));
  if (!certificate || !key) return findings;
  if (!certificate.checkPrivateKey(key))
    return [at('keyFile', `${keyFile} is not the key of ${certificateFile}`, 'the key of that certificate')];
  const refusal = refusalOf(certificateFile, keyFile);
  if (refusal === undefined) return [];
  const what = `${certificateFile} cannot be used for TLS: OpenSSL says ${refusal}`;
  return [at('certificateFile', what, 'a chain with keys and signatures that are strong enough')];
}

/** What OpenSSL has against a certificate that can be read, such as that its key is too short. */
function refusalOf(certificateFile: string, keyFile: string): string | undefined {
  try {
    createSecureContext(withBase({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }));
    return undefined;
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    return JSON.stringify(reason ?? message);
  }
}

/** Of `tls`. */
export function checkClientCa(section: unknown): readonly Finding[] {
  const { clientCertificates: asked, clientCaFile: file } = isMapping(section) ? section : {};
  // A file that is given but cannot be read has been reported already, and left as undefined.
  if (asked === true && file === undefined && !Object.hasOwn(section as object, 'clientCaFile')) {
    // TLS would fall back to all public authorities: whoever has one of them certify an address owned its account.
    const what = 'tls.clientCertificates is given without clientCaFile';
    return [{ path: ['tls', 'clientCertificates'], at: 'key', what, expected: 'the authorities to trust' }];
  }
  if (typeof file !== 'string' || attempt(() => new X509Certificate(readFileSync(file)))) return [];
  return [{ path: ['tls', 'clientCaFile'], at: 'value', what: `${file} holds no certificate`, expected: 'PEM' }];
}

export function checkListeners(listeners: readonly ListenerConfig[]): readonly Finding[] {
  const users = new Map<string, number>();
  return listeners.flatMap(({ port, addresses }, index) =>
    addresses.flatMap((address): Finding[] => {
      const key = `${address} ${port}`;
      const other = users.get(key);
      if (port === 0 || other === undefined) {
        users.set(key, index);
        return [];
      }
      const what = `port ${port} on ${address} is taken by listeners[${other}]`;
      return [{ path: ['listeners', index, 'port'], at: 'value', what, expected: 'a port of its own' }];
    }),
  );
}

export function checkComponents(
  components: Readonly<Record<string, unknown>>,
  listeners: readonly ListenerConfig[],
): readonly Finding[] {
  if (Object.keys(components).length === 0 || listeners.some((it) => it.protocol === 'component')) return [];
  const what = 'there are components but no listener for them';
  return [
    { path: ['components'], at: 'key', what, expected: 'a listener such as { port: 5347, protocol: component }' },
  ];
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
