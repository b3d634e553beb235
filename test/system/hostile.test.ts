/** Peers that want to take the server down: memory stays bounded, and everybody else is served. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import type { TestClient } from '../support/client.ts';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { socketClient } from '../support/socket-client.ts';

const PASSWORD = 'secret-123';
const HEADER =
  "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
/** What the attacks of one test together may cost, in KiB. */
const ALLOWANCE_KIB = 150 * 1024;

suite('hostile peers', () => {
  let server: ServerProcess;
  let juliet: TestClient;
  let romeo: TestClient;
  const sockets: Socket[] = [];

  before(async () => {
    server = await serverProcess({
      listeners: [{ port: 0, protocol: 'xmpp', tls: 'none', addresses: ['127.0.0.1'] }],
      tls: { requireTls: false },
      auth: { allowPlainWithoutTls: true, scramIterations: 4096 },
      limits: { sendBufferBytes: '4 MiB', bytesPerSecond: '1 GiB', burstBytes: '1 GiB' },
      log: { level: 'error' },
    });
    await server.addAccounts(
      ['juliet', 'romeo', 'flood', 'sloth'].map((it) => `${it}@localhost`),
      PASSWORD,
    );
    [juliet, romeo] = [await login('juliet'), await login('romeo')];
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  });

  async function login(name: string): Promise<TestClient> {
    const client = await socketClient(server.ports.plain as number);
    await client.login(name, 'localhost', { password: PASSWORD });
    await client.send('<presence/>');
    await client.receives(`<presence from='${client.jid}'/>`);
    return client;
  }

  function dial(): Promise<Socket> {
    const socket = connect(server.ports.plain as number, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
  }

  /** Two who have nothing to do with it still reach each other, in order. */
  async function othersAreServed(): Promise<void> {
    for (let i = 0; i < 100; i++) {
      await juliet.send(`<message to='${romeo.jid}' type='chat' id='${i}'><body>still there?</body></message>`);
      await romeo.receives(`<message id='${i}'/>`);
    }
  }

  test('1,000 connections that never authenticate, and 200 that write a byte at a time', async () => {
    const before = server.residentKiB;
    const idle = await Promise.all(Array.from({ length: 1000 }, dial));
    for (const socket of idle) socket.write(HEADER);
    const slow = await Promise.all(Array.from({ length: 200 }, dial));
    for (const byte of HEADER + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + 'A'.repeat(100)) {
      for (const socket of slow) socket.write(byte);
      await new Promise((done) => setImmediate(done));
    }
    await othersAreServed();
    assert.ok(server.residentKiB - before < ALLOWANCE_KIB, `${server.residentKiB - before} KiB more`);
  });

  test('an attribute of 100 MB ends the stream at the limit, before and after authentication', async () => {
    const before = server.residentKiB;
    const stranger = await dial();
    const chunk = Buffer.alloc(1 << 20, 'a');
    await pour(stranger, `${HEADER}<auth mechanism='`, chunk);
    const member = await login('flood');
    await pourThrough(member, `<message to='`, chunk.toString());
    await othersAreServed();
    assert.ok(server.residentKiB - before < ALLOWANCE_KIB, `${server.residentKiB - before} KiB more`);
  });

  /** Writes 100 MB; the server has said what it thinks of it long before the end, and reads no more than to be polite. */
  async function pour(socket: Socket, start: string, chunk: Buffer): Promise<void> {
    const refused = reads(socket, 'policy-violation');
    socket.write(start);
    for (let i = 0; i < 100 && socket.writable; i++) await new Promise((done) => socket.write(chunk, done));
    await refused;
  }

  async function pourThrough(client: TestClient, start: string, chunk: string): Promise<void> {
    await client.send(start);
    await client.send(chunk);
    const error = await client.ends();
    assert.ok(error?.child('{urn:ietf:params:xml:ns:xmpp-streams}policy-violation'), String(error));
  }

  test('a client that reads nothing is cut off, and costs no more than its buffer', async () => {
    const sloth = await dial();
    const plain = Buffer.from(`\0sloth\0${PASSWORD}`).toString('base64');
    sloth.write(`${HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await reads(sloth, '<success');
    sloth.write(
      `${HEADER}<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>`,
    );
    await reads(sloth, '<jid>');
    sloth.pause();
    const before = server.residentKiB;
    const flood = await login('flood');
    const body = 'x'.repeat(60_000);
    // About 120 MB: more than the kernel's buffers and the server's limit hold together.
    for (let i = 0; i < 2000; i++) {
      await flood.send(`<message to='sloth@localhost/r' type='chat' id='${i}'><body>${body}</body></message>`);
      if (i % 50 === 0) await othersAreServed();
    }
    await othersAreServed();
    assert.ok(server.residentKiB - before < ALLOWANCE_KIB, `${server.residentKiB - before} KiB more`);
    flood.transport.destroy();
  });

  function reads(socket: Socket, text: string): Promise<void> {
    return new Promise((resolve) => {
      let seen = '';
      const listen = (chunk: Buffer): void => {
        seen += chunk;
        if (!seen.includes(text)) return;
        socket.off('data', listen);
        resolve();
      };
      socket.on('data', listen);
    });
  }
});
