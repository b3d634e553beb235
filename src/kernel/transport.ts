/** A pipe to one peer, whatever carries it: TCP, TLS, WebSocket, or memory in tests. */
import type { SecureContextOptions } from 'node:tls';
import type { Awaitable } from '../util/awaitable.ts';

/** How stream and stanzas are framed: RFC 6120's one long document, or RFC 7395's element a message. */
export type Framing = 'stream' | 'frames';
export type TransportKind = 'tcp' | 'tls' | 'ws' | 'wss' | 'memory';

export interface TlsDetails {
  /** `TLSv1.3` and so on. */
  readonly protocol: string;
  readonly cipher: string;
  /** RFC 9266; undefined where the connection cannot export it. */
  tlsExporter(): Buffer | undefined;
  /** RFC 5929 section 4: the hash of our certificate. */
  tlsServerEndPoint(): Buffer | undefined;
  /** The peer's certificate in DER when it sent one, and whether its chain was verified. */
  peerCertificate(): { readonly der: Buffer; readonly authorized: boolean } | undefined;
  /** The host name of the client's SNI. */
  readonly serverName: string | undefined;
}

export interface Transport {
  readonly kind: TransportKind;
  readonly framing: Framing;
  /** The peer's address, without a port; after the PROXY protocol or a trusted forwarding header. */
  readonly remoteAddress: string;
  /** The TLS connection's facts; undefined while in plaintext. */
  readonly tls: TlsDetails | undefined;
  /** Bytes handed over but not yet taken by the operating system. */
  readonly bufferedBytes: number;
  /** Queues text; one system call per transport and turn of the event loop. A frame, where framing is `frames`. */
  write(text: string): void;
  /** Sends what is queued, then closes. The peer has a few seconds. */
  end(): void;
  /** Closes now. */
  destroy(): void;
  /** Stops and resumes reading: this is how the server slows a peer down. */
  pause(): void;
  resume(): void;
  /** RFC 6120 section 5: turns plaintext into TLS. Bytes already received but not yet handled are discarded. */
  startTls?(): void;
  /** Who hears about it; set once by the stream that owns the transport. */
  handler: TransportHandler | undefined;
}

export interface TransportHandler {
  /** Bytes arrived (`stream`) or one whole message (`frames`). The buffer may be reused after the call returns. */
  onData(chunk: Buffer): void;
  /** What was queued has been taken by the operating system. */
  onDrain(): void;
  /** TLS is up after `startTls`. */
  onSecure(): void;
  /** Gone, by either side; called exactly once, and nothing is called after it. */
  onClose(reason: string): void;
}

/** Certificates by host name; reloaded without dropping connections. */
export interface Certificates {
  context(serverName: string | undefined): SecureContextOptions;
}

/** What a listener does with a new connection; false refuses it (too many, banned, shutting down). */
export type Acceptor = (transport: Transport) => Awaitable<boolean>;
