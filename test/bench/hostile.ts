/**
 * `node test/bench/hostile.ts`: what hostile peers cost everybody else. A pair of clients exchanges messages, 200 a second,
 * while a slow reader is flooded, 200 writers send a byte at a time, 1,000 connections never authenticate, and an attribute
 * of 100 MB is sent; prints the pair's latency and the server's memory for each.
 */
import { connect, type Socket } from 'node:net';
import type { TestClient } from '../support/client.ts';
import { serverProcess } from '../support/server-process.ts';
import { socketClient } from '../support/socket-client.ts';

const PASSWORD = 'secret-123';
const HEADER =
  "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const INTERVAL_MS = 5;
const SECONDS = 5;

const server = await serverProcess({
  listeners: [{ port: 0, protocol: 'xmpp', tls: 'none', addresses: ['127.0.0.1'] }],
  tls: { requireTls: false },
  auth: { allowPlainWithoutTls: true, scramIterations: 4096 },
  limits: { bytesPerSecond: '1 GiB', burstBytes: '1 GiB' },
  log: { level: 'error' },
});
await server.addAccounts(
  ['juliet', 'romeo', 'flood', 'sloth'].map((it) => `${it}@localhost`),
  PASSWORD,
);
const [juliet, romeo] = [await login('juliet'), await login('romeo')];

await measure('nothing', async () => []);
await measure('1,000 connections that never authenticate', async () => {
  const sockets = await Promise.all(Array.from({ length: 1000 }, dial));
  for (const socket of sockets) socket.write(HEADER);
  return sockets;
});
await measure('200 clients that write a byte at a time', async () => {
  const sockets = await Promise.all(Array.from({ length: 200 }, dial));
  let at = 0;
  const text = `${HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${'A'.repeat(4000)}`;
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(text[at % text.length] as string);
    at++;
  }, 10);
  sockets[0]?.on('close', () => clearInterval(timer));
  return sockets;
});
await measure('an attribute of 100 MB', async () => {
  const socket = await dial();
  socket.write(`${HEADER}<auth mechanism='`);
  const chunk = Buffer.alloc(1 << 20, 'a');
  void (async () => {
    for (let i = 0; i < 100 && socket.writable; i++) await new Promise((done) => socket.write(chunk, done));
  })();
  return [socket];
});
await measure('a client that reads nothing, flooded with 120 MB', async () => {
  const sloth = await dial();
  const plain = Buffer.from(`\0sloth\0${PASSWORD}`).toString('base64');
  sloth.write(`${HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await reads(sloth, '<success');
  sloth.write(
    `${HEADER}<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>`,
  );
  await reads(sloth, '<jid>');
  sloth.pause();
  const flood = await login('flood');
  const body = 'x'.repeat(60_000);
  for (let i = 0; i < 2000; i++)
    await flood.send(`<message to='sloth@localhost/r' type='chat'><body>${body}</body></message>`);
  return [sloth];
});
await server.stop();
process.exit(0);

async function measure(what: string, attack: () => Promise<readonly Socket[]>): Promise<void> {
  const before = server.residentKiB;
  const sockets = await attack();
  const latencies = await converse();
  latencies.sort((a, b) => a - b);
  const at = (q: number): string => (latencies[Math.floor(q * (latencies.length - 1))] as number).toFixed(2);
  const more = Math.round((server.residentKiB - before) / 1024);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms; ${more} MiB more`);
  for (const socket of sockets) socket.destroy();
}

/** One message every few milliseconds, each timed from its own sending. */
async function converse(): Promise<number[]> {
  const latencies: number[] = [];
  const end = performance.now() + SECONDS * 1000;
  for (let i = 0; performance.now() < end; i++) {
    const sentAt = performance.now();
    await juliet.send(`<message to='${romeo.jid}' type='chat' id='${i}'><body>still there?</body></message>`);
    await romeo.receives(`<message id='${i}'/>`);
    latencies.push(performance.now() - sentAt);
    await new Promise((done) => setTimeout(done, INTERVAL_MS));
  }
  return latencies;
}

async function login(name: string): Promise<TestClient> {
  const client = await socketClient(server.ports.plain as number);
  await client.login(name, 'localhost', { password: PASSWORD });
  await client.send('<presence/>');
  await client.receives(`<presence from='${client.jid}'/>`);
  return client;
}

function dial(): Promise<Socket> {
  const socket = connect(server.ports.plain as number, '127.0.0.1');
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
}

function reads(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve) => {
    let seen = '';
    socket.on('data', (chunk) => {
      seen += String(chunk);
      if (seen.includes(text)) resolve();
    });
  });
}
