/** An HTTP listener on loopback with a WebSocket endpoint and two routes. */
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { HttpListener } from '../../src/net/http-listener.ts';
import type { NetContext } from '../../src/net/net-context.ts';
import type { TlsAcceptor } from '../../src/net/tls-acceptor.ts';
import { WebSocketEndpoint } from '../../src/net/websocket-endpoint.ts';
import { Accepted } from './support.ts';

export interface HttpServer {
  readonly accepted: Accepted;
  readonly port: number;
  readonly http: HttpListener;
}

export async function serveHttp(
  t: TestContext,
  net: NetContext,
  options: { tls?: TlsAcceptor; proxyProtocol?: boolean; headersTimeoutMs?: number } = {},
): Promise<HttpServer> {
  const accepted = new Accepted();
  const http = new HttpListener(net, {
    addresses: ['127.0.0.1'],
    port: 0,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 30_000,
    keepAliveTimeoutMs: 5_000,
    maxBodyBytes: 1024,
    ...options,
  });
  new WebSocketEndpoint(net, http, { path: '/xmpp-websocket', maxMessageBytes: 4096, accept: accepted.accept });
  http.app.get('/hello', (request) => ({ address: request.ip, protocol: request.protocol }));
  http.app.post('/echo', (request) => request.body);
  await http.listen();
  t.after(() => {
    accepted.destroyAll();
    return http.close(0);
  });
  return { accepted, http, port: (http.addresses[0] as AddressInfo).port };
}
