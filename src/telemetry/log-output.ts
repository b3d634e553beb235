/** Where log lines go: standard error, or a file that can be opened anew. It may fail, but never takes the server with it. */
import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { destination } from 'pino';

/** Lines that wait for a slow disk or pipe; what exceeds it is dropped. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

type Destination = ReturnType<typeof destination>;

export class LogOutput {
  readonly #file: string | undefined;
  #out: Destination;
  #isBroken = false;
  #isClosed = false;

  /** Throws what the file system says when the file cannot be opened. */
  constructor(file: string | undefined) {
    this.#file = file;
    this.#out = this.#open();
  }

  write(line: string): void {
    if (!this.#isClosed) this.#out.write(line);
  }

  /** After something else renamed the file. One that cannot be opened now leaves the lines where they went before. */
  reopen(): void {
    if (this.#file === undefined || this.#isClosed) return;
    try {
      const next = this.#open();
      this.#out.end();
      this.#out = next;
    } catch (error) {
      complain(`the log file ${this.#file} cannot be opened again`, error);
    }
  }

  /** Writes out what is waiting, which keeps the process up. Not at once: that would wait for a full disk for ever. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#out.end();
  }

  #open(): Destination {
    const out = destination({ dest: open(this.#file), sync: false, maxLength: MAX_WAITING_BYTES });
    const flushSync = out.flushSync.bind(out);
    // A full disk or a closed pipe costs log lines, never the server.
    out.on('error', (error: Error) => {
      // pino calls it when the process ends, and it tries until it can write.
      out.flushSync = () => undefined;
      this.#failed(error);
    });
    out.on('write', () => {
      out.flushSync = flushSync;
      this.#isBroken = false;
    });
    return out;
  }

  /** Told once, until something could be written again. */
  #failed(error: Error): void {
    if (!this.#isBroken && this.#file !== undefined) complain(`the log file ${this.#file} cannot be written`, error);
    this.#isBroken = true;
  }
}

/** At once and not when the first line comes, so that whoever starts the server learns what is wrong. */
function open(file: string | undefined): number {
  if (file === undefined) return 2;
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a', 0o640);
}

/** The console does not mind when standard error is closed. */
function complain(what: string, error: unknown): void {
  console.error(`parley: ${what} (${(error as NodeJS.ErrnoException).code})`);
}
