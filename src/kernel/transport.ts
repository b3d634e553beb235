/** A pipe to one peer, whatever carries it: TCP, TLS, WebSocket. */
import type { SecureContextOptions } from 'node:tls';
import type { Awaitable } from '../util/awaitable.ts';

/** How stream and stanzas are framed: RFC 6120's one long document, or RFC 7395's element a message. */
export type Framing = 'stream' | 'frames';
export type TransportKind = 'tcp' | 'tls' | 'ws' | 'wss';

/** What the peer's certificate says, and what OpenSSL thinks of it. */
export interface PeerCertificate {
  /** The XMPP addresses in it, not prepared, or its common name where it has none (XEP-0178 section 2). */
  readonly addresses: readonly string[];
  readonly der: Buffer;
  /** Its chain leads to an authority that we trust, and it may be used for a client. Whose it is, is not checked. */
  readonly authorized: boolean;
  /** OpenSSL's name for what is wrong when it is not authorized: `INVALID_PURPOSE`, `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly problem?: string;
}

export interface TlsDetails {
  /** `TLSv1.3` and so on. */
  readonly protocol: string;
  readonly cipher: string;
  /** RFC 9266; undefined where the connection cannot export it. */
  tlsExporter(): Buffer | undefined;
  /** RFC 5929 section 4: the hash of our certificate; undefined where its signature has no hash (Ed25519). */
  tlsServerEndPoint(): Buffer | undefined;
  /** RFC 5929 section 3: the first Finished message, as far as it can be learnt. */
  tlsUnique(): Buffer | undefined;
  /** The certificate that the peer sent, when it was asked for one; undefined when it sent none. */
  peerCertificate(): PeerCertificate | undefined;
  /** The host name of the client's SNI. */
  readonly serverName: string | undefined;
}

export interface Transport {
  /** How the peer connected; `tcp` stays `tcp` after `startTls`. */
  readonly kind: TransportKind;
  readonly framing: Framing;
  /** The peer's address, without a port; after the PROXY protocol or a trusted forwarding header. */
  readonly remoteAddress: string;
  /** The TLS connection's facts; undefined while in plaintext. */
  readonly tls: TlsDetails | undefined;
  /** Bytes handed over but not yet taken by the operating system; text not yet encoded counts by its characters. */
  readonly bufferedBytes: number;
  /** Queues text; one system call per transport and turn of the event loop. A frame, where framing is `frames`. */
  write(text: string): void;
  /** Sends what is queued, then closes. The peer has a few seconds. Nothing but `onClose` is called after it. */
  end(): void;
  /** Closes now; what is queued is lost. Nothing but `onClose` is called after it. */
  destroy(): void;
  /** Stops and resumes reading: this is how the server slows a peer down. No data is handed over in between. */
  pause(): void;
  resume(): void;
  /**
   * RFC 6120 section 5: turns plaintext into TLS, once. What was queued is sent before; bytes already received but not
   * yet handled are discarded; text written from now on is sent when TLS is up. Absent where TLS is not offered.
   */
  startTls?(): void;
  /** Who hears about it; set once by the stream that owns the transport. */
  handler: TransportHandler | undefined;
}

export interface TransportHandler {
  /** Bytes arrived (`stream`) or one whole message (`frames`). The buffer may be reused after the call returns. */
  onData(chunk: Buffer): void;
  /** What was queued has been taken by the operating system: `bufferedBytes` is 0. */
  onDrain(): void;
  /** TLS is up after `startTls`. */
  onSecure(): void;
  /**
   * Gone, by either side; called exactly once, later than the call that caused it, and nothing is called after it.
   * The reason is for logs: a few words or an error code.
   */
  onClose(reason: string): void;
}

/** Certificates by host name; reloaded without dropping connections. */
export interface Certificates {
  /**
   * Certificate, key and what else OpenSSL is to use. The same object as long as it is the same certificate: another
   * object is how a reload is noticed. Unknown names, and clients that name none, get the default.
   */
  context(serverName: string | undefined): SecureContextOptions;
}

/** What a listener does with a new connection; false refuses it (too many, banned, shutting down). */
export type Acceptor = (transport: Transport) => Awaitable<boolean>;
