/**
 * Three devices of one account while the network and the server fail: `node test/bench/chaos.ts [--messages 10000]
 * [--peers] [--archive] [--servers parley,prosody]`. Messages flow to the account. The phone's network swallows everything for a while, twice; in
 * the second time the server is killed and started again. Then everybody comes back. Prints what each device has.
 * `--peers`: the same with Prosody and ejabberd in their default configuration; `--archive`: and with their archives on.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pipe } from '../support/pipe.ts';
import { Device } from './chaos-client.ts';

const HERE = import.meta.dirname;
const PASSWORD = 'secret';
/** Messages that the sender leaves unacknowledged. */
const WINDOW = 200;
/** Nothing has come for so long: nothing will. */
const QUIET_MS = 5_000;
const DEVICES = ['phone', 'tablet', 'desk'] as const;

interface Server {
  readonly name: string;
  readonly script: string;
  readonly port: number;
  readonly archive: boolean;
  /** Accounts are made while it runs. */
  readonly registersRunning: boolean;
  readonly command: string;
}

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    peers: { type: 'boolean', default: false },
    archive: { type: 'boolean', default: false },
    servers: { type: 'string', default: 'parley,prosody,ejabberd' },
  },
});
const MESSAGES = Number(values.messages);

const parley = { script: join(HERE, 'parley.sh'), port: 17822, registersRunning: false, command: 'true' };
const prosody = { script: join(HERE, 'peers/prosody.sh'), port: 15822, registersRunning: false, command: 'prosody' };
const ejabberd = {
  script: join(HERE, 'peers/ejabberd.sh'),
  port: 16822,
  registersRunning: true,
  command: 'ejabberdctl',
};
const servers: readonly Server[] = [
  { name: 'parley', archive: true, ...parley },
  ...(values.peers
    ? [
        { name: 'prosody', archive: false, ...prosody },
        { name: 'ejabberd', archive: false, ...ejabberd },
      ]
    : []),
  ...(values.archive
    ? [
        { name: 'prosody, archive on', archive: true, ...prosody },
        { name: 'ejabberd, archive on', archive: true, ...ejabberd },
      ]
    : []),
].filter(({ name, command }) => isWanted(name) && spawnSync('sh', ['-c', `command -v ${command}`]).status === 0);

function isWanted(name: string): boolean {
  return values.servers.split(',').some((it) => name.startsWith(it));
}

function control({ script, port, archive }: Server, ...args: readonly string[]): string {
  const env = {
    ...process.env,
    PEER_DIR: join(tmpdir(), 'parley-chaos', String(port)),
    PORT: String(port),
    HTTP_PORT: String(port + 50),
    PASS: PASSWORD,
  };
  // What a server writes goes on after the script has ended, so nobody may wait for its end.
  const stdio = args[0] === 'pids' ? 'pipe' : 'ignore';
  return String(
    execFileSync(script, ['--mam', archive ? 'on' : 'off', ...args], { env, stdio: ['ignore', stdio, 'inherit'] }) ??
      '',
  );
}

function prepare(server: Server): void {
  rmSync(join(tmpdir(), 'parley-chaos', String(server.port)), { recursive: true, force: true });
  if (server.registersRunning) control(server, 'start');
  control(server, 'register', '2');
  // Accounts are not what is tested: they are to be durable.
  if (server.registersRunning) control(server, 'stop');
  control(server, 'start');
}

/** Without a chance to say goodbye. */
async function kill(server: Server): Promise<void> {
  const pids = control(server, 'pids').trim().split(',').map(Number);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  while (await isTaken(server.port)) await sleep(5);
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });
}

async function until(what: string, holds: () => boolean, ms = 60_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await sleep(5);
  }
}

interface Outcome {
  readonly server: string;
  readonly sender: Device;
  readonly devices: ReadonlyMap<string, Device>;
  readonly seconds: number;
}

async function run(server: Server): Promise<Outcome> {
  prepare(server);
  const pipe = await Pipe.to(server.port);
  const options = { password: PASSWORD, archive: server.archive };
  const device = (user: string, resource: string, port: number): Device =>
    new Device({ ...options, user, resource, port: () => port });
  const sender = device('u0001', 'sender', server.port);
  const devices = new Map(
    DEVICES.map((name) => [name, device('u0000', name, name === 'phone' ? pipe.port : server.port)] as const),
  );
  try {
    const all = [sender, ...devices.values()];
    await until('everybody is there', () => all.every((it) => it.isUp));
    const startedAt = performance.now();
    await flow(server, sender, { phone: devices.get('phone') as Device, pipe });
    await until('everything is acknowledged', () => sender.unacknowledged === 0);
    await until('everybody is back', () => all.every((it) => it.isUp));
    const seconds = (performance.now() - startedAt) / 1000;
    await quiet([...devices.values()]);
    return { server: server.name, sender, devices, seconds };
  } finally {
    for (const it of [sender, ...devices.values()]) it.stop();
    await pipe.close();
    control(server, 'stop');
  }
}

async function flow(server: Server, sender: Device, { phone, pipe }: { phone: Device; pipe: Pipe }): Promise<void> {
  /** The phone finds out, and comes back. */
  const reconnect = async (): Promise<void> => {
    const before = phone.connections;
    pipe.cut();
    await until('the phone is back', () => phone.connections > before && phone.isUp);
  };
  const events = new Map<number, () => void | Promise<void>>([
    [0.1, () => pipe.swallow()],
    [0.3, reconnect],
    [0.4, () => pipe.swallow()],
    [
      0.5,
      async () => {
        await kill(server);
        control(server, 'start');
      },
    ],
    [0.8, reconnect],
  ]);
  for (let sent = 0; sent < MESSAGES; sent++) {
    for (const [at, event] of events) {
      if (sent < at * MESSAGES) continue;
      events.delete(at);
      await event();
    }
    if (sent % 50 === 49) sender.ask();
    // Others get their turn, too.
    if (sent % 10 === 9) await new Promise((done) => setImmediate(done));
    if (!sender.isUp || sender.unacknowledged >= WINDOW) {
      sender.ask();
      await until('the sender may go on', () => sender.isUp && sender.unacknowledged < WINDOW);
    }
    sender.say('u0000@localhost', String(sent));
  }
  sender.ask();
}

async function quiet(devices: readonly Device[]): Promise<void> {
  const total = (): number =>
    devices.reduce((sum, { shown }) => sum + [...shown.values()].reduce((a, b) => a + b, 0), 0);
  for (let before = -1; before !== total(); ) {
    before = total();
    await sleep(QUIET_MS);
  }
}

function report({ server, sender, devices, seconds }: Outcome): string[] {
  return [...devices].map(([name, { shown, counts }]) => {
    const twice = [...shown.values()].filter((it) => it > 1).length;
    const cells = [
      server,
      name,
      MESSAGES - shown.size,
      twice,
      counts.resumptions,
      counts.sessions,
      sender.counts.resent,
      sender.counts.errors,
      seconds.toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
}

console.log(
  `${MESSAGES} messages to one account with three devices; the phone's network fails twice, the server once.\n`,
);
console.log(
  '| server | device | missing | twice | resumed | sessions | sender said again | errors to sender | seconds |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const server of servers) for (const line of report(await run(server))) console.log(line);
process.exit(0);
