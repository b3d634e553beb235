/** A command line without a terminal and without a real server. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { z } from 'zod';
import type { Program, RunningServer, Terminal } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { type Command, CommandError, command } from '../../src/kernel/command.ts';
import { MODULES } from '../server/config/support.ts';

export interface Call {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly host: string | undefined;
}

const COMMANDS: readonly Command[] = [
  command({
    name: 'book print',
    summary: 'Print pages',
    args: z.object({
      title: z.string().describe('Which book'),
      copies: z.int().min(1).default(1).describe('How many'),
      twoSided: z.boolean().default(true).describe('On both sides'),
      pages: z.array(z.string()).default([]).describe('Which pages'),
      order: z.enum(['up', 'down']).optional().describe('Which way'),
    }),
    positional: ['title'],
    run: (args) => args,
  }),
];

/** Remembers what it is asked, and answers with what `answers` says: a value, or an error to throw. */
export class FakeServer implements RunningServer {
  readonly calls: Call[] = [];
  readonly answers = new Map<string, unknown>();
  hosts = ['localhost'];
  stopped = false;

  async command(name: string, args: Readonly<Record<string, unknown>>, host?: string): Promise<unknown> {
    this.calls.push({ name, args, host });
    const known = COMMANDS.find((it) => it.name === name);
    if (known) return known.run(known.args.parse(args));
    const answer = this.answers.get(name);
    if (answer instanceof Error) throw answer;
    if (answer === undefined) throw new CommandError(`there is no command ${name}`);
    return answer;
  }

  commands(): readonly Command[] {
    return COMMANDS;
  }

  status() {
    const listeners = [{ protocol: 'xmpp', tls: 'starttls', address: '::1', port: 5222 }];
    return { version: '1.2.3', listeners, hosts: this.hosts.map((domain) => ({ domain })) };
  }

  async reload(): Promise<void> {}

  async hasAccounts(): Promise<boolean> {
    return true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }
}

export interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'parley-cli-'));
}

/** Types on a terminal, or feeds a pipe. */
export function keyboard(keys: string): Terminal {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, rawModes: [] as boolean[] });
  stdin.write(keys);
  return Object.assign(stdin, { setRawMode: (raw: boolean) => stdin.rawModes.push(raw) });
}

export interface Given {
  readonly server?: FakeServer;
  readonly stdin?: string | Terminal;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one command line in this process, on a server that starts when it is needed. */
export async function parley(args: readonly string[], { server = new FakeServer(), stdin = '', env = {} }: Given = {}) {
  const written = { out: '', err: '' };
  const program: Program = {
    io: {
      stdin: typeof stdin === 'string' ? Readable.from([stdin]) : stdin,
      out: (text) => void (written.out += text),
      err: (text) => void (written.err += text),
      env,
    },
    loadModules: async () => MODULES,
    startServer: async () => server,
  };
  const code = await run(args, program);
  return { code, ...written } satisfies Ending;
}
