/** The kernel's Logger on pino: JSON lines for machines or plain lines for people, to standard error or to a file. */
import { type DestinationStream, type Logger as Pino, pino, stdTimeFunctions } from 'pino';
import type { Logger } from '../kernel/log.ts';
import { LogOutput } from './log-output.ts';
import { prettyLine } from './pretty.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** `auto`: pretty when standard error is a terminal, JSON otherwise. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Absolute path; standard error when undefined. */
  readonly file?: string | undefined;
  /** Takes the lines instead of file or standard error; for tests. */
  readonly stream?: DestinationStream;
}

/** What the process holds on to: the logger that everyone writes to, and what only its owner may do. */
export interface LogSink {
  readonly logger: Logger;
  /** Takes effect for every child, too. */
  setLevel(level: LogLevel): void;
  /** Opens the file again, after something else renamed it. */
  reopen(): void;
  /** Writes out what is waiting. Call it last. */
  close(): void;
}

const SECRET = ['password', 'secret', 'token', 'authorization', 'key'];

/** Throws what the file system says when the file cannot be opened. */
export function createLogger(options: LogOptions): LogSink {
  const out = options.stream ? undefined : new LogOutput(options.file);
  const target = options.stream ?? out!;
  const pretty = options.format === 'pretty' || (options.format === 'auto' && !options.file && process.stderr.isTTY);
  const colour = pretty && !options.file && process.stderr.isTTY && !process.env['NO_COLOR'];
  const stream = pretty ? { write: (line: string) => void target.write(prettyLine(line, colour)) } : target;
  const gate = { level: rank(options.level) };
  const root = pino(
    {
      level: 'debug',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET.flatMap((it) => [it, `*.${it}`]), censor: '[redacted]' },
    },
    stream,
  );
  return {
    logger: new GatedLogger(root, gate),
    setLevel(level) {
      gate.level = rank(level);
    },
    reopen() {
      out?.reopen();
    },
    close() {
      out?.close();
    },
  };
}

function rank(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level);
}

const [DEBUG, INFO, WARN, ERROR] = [rank('debug'), rank('info'), rank('warn'), rank('error')];

/** pino fixes a child's level when the child is made; here all share one gate, which a reload may move. */
class GatedLogger implements Logger {
  readonly #pino: Pino;
  readonly #gate: { readonly level: number };

  constructor(target: Pino, gate: { readonly level: number }) {
    this.#pino = target;
    this.#gate = gate;
  }

  debug(fields: object, message: string): void {
    if (this.#gate.level <= DEBUG) this.#pino.debug(fields, message);
  }

  info(fields: object, message: string): void {
    if (this.#gate.level <= INFO) this.#pino.info(fields, message);
  }

  warn(fields: object, message: string): void {
    if (this.#gate.level <= WARN) this.#pino.warn(fields, message);
  }

  error(fields: object, message: string): void {
    if (this.#gate.level <= ERROR) this.#pino.error(fields, message);
  }

  child(fields: object): Logger {
    return new GatedLogger(this.#pino.child(fields), this.#gate);
  }
}
