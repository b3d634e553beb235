/** Reads the identities of a certificate for SASL EXTERNAL (XEP-0178, RFC 6120 section 13.7) from its DER. */
import {
  constructedTag,
  DerError,
  DerReader,
  decodeBoolean,
  decodeIa5,
  decodeOid,
  decodeUtf8,
  primitiveTag,
  TAG,
} from './der-reader.ts';

interface CertificateNames {
  /** RFC 6120 section 13.7.1.4: addresses of XMPP, not prepared. */
  readonly xmppAddresses: readonly string[];
  /** RFC 5280: domain names, ASCII, perhaps with a wildcard label. */
  readonly dnsNames: readonly string[];
  /** RFC 4985: `_xmpp-server.example.org`. */
  readonly srvNames: readonly string[];
  /** The subject's common name, when it has exactly one. */
  readonly commonName: string | undefined;
}

const OID = {
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  xmppAddress: '1.3.6.1.5.5.7.8.5',
  srvName: '1.3.6.1.5.5.7.8.7',
};
const maxCertificateBytes = 64 * 1024;
const maxNames = 1000;

/** The names in a certificate; undefined when it is not the DER of one. */
export function readCertificateNames(der: Buffer): CertificateNames | undefined {
  try {
    if (der.length > maxCertificateBytes) return undefined;
    const { subject, extensions } = readParts(der);
    return { ...readAlternativeNames(subjectAltName(extensions)), commonName: readCommonName(subject) };
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function readParts(der: Buffer): { subject: DerReader; extensions: DerReader | undefined } {
  const outer = new DerReader(der);
  const certificate = outer.enter(TAG.sequence);
  outer.end();
  const tbs = certificate.enter(TAG.sequence);
  certificate.read(TAG.sequence);
  certificate.read(TAG.bitString);
  certificate.end();
  tbs.readOptional(constructedTag(0)); // version
  tbs.read(TAG.integer); // serial number
  for (let i = 0; i < 3; i++) tbs.read(TAG.sequence); // signature, issuer, validity
  const subject = tbs.enter(TAG.sequence);
  tbs.read(TAG.sequence); // key
  tbs.readOptional(primitiveTag(1)); // unique identifiers of version 2
  tbs.readOptional(primitiveTag(2));
  if (tbs.atEnd) return { subject, extensions: undefined };
  const wrapper = tbs.enter(constructedTag(3));
  tbs.end();
  const extensions = wrapper.enter(TAG.sequence);
  wrapper.end();
  return { subject, extensions };
}

function readCommonName(subject: DerReader): string | undefined {
  const found: string[] = [];
  while (!subject.atEnd) {
    const attributes = subject.enter(TAG.set);
    while (!attributes.atEnd) {
      const attribute = attributes.enter(TAG.sequence);
      const id = decodeOid(attribute.read(TAG.oid));
      if (id === OID.commonName) found.push(readDirectoryString(attribute));
      else attribute.readAny();
      attribute.end();
    }
  }
  const [name] = found;
  return found.length === 1 && name !== undefined && isOneWord(name) ? name : undefined;
}

function readDirectoryString(reader: DerReader): string {
  const tag = reader.nextTag ?? 0;
  const content = reader.readAny();
  if (tag === TAG.utf8String) return decodeUtf8(content);
  return tag === TAG.printableString || tag === TAG.ia5String ? decodeIa5(content) : '';
}

function subjectAltName(extensions: DerReader | undefined): Buffer | undefined {
  let found: Buffer | undefined;
  while (extensions !== undefined && !extensions.atEnd) {
    const extension = extensions.enter(TAG.sequence);
    const id = decodeOid(extension.read(TAG.oid));
    const critical = extension.readOptional(TAG.boolean);
    if (critical !== undefined) decodeBoolean(critical);
    const content = extension.read(TAG.octetString);
    extension.end();
    if (id !== OID.subjectAltName) continue;
    // RFC 5280 section 4.2: no extension twice.
    if (found !== undefined) throw new DerError('two subjectAltName extensions');
    found = content;
  }
  return found;
}

type AlternativeNames = Record<'xmppAddresses' | 'dnsNames' | 'srvNames', string[]>;

function readAlternativeNames(content: Buffer | undefined): AlternativeNames {
  const names: AlternativeNames = { xmppAddresses: [], dnsNames: [], srvNames: [] };
  if (content === undefined) return names;
  const outer = new DerReader(content);
  const generalNames = outer.enter(TAG.sequence);
  outer.end();
  for (let count = 0; !generalNames.atEnd; count++) {
    if (count === maxNames) throw new DerError('too many names');
    readGeneralName(generalNames, names);
  }
  return names;
}

function readGeneralName(reader: DerReader, names: AlternativeNames): void {
  const tag = reader.nextTag;
  if (tag === primitiveTag(2)) addWord(names.dnsNames, decodeIa5(reader.read(tag)));
  else if (tag === constructedTag(0)) readOtherName(reader.enter(tag), names);
  else reader.readAny();
}

function readOtherName(reader: DerReader, names: AlternativeNames): void {
  const id = decodeOid(reader.read(TAG.oid));
  const wrapper = reader.enter(constructedTag(0));
  reader.end();
  if (id === OID.xmppAddress) {
    const address = decodeUtf8(wrapper.read(TAG.utf8String));
    if (isOneWord(address)) names.xmppAddresses.push(address);
  } else if (id === OID.srvName) {
    addWord(names.srvNames, decodeIa5(wrapper.read(TAG.ia5String)));
  } else {
    wrapper.readAny();
  }
  wrapper.end();
}

function addWord(list: string[], name: string): void {
  if (isOneWord(name)) list.push(name);
}

/** Spaces and control characters have no place in a name; a NUL in one has deceived other programs. */
function isOneWord(name: string): boolean {
  return /^[^\0-\x20\x7f]+$/.test(name);
}
