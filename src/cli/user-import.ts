/** `user import`: many accounts from a file or standard input, as lines of `jid password` or as JSON lines. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Backend, openBackend } from './backend.ts';
import { print } from './command-runner.ts';
import { Failure } from './failure.ts';
import type { GlobalOptions, Program } from './io.ts';

interface Entry {
  readonly jid: string;
  readonly password: string;
}

interface Refusal {
  readonly jid: string;
  readonly reason: string;
}

/** What a host answers, and the sum of it. */
interface Report {
  created: number;
  existing: readonly string[];
  refused: readonly Refusal[];
}

/** Accounts in one request: some megabytes at most, and a few seconds of hashing. */
const CHUNK = 1000;

export async function importUsers(file: string, options: GlobalOptions, program: Program): Promise<void> {
  const input = file === '-' ? program.io.stdin : await open(file);
  const backend = await openBackend(options, program, { mayCreate: true });
  try {
    const report = await importAll(input, backend);
    print(options.json ? report : summary(report), options, program);
    if (report.refused.length === 0) return;
    // The report in JSON names them, and must be all that is printed.
    throw new Failure(`${report.refused.length} of the accounts were refused`, 1, { isTold: options.json === true });
  } finally {
    await backend.close();
  }
}

async function open(file: string): Promise<Readable> {
  const stream = createReadStream(file);
  await new Promise<void>((resolve, reject) => {
    stream.once('ready', resolve);
    stream.once('error', ({ code }: NodeJS.ErrnoException) => {
      reject(new Failure(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${code})`));
    });
  });
  return stream;
}

async function importAll(input: Readable, backend: Backend): Promise<Report> {
  const report: Report = { created: 0, existing: [], refused: [] };
  const byHost = new Map<string, Entry[]>();
  const send = async (host: string, accounts: readonly Entry[]): Promise<void> => {
    byHost.delete(host);
    add(report, await importChunk(backend, host, accounts));
  };
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    const entry = parseLine(line);
    if (!entry) {
      add(report, {
        created: 0,
        existing: [],
        refused: [{ jid: `line ${number}`, reason: 'no address and password' }],
      });
      continue;
    }
    const host = entry.jid.slice(entry.jid.indexOf('@') + 1);
    const waiting = byHost.get(host) ?? [];
    byHost.set(host, waiting);
    if (waiting.push(entry) >= CHUNK) await send(host, waiting);
  }
  for (const [host, waiting] of [...byHost]) await send(host, waiting);
  return report;
}

/** A host that is not served refuses all of its accounts, not the whole file. */
async function importChunk(backend: Backend, host: string, accounts: readonly Entry[]): Promise<Report> {
  try {
    return (await backend.call('user import', { accounts }, host)) as Report;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { created: 0, existing: [], refused: accounts.map(({ jid }) => ({ jid, reason: error.message })) };
  }
}

/** `jid password`, where the password is all the rest of the line; or a JSON object with these two. */
export function parseLine(line: string): Entry | undefined {
  if (line.trimStart().startsWith('{')) return parseJson(line);
  const match = /^\s*(\S+@\S+)[ \t](.+)$/.exec(line);
  return match ? { jid: match[1]!, password: match[2]! } : undefined;
}

function parseJson(line: string): Entry | undefined {
  try {
    const { jid, password } = JSON.parse(line) as Partial<Record<string, unknown>>;
    return typeof jid === 'string' && typeof password === 'string' ? { jid, password } : undefined;
  } catch {
    return undefined;
  }
}

function add(sum: Report, part: Report): void {
  sum.created += part.created;
  sum.existing = [...sum.existing, ...part.existing];
  sum.refused = [...sum.refused, ...part.refused];
}

function summary({ created, existing, refused }: Report): object {
  return {
    created,
    existing: existing.length,
    refused: refused.length === 0 ? 0 : refused.map(({ jid, reason }) => ({ jid, reason })),
  };
}
