/** The server's own secret, from which its keys are derived: made once, kept in the data directory. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../kernel/command.ts';

const BYTES = 32;

/** Nodes of one cluster share this file. */
export function secretPath(data: string): string {
  return join(data, 'secret.key');
}

export function serverSecret(data: string): Buffer {
  const file = secretPath(data);
  try {
    // `wx`: of two processes that start at once, one makes it.
    writeFileSync(file, randomBytes(BYTES).toString('base64'), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const secret = Buffer.from(readFileSync(file, 'utf8'), 'base64');
  if (secret.length < BYTES) throw new CommandError(`${file} is damaged: it should hold ${BYTES} bytes in base 64`);
  return secret;
}
