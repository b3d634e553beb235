/** Parses the header of the PROXY protocol, versions 1 and 2, by which a TCP proxy names the client's address. */
import { normalizeAddress } from '../util/networks.ts';

/** Longer headers carry only vendors' extensions; version 1 is at most 107 bytes. */
const maxVersion2Bytes = 4096;
const maxVersion1Bytes = 107;
const version1Start = Buffer.from('PROXY ');
const version2Start = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const version2FixedBytes = 16;

interface ProxyHeader {
  /** Whom the proxy speaks for; undefined when for itself, as in health checks, or when it does not say. */
  readonly address: string | undefined;
  /** Bytes of the header; what follows belongs to the connection. */
  readonly byteLength: number;
}

/** The header at the start of `bytes`, `incomplete` while it may yet become one, `invalid` when it cannot. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | 'incomplete' | 'invalid' {
  if (startsLike(bytes, version2Start)) return parseVersion2(bytes);
  if (startsLike(bytes, version1Start)) return parseVersion1(bytes);
  return 'invalid';
}

function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function parseVersion1(bytes: Buffer): ProxyHeader | 'incomplete' | 'invalid' {
  const end = bytes.indexOf('\r\n');
  if (end < 0) return bytes.length < maxVersion1Bytes ? 'incomplete' : 'invalid';
  const byteLength = end + 2;
  if (byteLength > maxVersion1Bytes) return 'invalid';
  const [, family, source, destination, ...ports] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { address: undefined, byteLength };
  if ((family !== 'TCP4' && family !== 'TCP6') || ports.length !== 2 || !ports.every(isPort)) return 'invalid';
  const isV6 = family === 'TCP6';
  if (source?.includes(':') !== isV6 || destination?.includes(':') !== isV6) return 'invalid';
  const address = normalizeAddress(source);
  return address === undefined ? 'invalid' : { address, byteLength };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 0xffff;
}

function parseVersion2(bytes: Buffer): ProxyHeader | 'incomplete' | 'invalid' {
  if (bytes.length < version2FixedBytes) return 'incomplete';
  const versionAndCommand = bytes.readUInt8(12);
  const familyAndProtocol = bytes.readUInt8(13);
  const byteLength = version2FixedBytes + bytes.readUInt16BE(14);
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return 'invalid';
  if (byteLength > maxVersion2Bytes) return 'invalid';
  if (bytes.length < byteLength) return 'incomplete';
  if (versionAndCommand === 0x20) return { address: undefined, byteLength };
  const source = bytes.subarray(version2FixedBytes, byteLength);
  if (familyAndProtocol === 0x11) return source.length < 12 ? 'invalid' : { address: ipv4(source), byteLength };
  if (familyAndProtocol === 0x21) return source.length < 36 ? 'invalid' : { address: ipv6(source), byteLength };
  return { address: undefined, byteLength };
}

function ipv4(source: Buffer): string {
  return source.subarray(0, 4).join('.');
}

function ipv6(source: Buffer): string | undefined {
  const groups = Array.from({ length: 8 }, (_, i) => source.readUInt16BE(i * 2).toString(16));
  return normalizeAddress(groups.join(':'));
}
