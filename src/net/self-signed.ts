/** Makes a self-signed certificate (RFC 5280) with all names of a server, so that TLS works before a real one is there. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import { constructedTag } from './der-reader.ts';
import {
  bitString,
  booleanTrue,
  explicit,
  ia5String,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  utf8String,
  value,
} from './der-writer.ts';

interface SelfSignedOptions {
  /** Domain names, also internationalised ones, and IP addresses; the first names the certificate. */
  readonly hosts: readonly string[];
  /** RFC 6120 section 13.7.1.4: addresses for client certificates. */
  readonly xmppAddresses?: readonly string[];
  /** RFC 4985: `_xmpp-client.example.org`. */
  readonly srvNames?: readonly string[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly validDays?: number;
}

export interface SelfSigned {
  readonly certPem: string;
  /** PKCS #8. */
  readonly keyPem: string;
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const dayMs = 86_400_000;
/** RFC 5280 appendix A.1: ub-common-name. */
const maxCommonNameLength = 64;

/** ECDSA on P-256 with SHA-256, valid from a day ago, so that clocks may differ, for ten years. */
export function createSelfSigned(options: SelfSignedOptions): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tbs = toBeSigned(options, publicKey);
  const signature = sign('sha256', tbs, privateKey);
  const der = sequence(tbs, ecdsaWithSha256, bitString(signature));
  return { certPem: pem('CERTIFICATE', der), keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function toBeSigned(options: SelfSignedOptions, publicKey: KeyObject): Buffer {
  const hosts = allHosts(options.hosts);
  const name = distinguishedName(hosts[0] ?? 'localhost');
  const notBefore = new Date(options.nowMs - dayMs);
  const notAfter = new Date(options.nowMs + (options.validDays ?? 3650) * dayMs);
  const key = publicKey.export({ type: 'spki', format: 'der' });
  return sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serialNumber()),
    ecdsaWithSha256,
    name, // issuer
    sequence(time(notBefore), time(notAfter)),
    name, // subject
    key,
    explicit(3, extensions(options, hosts, key)),
  );
}

/** RFC 5280 section 4.1.2.2: positive, at most 20 bytes. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes;
}

function allHosts(given: readonly string[]): readonly string[] {
  const hosts = new Set(given.map(asciiHost));
  if (hosts.has('localhost')) hosts.add('127.0.0.1').add('::1');
  return [...hosts];
}

function asciiHost(host: string): string {
  if (isIP(host) !== 0) return host;
  const ascii = domainToASCII(host);
  if (ascii === '') throw new TypeError(`not a domain name: ${host}`);
  return ascii;
}

function distinguishedName(commonName: string): Buffer {
  // A longer name stands among the alternative names only; RFC 5280 requires some issuer.
  const text = commonName.length <= maxCommonNameLength ? commonName : 'XMPP server';
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8String(text))));
}

function extensions(options: SelfSignedOptions, hosts: readonly string[], key: Buffer): Buffer {
  const keyId = createHash('sha1').update(key).digest(); // an identifier, not a protection
  const usages = sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2')); // server, client
  return sequence(
    extension('2.5.29.19', 'critical', sequence()), // basicConstraints: no authority
    extension('2.5.29.15', 'critical', bitString(Buffer.from([0x80]), 7)), // keyUsage: digitalSignature
    extension('2.5.29.37', 'optional', usages),
    extension('2.5.29.14', 'optional', octetString(keyId)),
    extension('2.5.29.17', 'optional', alternativeNames(options, hosts)),
  );
}

function extension(id: string, weight: 'critical' | 'optional', content: Buffer): Buffer {
  const critical = weight === 'critical' ? [booleanTrue()] : [];
  return sequence(oid(id), ...critical, octetString(content));
}

function alternativeNames(options: SelfSignedOptions, hosts: readonly string[]): Buffer {
  return sequence(
    ...hosts.map((host) => (isIP(host) === 0 ? implicit(2, Buffer.from(host)) : implicit(7, addressBytes(host)))),
    ...(options.srvNames ?? []).map((name) => otherName('1.3.6.1.5.5.7.8.7', ia5String(name))),
    ...(options.xmppAddresses ?? []).map((address) => otherName('1.3.6.1.5.5.7.8.5', utf8String(address))),
  );
}

function otherName(id: string, name: Buffer): Buffer {
  return value(constructedTag(0), Buffer.concat([oid(id), explicit(0, name)]));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // The last 32 bits may be written as IPv4; a URL writes them in hexadecimal.
  const [head, tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::') as [string, string?];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
