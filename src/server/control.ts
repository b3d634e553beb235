/** The control socket: how the command line talks to the running server. One JSON object a line, both ways. */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import type { Command } from '../kernel/command.ts';
import type { Logger } from '../kernel/log.ts';
import { onLines } from './control-lines.ts';

/** `usage`: the arguments do not fit; `refused`: a reason for the operator; `failed`: a fault of the server. */
type ControlFailure = 'usage' | 'refused' | 'failed';

export type ControlResponse =
  | { readonly ok: true; readonly value: unknown }
  | { readonly error: { readonly kind: ControlFailure; readonly message: string } };

export type Dispatch = (command: string, args: Readonly<Record<string, unknown>>, host?: string) => Promise<unknown>;

/** What the command line needs to know to offer a command. */
export interface CommandDescription {
  readonly name: string;
  readonly summary: string;
  readonly positional: readonly string[];
  /** JSON Schema of the arguments. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Room for some thousand accounts in one request. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const MAX_CONNECTIONS = 64;

const request = z.object({
  command: z.string().min(1).max(256),
  args: z.record(z.string(), z.unknown()).default({}),
  /** The virtual host; without it the domain of `args.jid` decides. */
  host: z.string().optional(),
});

export function controlSocketPath(dataDir: string): string {
  return join(dataDir, 'parley.sock');
}

export function describeCommand({ name, summary, positional, args }: Command): CommandDescription {
  return { name, summary, positional, args: z.toJSONSchema(args, { io: 'input', unrepresentable: 'any' }) };
}

/** Serves requests; those of one connection run one after the other, in order. */
export class ControlServer {
  readonly #path: string;
  readonly #dispatch: Dispatch;
  readonly #log: Logger;
  readonly #server: Server;
  readonly #connections = new Set<ControlConnection>();

  constructor(dataDir: string, dispatch: Dispatch, log: Logger) {
    this.#path = controlSocketPath(dataDir);
    this.#dispatch = dispatch;
    this.#log = log;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** A socket that nobody serves any more is replaced. Throws when another process serves it. */
  async listen(): Promise<void> {
    if (await isServed(this.#path)) throw new Error(`another server is running: it serves ${this.#path}`);
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      // The socket must not be open to others even for a moment.
      const before = process.umask(0o177);
      this.#server.listen(this.#path, resolve);
      process.umask(before);
    });
    chmodSync(this.#path, 0o600);
  }

  /** Stops accepting and ends the connections, each after the answers that are under way. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const it of this.#connections) it.endWhenIdle();
    await closed;
  }

  #accept(socket: Socket): void {
    const connection = new ControlConnection(socket, (text) => this.#answer(text));
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }

  async #answer(text: string): Promise<ControlResponse> {
    let asked: z.output<typeof request>;
    try {
      asked = request.parse(JSON.parse(text));
    } catch (error) {
      return error instanceof SyntaxError ? failure('usage', 'the request is no JSON') : failureOf(error);
    }
    const { command, args, host } = asked;
    try {
      return { ok: true, value: (await this.#dispatch(command, args, host)) ?? null };
    } catch (err) {
      const response = failureOf(err);
      // Without the arguments, which may hold passwords.
      if ('error' in response && response.error.kind === 'failed')
        this.#log.error({ command, err }, 'a command failed');
      return response;
    }
  }
}

/** Answers the requests of one connection in their order. */
class ControlConnection {
  readonly #socket: Socket;
  readonly #answer: (request: string) => Promise<ControlResponse>;
  readonly #waiting: string[] = [];
  #busy = false;
  #ending = false;

  constructor(socket: Socket, answer: (request: string) => Promise<ControlResponse>) {
    this.#socket = socket;
    this.#answer = answer;
    socket.on('error', () => socket.destroy());
    // The client may close its half right after the request.
    socket.on('end', () => this.endWhenIdle());
    onLines(socket, MAX_REQUEST_BYTES, {
      line: (text) => this.#take(text),
      tooLong: () => {
        this.#send(failure('usage', 'the request is too long'));
        this.endWhenIdle();
      },
    });
  }

  endWhenIdle(): void {
    this.#ending = true;
    if (!this.#busy) this.#socket.end();
  }

  #take(text: string): void {
    this.#waiting.push(text);
    // Whoever sends faster than it is answered waits.
    if (this.#busy) this.#socket.pause();
    else void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
      this.#send(await this.#answer(text));
    }
    this.#busy = false;
    this.#socket.resume();
    if (this.#ending) this.#socket.end();
  }

  #send(response: ControlResponse): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(response)}\n`);
  }
}

function failure(kind: ControlFailure, message: string): ControlResponse {
  return { error: { kind, message } };
}

/** Sorts an error into what the caller did wrong, what was refused, and what went wrong here. */
export function failureOf(error: unknown): ControlResponse {
  if (error instanceof z.ZodError) return failure('usage', error.issues.map(issueText).join('; '));
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return failure(name === 'CommandError' || name === 'ConfigErrors' ? 'refused' : 'failed', message);
}

function issueText({ path, message, code }: z.core.$ZodIssue): string {
  const name = path.join('.');
  const missing = code === 'invalid_type' && message.endsWith('received undefined');
  return missing ? `${name} is missing` : `${name === '' ? '' : `${name}: `}${message}`;
}

/** Whether a process accepts connections there. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
