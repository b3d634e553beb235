/** Finds the hash that RFC 5929 section 4.1 prescribes for a certificate: that of its signature, or SHA-256. */
import { constructedTag, DerReader, decodeOid, TAG } from './der-reader.ts';

type Hash = 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** MD5 and SHA-1 stand for SHA-256. Signatures without a hash of their own, such as Ed25519, are not here. */
const hashBySignature: Readonly<Record<string, Hash>> = {
  '1.2.840.113549.1.1.4': 'sha256', // RSA with MD5
  '1.2.840.113549.1.1.5': 'sha256', // RSA with SHA-1
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha256', // ECDSA with SHA-1
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

const rsaPss = '1.2.840.113549.1.1.10';
const hashByOid: Readonly<Record<string, Hash>> = {
  '1.3.14.3.2.26': 'sha256', // SHA-1
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** The name of the hash for `createHash`; undefined where RFC 5929 defines none. */
export function signatureHash(der: Buffer): Hash | undefined {
  try {
    const certificate = new DerReader(der).enter(TAG.sequence);
    certificate.read(TAG.sequence);
    const algorithm = certificate.enter(TAG.sequence);
    const id = decodeOid(algorithm.read(TAG.oid));
    return id === rsaPss ? pssHash(algorithm) : hashBySignature[id];
  } catch {
    return undefined;
  }
}

/** RFC 4055 section 3.1: the hash is a parameter, SHA-1 when absent. */
function pssHash(algorithm: DerReader): Hash | undefined {
  const parameters = algorithm.enter(TAG.sequence);
  const wrapped = parameters.readOptional(constructedTag(0));
  if (wrapped === undefined) return 'sha256';
  const hash = new DerReader(wrapped).enter(TAG.sequence);
  return hashByOid[decodeOid(hash.read(TAG.oid))];
}
