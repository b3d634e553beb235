/** Certificates as a hostile client may send them. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { readCertificateNames } from '../../src/net/certificate-der.ts';
import { signatureHash } from '../../src/net/certificate-signature.ts';
import { constructedTag } from '../../src/net/der-reader.ts';
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
  utf8String,
  value,
} from '../../src/net/der-writer.ts';
import { createSelfSigned } from '../../src/net/self-signed.ts';

const xmppAddressOid = '1.3.6.1.5.5.7.8.5';

function otherName(id: string, inner: Buffer): Buffer {
  return value(constructedTag(0), Buffer.concat([oid(id), explicit(0, inner)]));
}

function subjectAltName(...names: Buffer[]): Buffer {
  return sequence(oid('2.5.29.17'), octetString(sequence(...names)));
}

function certificate(extensions: readonly Buffer[], subject = sequence(), algorithm = oid('1.2.3')): Buffer {
  const tbs = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.from([1])),
    sequence(algorithm),
    sequence(),
    sequence(),
    subject,
    sequence(),
    ...(extensions.length > 0 ? [explicit(3, sequence(...extensions))] : []),
  );
  return sequence(tbs, sequence(algorithm), bitString(Buffer.alloc(8)));
}

test('a certificate without alternative names has none', () => {
  const empty = { xmppAddresses: [], dnsNames: [], srvNames: [], commonName: undefined };
  assert.deepEqual(readCertificateNames(certificate([])), empty);
  assert.deepEqual(
    readCertificateNames(certificate([sequence(oid('2.5.29.14'), octetString(Buffer.alloc(3)))])),
    empty,
  );
});

test('XEP-0178 section 2: the common name is read when there is exactly one', () => {
  const attribute = (id: string, text: Buffer): Buffer => setOf(sequence(oid(id), text));
  const named = (...parts: Buffer[]): string | undefined =>
    readCertificateNames(certificate([], sequence(...parts)))?.commonName;
  assert.equal(
    named(attribute('2.5.4.10', utf8String('Capulet')), attribute('2.5.4.3', utf8String('juliet'))),
    'juliet',
  );
  assert.equal(named(attribute('2.5.4.3', ia5String('juliet')), attribute('2.5.4.3', ia5String('romeo'))), undefined);
  assert.equal(named(attribute('2.5.4.3', utf8String('Juliet Capulet'))), undefined);
});

test('RFC 5280 4.2: a second subjectAltName makes the certificate unreadable', () => {
  const one = subjectAltName(otherName(xmppAddressOid, utf8String('a@example.org')));
  const two = subjectAltName(otherName(xmppAddressOid, utf8String('b@example.org')));
  assert.deepEqual(readCertificateNames(certificate([one]))?.xmppAddresses, ['a@example.org']);
  assert.equal(readCertificateNames(certificate([one, two])), undefined);
});

test('names with NUL, spaces or control characters are left out', () => {
  const names = readCertificateNames(
    certificate([
      subjectAltName(
        otherName(xmppAddressOid, utf8String('admin@example.org\0.evil.example')),
        otherName(xmppAddressOid, utf8String('')),
        otherName(xmppAddressOid, utf8String('ok@example.org')),
        implicit(2, Buffer.from('example.org\0.evil.example')),
        implicit(2, Buffer.from('good.example')),
      ),
    ]),
  );
  assert.deepEqual(names?.xmppAddresses, ['ok@example.org']);
  assert.deepEqual(names?.dnsNames, ['good.example']);
});

test('other kinds of names are passed over', () => {
  const names = readCertificateNames(
    certificate([
      subjectAltName(
        otherName('1.3.6.1.4.1.311.20.2.3', utf8String('user@corp.example')),
        implicit(1, Buffer.from('mail@example.org')),
        implicit(7, Buffer.from([127, 0, 0, 1])),
        value(constructedTag(4), sequence()),
        implicit(2, Buffer.from('example.org')),
      ),
    ]),
  );
  assert.deepEqual(names, { xmppAddresses: [], dnsNames: ['example.org'], srvNames: [], commonName: undefined });
});

test('an XMPP address that is not UTF-8, or not of type UTF8String, makes the certificate unreadable', () => {
  const badBytes = value(0x0c, Buffer.from([0x61, 0xc0, 0x80]));
  assert.equal(readCertificateNames(certificate([subjectAltName(otherName(xmppAddressOid, badBytes))])), undefined);
  const badType = ia5String('a@example.org');
  assert.equal(readCertificateNames(certificate([subjectAltName(otherName(xmppAddressOid, badType))])), undefined);
});

test('a critical extension is read like another', () => {
  const names = sequence(implicit(2, Buffer.from('example.org')));
  const critical = sequence(oid('2.5.29.17'), booleanTrue(), octetString(names));
  assert.deepEqual(readCertificateNames(certificate([critical]))?.dnsNames, ['example.org']);
});

test('X.690 section 10.1: lengths that are indefinite or not the shortest are refused', () => {
  const good = certificate([]);
  const body = good.subarray(2);
  assert.ok(readCertificateNames(good));
  for (const length of [[0x80], [0x81, body.length], [0x82, 0, body.length], [0x84, 0, 0, 0, body.length], [0x85, 0]]) {
    assert.equal(readCertificateNames(Buffer.concat([Buffer.from([0x30, ...length]), body])), undefined);
  }
});

test('every truncation, and anything appended, is refused', () => {
  const der = new X509Certificate(createSelfSigned({ hosts: ['localhost'], nowMs: 0 }).certPem).raw;
  for (let length = 0; length < der.length; length++) {
    assert.equal(readCertificateNames(der.subarray(0, length)), undefined);
  }
  assert.equal(readCertificateNames(Buffer.concat([der, Buffer.from([0])])), undefined);
});

test('a certificate with any byte changed is read or refused, never an exception', () => {
  const { certPem } = createSelfSigned({ hosts: ['localhost'], xmppAddresses: ['a@localhost'], nowMs: 0 });
  const der = new X509Certificate(certPem).raw;
  for (let i = 0; i < der.length; i++) {
    for (const bit of [0x01, 0x20, 0x80, 0xff]) {
      const changed = Buffer.from(der);
      changed.writeUInt8((changed.readUInt8(i) ^ bit) & 0xff, i);
      const names = readCertificateNames(changed);
      assert.ok(names === undefined || Array.isArray(names.dnsNames));
      signatureHash(changed);
    }
  }
});

test('more names than anyone has make the certificate unreadable, and so does a certificate of 64 KiB', () => {
  const name = implicit(2, Buffer.from('a.b'));
  const names = (count: number): Buffer => certificate([subjectAltName(...Array.from({ length: count }, () => name))]);
  assert.equal(readCertificateNames(names(1000))?.dnsNames.length, 1000);
  assert.equal(readCertificateNames(names(1001)), undefined);
  const long = certificate([sequence(oid('2.5.29.14'), octetString(Buffer.alloc(65536)))]);
  assert.equal(readCertificateNames(long), undefined);
});

test('RFC 5929 4.1: the hash is that of the signature, SHA-256 for MD5 and SHA-1, none for Ed25519', () => {
  const hash = (id: string): string | undefined => signatureHash(certificate([], sequence(), oid(id)));
  assert.equal(hash('1.2.840.113549.1.1.4'), 'sha256');
  assert.equal(hash('1.2.840.113549.1.1.5'), 'sha256');
  assert.equal(hash('1.2.840.113549.1.1.11'), 'sha256');
  assert.equal(hash('1.2.840.113549.1.1.13'), 'sha512');
  assert.equal(hash('1.2.840.10045.4.3.3'), 'sha384');
  assert.equal(hash('1.3.101.112'), undefined);
  assert.equal(signatureHash(Buffer.from('nonsense')), undefined);
});

test('RFC 4055 3.1: with RSA-PSS the hash is a parameter', () => {
  const pss = (...parameters: Buffer[]): Buffer =>
    certificate([], sequence(), Buffer.concat([oid('1.2.840.113549.1.1.10'), sequence(...parameters)]));
  assert.equal(signatureHash(pss(explicit(0, sequence(oid('2.16.840.1.101.3.4.2.2'))))), 'sha384');
  assert.equal(signatureHash(pss()), 'sha256');
});
