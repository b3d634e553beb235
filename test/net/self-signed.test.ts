/** Self-signed certificates, checked by OpenSSL's eyes. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { readCertificateNames } from '../../src/net/certificate-der.ts';
import { createSelfSigned } from '../../src/net/self-signed.ts';

const nowMs = Date.parse('2026-11-24T12:00:00Z');

test('RFC 5280: OpenSSL reads the certificate, and its key signs it and belongs to it', () => {
  const { certPem, keyPem } = createSelfSigned({ hosts: ['example.org'], nowMs });
  const certificate = new X509Certificate(certPem);
  assert.equal(certificate.verify(certificate.publicKey), true);
  assert.equal(certificate.checkPrivateKey(createPrivateKey(keyPem)), true);
  assert.equal(certificate.subject, 'CN=example.org');
  assert.equal(certificate.ca, false);
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
});

test('RFC 5280 4.2.1.6: every host is an alternative name, and no other', () => {
  const hosts = ['example.org', 'conference.example.org', '192.0.2.7', '2001:db8::1:0', '::ffff:192.0.2.8'];
  const certificate = new X509Certificate(createSelfSigned({ hosts, nowMs }).certPem);
  assert.equal(certificate.checkHost('example.org'), 'example.org');
  assert.equal(certificate.checkHost('conference.example.org'), 'conference.example.org');
  assert.equal(certificate.checkHost('other.example.org'), undefined);
  assert.equal(certificate.checkIP('192.0.2.7'), '192.0.2.7');
  assert.equal(certificate.checkIP('2001:db8::1:0'), '2001:db8::1:0');
  assert.equal(certificate.checkIP('::ffff:192.0.2.8'), '::ffff:192.0.2.8');
  assert.equal(certificate.checkIP('127.0.0.1'), undefined);
});

test('localhost brings its two addresses along', () => {
  const certificate = new X509Certificate(createSelfSigned({ hosts: ['localhost'], nowMs }).certPem);
  assert.equal(certificate.checkHost('localhost'), 'localhost');
  assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(certificate.checkIP('::1'), '::1');
});

test('RFC 5280 7.2: an internationalised name is written in ASCII', () => {
  const certificate = new X509Certificate(createSelfSigned({ hosts: ['müller.example'], nowMs }).certPem);
  assert.equal(certificate.checkHost('xn--mller-kva.example'), 'xn--mller-kva.example');
});

test('RFC 5280 4.1.2.5: years from 2050 on are written in four digits', () => {
  const certificate = new X509Certificate(createSelfSigned({ hosts: ['a.example'], nowMs, validDays: 9000 }).certPem);
  assert.equal(certificate.validFromDate.toISOString(), '2026-11-23T12:00:00.000Z');
  assert.equal(certificate.validToDate.getTime(), nowMs + 9000 * 86_400_000);
  assert.equal(certificate.validToDate.getUTCFullYear(), 2051);
});

test('a name too long for a common name is an alternative name all the same', () => {
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
  const certificate = new X509Certificate(createSelfSigned({ hosts: [host], nowMs }).certPem);
  assert.equal(certificate.checkHost(host), host);
});

test('what is no domain name is refused', () => {
  assert.throws(() => createSelfSigned({ hosts: ['exa mple'], nowMs }), /not a domain name: exa mple/);
});

test('RFC 5280 4.1.2.2: serial numbers differ and are positive', () => {
  const serials = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { serialNumber } = new X509Certificate(createSelfSigned({ hosts: ['a.example'], nowMs }).certPem);
    assert.match(serialNumber, /^[4-7][0-9A-F]{31}$/);
    serials.add(serialNumber);
  }
  assert.equal(serials.size, 20);
});

test('RFC 6120 13.7.1.4 and RFC 4985: XMPP addresses and service names are read back', () => {
  const { certPem } = createSelfSigned({
    hosts: ['example.org', '*.example.org'],
    xmppAddresses: ['juliet@example.org', 'müller@example.org'],
    srvNames: ['_xmpp-client.example.org'],
    nowMs,
  });
  assert.deepEqual(readCertificateNames(new X509Certificate(certPem).raw), {
    xmppAddresses: ['juliet@example.org', 'müller@example.org'],
    dnsNames: ['example.org', '*.example.org'],
    srvNames: ['_xmpp-client.example.org'],
    commonName: 'example.org',
  });
});
