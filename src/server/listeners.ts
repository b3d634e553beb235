/** The listeners of the configuration, and what is served on each. */
import type { AddressInfo } from 'node:net';
import type { Acceptor } from '../kernel/transport.ts';
import { HttpListener } from '../net/http-listener.ts';
import type { NetContext } from '../net/net-context.ts';
import { StreamListener, type StreamSecurity } from '../net/stream-listener.ts';
import { TlsAcceptor } from '../net/tls-acceptor.ts';
import { WebSocketEndpoint } from '../net/websocket-endpoint.ts';
import type { HostCertificates } from './certificates.ts';
import type { Config } from './config/config.ts';
import type { ListenerConfig } from './config/listener-options.ts';
import type { HttpPages } from './http-pages.ts';

const WEBSOCKET_PATH = '/xmpp-websocket';
const HTTP_TIMEOUTS = { headersTimeoutMs: 10_000, requestTimeoutMs: 30_000, keepAliveTimeoutMs: 60_000 };
const MAX_BODY_BYTES = 1_048_576;
const HTTP_GRACE_MS = 1_000;

export interface ListenerServices {
  readonly net: NetContext;
  readonly certificates: HostCertificates;
  readonly acceptClient: Acceptor;
  readonly acceptComponent: Acceptor;
  readonly pages: HttpPages;
}

/** One line of the configuration that is listened on. */
export interface OpenListener {
  readonly config: ListenerConfig;
  readonly addresses: readonly AddressInfo[];
  listen(): Promise<void>;
  /** Stops accepting; what is connected goes on. */
  close(): Promise<void>;
}

export function createListener(config: Config, listener: ListenerConfig, services: ListenerServices): OpenListener {
  return listener.protocol === 'http'
    ? httpListener(config, listener, services)
    : streamListener(config, listener, services);
}

function streamListener(config: Config, listener: ListenerConfig, services: ListenerServices): OpenListener {
  const isComponent = listener.protocol === 'component';
  const alpn = isComponent ? [] : ['xmpp-client']; // XEP-0368
  const security: StreamSecurity =
    listener.tls === 'none' ? { mode: 'plain' } : { mode: listener.tls, tls: tlsAcceptor(config, services, alpn) };
  const accept = isComponent ? services.acceptComponent : services.acceptClient;
  const open = new StreamListener(services.net, { ...listener, security, accept });
  return {
    config: listener,
    get addresses() {
      return open.addresses;
    },
    listen: () => open.listen(),
    close: async () => open.close(),
  };
}

function httpListener(config: Config, listener: ListenerConfig, services: ListenerServices): OpenListener {
  const { port, addresses, proxyProtocol } = listener;
  const http = new HttpListener(services.net, {
    ...{ port, addresses, proxyProtocol, ...HTTP_TIMEOUTS, maxBodyBytes: MAX_BODY_BYTES },
    ...(listener.tls === 'direct' ? { tls: tlsAcceptor(config, services, ['http/1.1']) } : {}),
  });
  services.pages.register(http.app);
  new WebSocketEndpoint(services.net, http, {
    path: WEBSOCKET_PATH,
    maxMessageBytes: config.limits.stanzaBytes,
    accept: services.acceptClient,
  });
  return {
    config: listener,
    get addresses() {
      return http.addresses;
    },
    listen: () => http.listen(),
    close: () => http.close(HTTP_GRACE_MS),
  };
}

function tlsAcceptor(config: Config, { net, certificates }: ListenerServices, alpn: readonly string[]): TlsAcceptor {
  return new TlsAcceptor(net, { certificates, alpn, requestCertificate: config.tls.clientCertificates });
}
