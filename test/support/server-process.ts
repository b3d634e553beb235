/** The real program as a child process: its own data directory, free ports, and the command line to talk to it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'parley');
/** What its first line gives Node. */
const FLAGS = readFileSync(BIN, 'utf8').split('\n', 1)[0]!.split(' ').slice(3);

const LISTENERS = [
  { port: 0, protocol: 'xmpp', tls: 'starttls' },
  { port: 0, protocol: 'xmpp', tls: 'direct' },
  { port: 0, protocol: 'http', tls: 'none' },
  { port: 0, protocol: 'http', tls: 'direct' },
].map((it) => ({ ...it, addresses: ['127.0.0.1'] }));

export interface Ports {
  readonly starttls: number;
  readonly direct: number;
  readonly http: number;
  readonly https: number;
  /** A plaintext XMPP listener, where the configuration has one. */
  readonly plain: number | undefined;
  readonly component: number | undefined;
}

interface Listening {
  readonly protocol: string;
  readonly tls: string;
  readonly port: number;
}

export class ServerProcess {
  readonly dir: string;
  readonly configFile: string;
  ports!: Ports;
  #child: ChildProcess | undefined;
  #log = '';

  constructor(config: object) {
    this.dir = mkdtempSync(join(tmpdir(), 'parley-'));
    this.configFile = join(this.dir, 'parley.yaml');
    writeFileSync(this.configFile, stringify({ data: join(this.dir, 'data'), listeners: LISTENERS, ...config }));
  }

  get pid(): number {
    return this.#child?.pid as number;
  }

  /** The server's own certificate, for clients to trust. */
  get caFile(): string {
    return join(this.dir, 'data', 'self-signed.crt');
  }

  get ca(): Buffer {
    return readFileSync(this.caFile);
  }

  /** What the server wrote to standard error. */
  get log(): string {
    return this.#log;
  }

  async start(): Promise<this> {
    const args = ['start', '--config', this.configFile];
    const child = spawn(process.execPath, [...FLAGS, BIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (it) => {
      this.#log = (this.#log + it).slice(-100_000);
    });
    await new Promise<void>((resolve, reject) => {
      let out = '';
      child.stdout.on('data', (it) => {
        out += it;
        if (/^Parley is ready/m.test(out)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${out}${this.#log}`)));
    });
    const { listeners } = (await this.json('status')) as { listeners: readonly Listening[] };
    const port = (protocol: string, tls: string) =>
      listeners.find((it) => it.protocol === protocol && it.tls === tls)?.port as number;
    this.ports = {
      starttls: port('xmpp', 'starttls'),
      direct: port('xmpp', 'direct'),
      http: port('http', 'none'),
      https: port('http', 'direct'),
      plain: port('xmpp', 'none'),
      component: port('component', 'none'),
    };
    return this;
  }

  /** Runs the command line; rejects when it exits with something else than 0. */
  cli(args: readonly string[], input = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const all = [BIN, ...args, '--config', this.configFile];
      const child = execFile(process.execPath, all, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`parley ${args.join(' ')}: exit code ${error.code}: ${stderr}`));
        else resolve(stdout);
      });
      child.stdin?.end(input);
    });
  }

  async json(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.cli([...args, '--json']));
  }

  async addAccounts(names: readonly string[], password = 'secret-123'): Promise<void> {
    await this.cli(['user', 'import', '-'], names.map((it) => `${it} ${password}\n`).join(''));
  }

  /** Resident memory in KiB. */
  get residentKiB(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]);
  }

  /** Ends the process without a chance to say goodbye. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

export function serverProcess(config: object = {}): Promise<ServerProcess> {
  return new ServerProcess(config).start();
}
