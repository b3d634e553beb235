/**
 * `npm run bench`: measures this server and, side by side in the same run, Prosody and ejabberd where they are installed.
 * `npm run bench -- --reps 1 --tests chat,login --servers parley,prosody` narrows it. Prints tables with medians. With
 * `--mam on` every server archives what is said, for both sides: Prosody in files, ejabberd in Mnesia, Parley in SQLite
 * and, where `--postgres URL` names a database, in PostgreSQL.
 *
 * Servers take turns within each repetition, so that a noisy moment does not fall on one of them alone.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const HERE = import.meta.dirname;
const WORK = join(tmpdir(), 'parley-bench');
const ACCOUNTS = '10100';

interface Peer {
  readonly name: string;
  readonly script: string;
  readonly command: string;
  readonly port: string;
  readonly httpPort: string;
  /** Accounts are made while it runs. */
  readonly registersRunning: boolean;
  readonly env: Readonly<Record<string, string>>;
}

const PEERS: readonly Peer[] = [
  {
    name: 'parley',
    script: join(HERE, 'parley.sh'),
    command: 'true',
    port: '17722',
    httpPort: '17780',
    registersRunning: false,
    env: {},
  },
  {
    name: 'prosody',
    script: join(HERE, 'peers/prosody.sh'),
    command: 'prosody',
    port: '15722',
    httpPort: '15780',
    registersRunning: false,
    env: { PROSODY_GC: '{ mode = "generational" }' },
  },
  {
    name: 'ejabberd',
    script: join(HERE, 'peers/ejabberd.sh'),
    command: 'ejabberdctl',
    port: '16722',
    httpPort: '16780',
    registersRunning: true,
    env: {},
  },
];

/**
 * Each message waits for an earlier one here. The generator would read as often as a server writes that writes each stanza
 * by itself, and hold it back.
 */
const CLOSED_LOOPS = new Set(['chat', 'chatw1', 'muc100', 'muc1000']);
const READ_EVERY_US = 2000;
/** Which tests need passwords that are hashed with the same rounds everywhere. */
const HASHED = new Set(['login']);
const TESTS = ['chat', 'chatw1', 'open1000', 'open5000', 'idle10000', 'muc100', 'muc1000', 'login'];

const { values } = parseArgs({
  options: {
    reps: { type: 'string', default: '3' },
    tests: { type: 'string', default: TESTS.join(',') },
    servers: { type: 'string', default: PEERS.map((it) => it.name).join(',') },
    mam: { type: 'string', default: 'off' },
    postgres: { type: 'string' },
  },
});

const peers = [...PEERS, ...onPostgres(values.postgres)].filter(
  (it) => values.servers.split(',').includes(it.name.split('-')[0] as string) && isInstalled(it.command),
);
const tests = values.tests.split(',');
const results = join(WORK, 'results.jsonl');
mkdirSync(WORK, { recursive: true });
rmSync(results, { force: true });
execFileSync('make', ['-s', '-C', join(HERE, 'loadgen')], { stdio: 'inherit' });

for (const hashed of [false, true]) {
  const chosen = tests.filter((it) => HASHED.has(it) === hashed);
  if (chosen.length === 0) continue;
  for (const peer of peers) prepare(peer, hashed);
  for (let rep = 1; rep <= Number(values.reps); rep++) {
    for (const test of chosen) for (const peer of peers) measure(peer, hashed, test);
  }
}
execFileSync('python3', [join(HERE, 'peers/table.py'), results], { stdio: 'inherit' });

function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function onPostgres(url: string | undefined): readonly Peer[] {
  if (url === undefined) return [];
  const own = { name: 'parley-postgres', port: '18722', httpPort: '18780', env: { DATABASE: url } };
  return PEERS.filter((it) => it.name === 'parley').map((it) => ({ ...it, ...own }));
}

function options(peer: Peer, hashed: boolean): readonly string[] {
  const store = peer.name === 'prosody' ? ['--mam-store', 'internal'] : [];
  return ['--auth', hashed ? 'hashed' : 'plain', '--mam', values.mam, ...store];
}

function environment(peer: Peer, hashed: boolean): NodeJS.ProcessEnv {
  const dir = join(WORK, `${peer.name}-${hashed ? 'hashed' : 'plain'}-mam-${values.mam}`);
  return { ...process.env, ...peer.env, PORT: peer.port, HTTP_PORT: peer.httpPort, PEER_DIR: dir };
}

function control(peer: Peer, hashed: boolean, ...args: readonly string[]): void {
  execFileSync(peer.script, [...options(peer, hashed), ...args], {
    env: environment(peer, hashed),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Makes the accounts, once for all repetitions. */
function prepare(peer: Peer, hashed: boolean): void {
  rmSync(environment(peer, hashed)['PEER_DIR'] as string, { recursive: true, force: true });
  if (peer.registersRunning) control(peer, hashed, 'start');
  control(peer, hashed, 'register', ACCOUNTS);
  if (peer.registersRunning) control(peer, hashed, 'stop');
}

function measure(peer: Peer, hashed: boolean, test: string): void {
  const script = [peer.script, ...options(peer, hashed)].join(' ');
  const commands = { start: `${script} start`, stop: `${script} stop`, pids: `${script} pids` };
  const extra = CLOSED_LOOPS.has(test) ? [`--extra=--batch-us ${READ_EVERY_US}`] : [];
  execFileSync(
    'python3',
    [
      join(HERE, 'peers/bench.py'),
      ...[
        '--server',
        peer.name,
        '--profile',
        hashed ? 'hashed' : `mam-${values.mam}`,
        '--out',
        results,
        '--port',
        peer.port,
      ],
      ...Object.entries(commands).flatMap(([name, command]) => [`--${name}`, command]),
      ...['--reps', '1', '--retries', '1', '--tests', test, ...extra],
    ],
    { env: environment(peer, hashed), stdio: 'inherit' },
  );
}
