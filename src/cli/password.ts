/** Where a password comes from: standard input, or the keyboard without echo. Never from the arguments. */
import { createInterface } from 'node:readline';
import { usage } from './failure.ts';
import type { Io, Terminal } from './io.ts';

/** Asks twice on a terminal. `fromStdin` reads the first line of standard input instead. */
export async function readPassword(io: Io, fromStdin: boolean): Promise<string> {
  if (fromStdin) return firstLine(io.stdin);
  if (!io.stdin.isTTY) throw usage('a password is needed: use --password-stdin or --generate, or run it on a terminal');
  // Before the first question, so that not even a quick typist is echoed.
  io.stdin.setRawMode?.(true);
  try {
    const password = await ask(io, 'Password: ');
    if (password === '') throw usage('the password is empty');
    if ((await ask(io, 'Once more: ')) !== password) throw usage('the passwords differ');
    return password;
  } finally {
    io.stdin.setRawMode?.(false);
  }
}

async function firstLine(stdin: Terminal): Promise<string> {
  for await (const line of createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== '') return line;
    break;
  }
  throw usage('there is no password on standard input');
}

async function ask(io: Io, question: string): Promise<string> {
  io.err(question);
  try {
    return await readKeys(io.stdin);
  } finally {
    io.err('\n');
  }
}

const INTERRUPT = '\u0003';
const END = '\u0004';

/** One line of keys. Editing is Backspace and Ctrl-U. */
function readKeys(stdin: Terminal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onKeys = (keys: Buffer | string): void => {
      const typed = [...keys.toString()];
      for (const [at, key] of typed.entries()) {
        if (key === '\r' || key === '\n' || key === END || key === INTERRUPT) {
          stdin.off('data', onKeys).off('end', onEnd);
          stdin.pause();
          // What was typed ahead belongs to the next question.
          if (at + 1 < typed.length) stdin.unshift(Buffer.from(typed.slice(at + 1).join('')));
          if (key === INTERRUPT) reject(usage('interrupted'));
          else resolve(text);
          return;
        }
        text = edited(text, key);
      }
    };
    const onEnd = (): void => reject(usage('interrupted'));
    stdin.on('data', onKeys).on('end', onEnd);
    stdin.resume();
  });
}

function edited(text: string, key: string): string {
  if (key === '\u0015') return '';
  if (key === '\u007f' || key === '\b') return [...text].slice(0, -1).join('');
  return key >= ' ' ? text + key : text;
}
