/**
 * Memory of idle connections in the transports alone: `node test/bench/net-idle.ts [tcp|tls|starttls|ws|wss] [count]`.
 * The server is this process, the clients are another; private memory is what the kernel says (smaps_rollup).
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../src/kernel/clock.ts';
import { silent } from '../../src/kernel/log.ts';
import type { Transport, TransportHandler } from '../../src/kernel/transport.ts';
import { HttpListener } from '../../src/net/http-listener.ts';
import { NetContext } from '../../src/net/net-context.ts';
import { createSelfSigned } from '../../src/net/self-signed.ts';
import { StreamListener } from '../../src/net/stream-listener.ts';
import { TlsAcceptor } from '../../src/net/tls-acceptor.ts';
import { WebSocketEndpoint } from '../../src/net/websocket-endpoint.ts';

const modes = ['tcp', 'tls', 'starttls', 'ws', 'wss'] as const;
type Mode = (typeof modes)[number];

const path = '/xmpp-websocket';
/** Handshakes at once. */
const width = 100;

/** Each in a process of its own, so that none inherits another's heap. */
async function runAlone(mode: Mode, count: number): Promise<void> {
  const args = [process.argv[1] as string, mode, String(count)];
  await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
}

async function measure(mode: Mode, count: number): Promise<void> {
  const port = await serve(mode);
  // Code, contexts and pools that are there whatever the number of connections.
  const warmUp = await startClients(mode, port, 500);
  warmUp.kill();
  await once(warmUp, 'exit');
  await settle();
  const before = memory();
  const cpu = process.cpuUsage();
  const clients = await startClients(mode, port, count);
  const { user, system } = process.cpuUsage(cpu);
  await settle();
  const after = memory();
  const perConnection = (bytes: number): string => (bytes / 1024 / count).toFixed(2);
  console.log(
    `${mode.padEnd(9)} ${count} connections: ` +
      `${perConnection(after.privateBytes - before.privateBytes)} KiB each, ` +
      `of it ${perConnection(after.heapBytes - before.heapBytes)} KiB JavaScript heap in use; ` +
      `${Math.round((user + system) / count)} us CPU to accept one`,
  );
  clients.kill();
  await once(clients, 'exit');
  process.exit();
}

function memory(): { privateBytes: number; heapBytes: number } {
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  // Anonymous memory only: mapped files are shared with the clients' process.
  const [, kibibytes] = /^Pss_Anon:\s+(\d+) kB$/m.exec(rollup) as unknown as [string, string];
  return { privateBytes: Number(kibibytes) * 1024, heapBytes: process.memoryUsage().heapUsed };
}

async function settle(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

class Echo implements TransportHandler {
  readonly #transport: Transport;

  constructor(transport: Transport, startsTls: boolean) {
    this.#transport = transport;
    transport.handler = this;
    if (startsTls) {
      transport.write('<proceed/>');
      transport.startTls?.();
    }
  }

  onData(): void {
    this.#transport.write('<pong/>');
  }

  onDrain(): void {}
  onSecure(): void {}
  onClose(): void {}
}

async function serve(mode: Mode): Promise<number> {
  const net = new NetContext({
    clock: systemClock,
    log: { ...silent, error: (fields, message) => console.error(message, fields) },
    isTrusted: () => true,
    maxConnections: 0,
    maxPerAddress: 0,
    acceptsPerSecond: 0,
    handshakeTimeoutMs: 60_000,
    closeTimeoutMs: 5_000,
    keepAliveDelayMs: 60_000,
  });
  const { certPem, keyPem } = createSelfSigned({ hosts: ['localhost'], nowMs: Date.now() });
  const context = { cert: certPem, key: keyPem };
  const tls = new TlsAcceptor(net, { certificates: { context: () => context }, alpn: [], requestCertificate: true });
  const accept = (transport: Transport): boolean => {
    new Echo(transport, mode === 'starttls');
    return true;
  };
  const address = { addresses: ['0.0.0.0'], port: 0 };
  if (mode === 'ws' || mode === 'wss') {
    const timeouts = { headersTimeoutMs: 60_000, requestTimeoutMs: 60_000, keepAliveTimeoutMs: 60_000 };
    const http = new HttpListener(net, { ...address, ...timeouts, maxBodyBytes: 1024, ...(mode === 'wss' && { tls }) });
    new WebSocketEndpoint(net, http, { path, maxMessageBytes: 262_144, accept });
    await http.listen();
    return (http.addresses[0] as AddressInfo).port;
  }
  const security = mode === 'tcp' ? ({ mode: 'plain' } as const) : { mode: securityMode(mode), tls };
  const listener = new StreamListener(net, { ...address, security, accept });
  await listener.listen();
  return (listener.addresses[0] as AddressInfo).port;
}

function securityMode(mode: 'tls' | 'starttls'): 'direct' | 'starttls' {
  return mode === 'tls' ? 'direct' : 'starttls';
}

async function startClients(mode: Mode, port: number, count: number): Promise<ChildProcess> {
  const child = fork(process.argv[1] as string, [mode, String(port), String(count)]);
  await once(child, 'message');
  return child;
}

async function beClients(mode: Mode, port: number, count: number): Promise<void> {
  const open: Socket[] = [];
  const worker = async (): Promise<void> => {
    while (open.length < count) {
      const index = open.length;
      const placeholder = netConnect({ port, host: `127.0.0.${1 + (index % 8)}` });
      open.push(placeholder);
      open[index] = await handshake(mode, placeholder);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  process.send?.('ready');
}

/** Opens the connection and has one message answered. */
async function handshake(mode: Mode, socket: Socket): Promise<Socket> {
  await once(socket, 'connect');
  if (mode === 'starttls') await once(socket, 'data');
  const isSecure = mode === 'tls' || mode === 'starttls' || mode === 'wss';
  const top = isSecure ? tlsConnect({ socket, rejectUnauthorized: false }) : socket;
  if (isSecure) await once(top, 'secureConnect');
  if (mode === 'ws' || mode === 'wss') {
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
    const headers = `Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}`;
    top.write(`GET ${path} HTTP/1.1\r\n${headers}\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n`);
    await once(top, 'data');
    top.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78]));
  } else {
    top.write('x');
  }
  await once(top, 'data');
  return top;
}

if (process.send === undefined) {
  const mode = process.argv[2] as Mode | undefined;
  const count = Number(process.argv[3] ?? 10_000);
  if (mode === undefined) for (const each of modes) await runAlone(each, count);
  else await measure(mode, count);
} else {
  await beClients(process.argv[2] as Mode, Number(process.argv[3]), Number(process.argv[4]));
}
