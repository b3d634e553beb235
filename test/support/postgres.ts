/** PostgreSQL for the tests: one that is there, or a throw-away cluster that ends with the process. */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

export interface Cluster {
  /** Of a database that always exists, as a user who may create others. */
  readonly url: string;
  /** Ends what was started; a server that was there before stays. */
  readonly stop: () => Promise<void>;
}

export interface FreshDatabase {
  readonly url: string;
  /** Removes it, even with connections open. */
  readonly drop: () => Promise<void>;
}

const LOCAL = ['postgres://postgres@127.0.0.1:5432/postgres', 'postgres://root@127.0.0.1:5432/postgres'];
const HINT = 'Install it (Debian: apt-get install postgresql) or name a server in PARLEY_TEST_POSTGRES=postgres://...';

const INITDB = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];

let found: Promise<Cluster> | undefined;
let shared: Promise<FreshDatabase> | undefined;

/** An empty database at the server of `findPostgres`. Call `stopPostgres` in the file's last `after`. */
export async function freshDatabase(): Promise<FreshDatabase> {
  found ??= findPostgres();
  const { url } = await found;
  const name = `parley_test_${randomBytes(6).toString('hex')}`;
  await execute(url, `create database ${name} template template0`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => execute(url, `drop database if exists ${name} with (force)`) };
}

/** An empty schema, in a database of this process: cheaper than a database each, since dropping one flushes the server. */
export async function freshSchema(): Promise<FreshDatabase> {
  shared ??= freshDatabase();
  const { url } = await shared;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(url, `create schema ${name}`);
  const own = new URL(url);
  own.searchParams.set('options', `-c search_path=${name}`);
  return { url: own.href, drop: () => execute(url, `drop schema ${name} cascade`) };
}

/** Removes what `freshSchema` shared, and ends the server if this process has started it. */
export async function stopPostgres(): Promise<void> {
  await (await shared?.catch(() => undefined))?.drop();
  shared = undefined;
  const cluster = await found?.catch(() => undefined);
  found = undefined;
  await cluster?.stop();
}

/**
 * `PARLEY_TEST_POSTGRES`, else the server on the default port, else a cluster of its own. A test runner does so once
 * and hands the URL to its test files in that variable. Throws with advice when there is none to be had.
 */
export async function findPostgres(): Promise<Cluster> {
  const named = process.env['PARLEY_TEST_POSTGRES'];
  const stop = async () => {};
  if (named !== undefined) {
    const problem = await tryConnect(named);
    if (problem === undefined) return { url: named, stop };
    throw new Error(`PARLEY_TEST_POSTGRES does not work: ${problem}`);
  }
  for (const url of LOCAL) {
    if ((await tryConnect(url)) === undefined) return { url, stop };
  }
  return startCluster();
}

export interface ClusterOptions {
  /** Flush to disk for real. Off unless asked for: a test cluster need not survive the machine. */
  readonly fsync?: boolean;
}

/** Starts a cluster in a directory for temporary files, on a free port of the loopback. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const bin = binaries();
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(bin, options);
    } catch (error) {
      // Somebody may have taken the port between its choice and its use.
      if (attempt === 3) throw new Error(`Cannot start PostgreSQL for the tests: ${(error as Error).message}\n${HINT}`);
    }
  }
}

async function startOnce(bin: string, options: ClusterOptions): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-postgres-'));
  try {
    const as = impersonate(dir);
    const [program = '', ...args] = [...as, join(bin, 'initdb'), '-D', join(dir, 'data'), ...INITDB];
    execFileSync(program, args, { cwd: '/', stdio: 'pipe' });
    return await startServer(as, bin, dir, options);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/** The newest installed version's programs: Debian keeps them off the PATH. */
function binaries(): string {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(base, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')];
  const bin = folders.find((folder) => existsSync(join(folder, 'initdb')));
  if (bin === undefined) throw new Error(`The tests need PostgreSQL, and there is none. ${HINT}`);
  return bin;
}

/** The server refuses to run as root; then it runs as Debian's user for it, who has to own the directory. */
function impersonate(dir: string): readonly string[] {
  if (process.getuid?.() !== 0) return ['env', 'LC_ALL=C'];
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  chownSync(dir, id('-u'), id('-g'));
  chmodSync(dir, 0o700);
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', 'env', 'LC_ALL=C'];
}

/**
 * The shell waits for its standard input to end, which it does when this process stops it or dies in whatever way;
 * then it ends the server and removes the directory. It is detached from the terminal, whose Ctrl-C is not for it.
 */
const KEEPER =
  'log=$1; dir=$2; shift 2; "$@" >"$log" 2>&1 & server=$!; read -r _; kill -INT $server; wait $server; rm -rf "$dir"';

async function startServer(as: readonly string[], bin: string, dir: string, options: ClusterOptions): Promise<Cluster> {
  const port = await freePort();
  const log = join(dir, 'log');
  const settings = Object.entries({
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: dir,
    fsync: options.fsync === true ? 'on' : 'off',
    full_page_writes: options.fsync === true ? 'on' : 'off',
    synchronous_commit: 'on',
    max_connections: 200,
    shared_buffers: '128MB',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const keeper = spawn(
    'sh',
    ['-c', KEEPER, 'sh', log, dir, ...as, join(bin, 'postgres'), '-D', join(dir, 'data'), ...settings],
    {
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  );
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const stop = async () => {
    keeper.stdin.end();
    if (keeper.exitCode === null) await once(keeper, 'exit');
  };
  const problem = await answers(url, log);
  if (problem === undefined) return { url, stop };
  await stop();
  throw new Error(problem);
}

/** Resolves to what is wrong, if anything; the log tells when the server is ready, or has given up. */
async function answers(url: string, log: string): Promise<string | undefined> {
  const deadline = Date.now() + 30_000;
  let problem: string | undefined = 'it does not answer';
  while (problem !== undefined && Date.now() < deadline) {
    problem = await tryConnect(url);
    const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
    if (/FATAL/.test(said) && !/ready to accept connections/.test(said)) return said.trim().split('\n').at(-1);
    if (problem !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return problem;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port');
  return address.port;
}

async function tryConnect(url: string): Promise<string | undefined> {
  try {
    await execute(url, 'select 1');
    return undefined;
  } catch (error) {
    return error instanceof Error && error.message !== '' ? error.message : String(error);
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
