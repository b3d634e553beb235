/** The facts of a TLS connection that authentication needs: channel bindings and certificates. */
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { PeerCertificate, TlsDetails } from '../kernel/transport.ts';
import { readCertificateNames } from './certificate-der.ts';
import { signatureHash } from './certificate-signature.ts';

const exporterLabel = 'EXPORTER-Channel-Binding';
const exporterBytes = 32;
// Leaving the context out would export another value on TLS 1.2.
const noContext = Buffer.alloc(0);

export class SocketTlsDetails implements TlsDetails {
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  get protocol(): string {
    return this.#socket.getProtocol() ?? 'unknown';
  }

  get cipher(): string {
    return this.#socket.getCipher()?.name ?? 'unknown';
  }

  get serverName(): string | undefined {
    const { servername } = this.#socket as { servername?: string | false | null };
    return typeof servername === 'string' && servername !== '' ? servername : undefined;
  }

  /**
   * TLS 1.3 only: RFC 9266 section 4.2 allows TLS 1.2 with the extended master secret, but whether that was
   * negotiated cannot be learnt here.
   */
  tlsExporter(): Buffer | undefined {
    if (this.protocol !== 'TLSv1.3') return undefined;
    return this.#socket.exportKeyingMaterial(exporterBytes, exporterLabel, noContext);
  }

  /** Undefined for certificates whose signature has no hash of its own, Ed25519 and Ed448: RFC 5929 leaves them out. */
  tlsServerEndPoint(): Buffer | undefined {
    const der = this.#socket.getX509Certificate()?.raw;
    const hash = der === undefined ? undefined : signatureHash(der);
    return der === undefined || hash === undefined ? undefined : createHash(hash).update(der).digest();
  }

  /** The client's Finished message; the server's own where the session was resumed, for then that one comes first. */
  tlsUnique(): Buffer | undefined {
    const socket = this.#socket;
    // Null when the connection is gone.
    return (socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished()) ?? undefined;
  }

  peerCertificate(): PeerCertificate | undefined {
    const certificate = this.#socket.getPeerX509Certificate();
    if (certificate === undefined) return undefined;
    const { authorized } = this.#socket;
    const problem: unknown = this.#socket.authorizationError;
    const der = certificate.raw;
    return { der, addresses: addressesIn(der), authorized, ...(typeof problem === 'string' && { problem }) };
  }
}

function addressesIn(der: Buffer): readonly string[] {
  const names = readCertificateNames(der);
  if (names === undefined) return [];
  const { xmppAddresses, commonName } = names;
  return xmppAddresses.length === 0 && commonName !== undefined ? [commonName] : xmppAddresses;
}
