/** A log that tests read. */
import type { Logger } from '../../src/kernel/log.ts';

export class MemoryLogger implements Logger {
  readonly #lines: string[] = [];

  debug(): void {}

  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  child(): Logger {
    return this;
  }

  /** All lines since the last time. */
  take(): string {
    return this.#lines.splice(0).join('\n');
  }

  #add(level: string, fields: object, message: string): void {
    this.#lines.push([level, message, ...causes((fields as { err?: unknown }).err)].join(': '));
  }
}

function causes(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...causes(error.cause)] : [];
}
