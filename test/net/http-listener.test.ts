/** HTTP and HTTPS on the shared listener. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveHttp } from './http-support.ts';
import { certificateFor, connect, connectTls, createNet, createTls, TestCertificates } from './support.ts';

test('HTTPS requests are served, and refused for other protocols than http/1.1', async (t) => {
  const { net } = createNet(t);
  const certificates = new TestCertificates(certificateFor('localhost'));
  const server = await serveHttp(t, net, { tls: createTls(net, { certificates, alpn: ['http/1.1'] }) });
  const client = await connectTls(t, { port: server.port, ALPNProtocols: ['h2', 'http/1.1'] });
  client.socket.write('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.receives('"protocol":"https"');
  await assert.rejects(connectTls(t, { port: server.port, ALPNProtocols: ['xmpp-client'] }));
});

test('HTTP behind the PROXY protocol: routes see the address that the proxy names', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net, { proxyProtocol: true });
  const client = await connect(t, server.port);
  client.socket.write('PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.receives('"address":"192.0.2.1"');
});

test('HTTP: bodies beyond the limit are refused with 413', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const url = `http://127.0.0.1:${server.port}/echo`;
  const post = (body: string) => fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'text/plain' } });
  assert.equal(await (await post('x'.repeat(1024))).text(), 'x'.repeat(1024));
  assert.equal((await post('x'.repeat(1025))).status, 413);
});

test('HTTP: a request whose headers do not come is cut off', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net, { headersTimeoutMs: 50 });
  const client = await connect(t, server.port);
  client.socket.write('GET /hello HTTP/1.1\r\nHost:');
  await client.closed();
  assert.match(client.text, /^HTTP\/1.1 408 /);
});

test('HTTP: garbage ends that connection only', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const rude = await connect(t, server.port);
  rude.socket.write('\0\0\0\0\r\n\r\n');
  await rude.closed();
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/hello`)).status, 200);
});
