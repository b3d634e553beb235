/** Runs one command line and says how it ended. */
import { inspect } from 'node:util';
import { type Command as Commander, CommanderError } from 'commander';
import type { CommandDescription } from '../server/control.ts';
import { suggest } from '../util/suggest.ts';
import { openBackend } from './backend.ts';
import { Failure } from './failure.ts';
import type { GlobalOptions, Program } from './io.ts';
import { buildProgram } from './program.ts';
import { dataDirectory } from './sources.ts';

/** `args` without the names of interpreter and script. Resolves to the exit code: 0, 1 for failure, 2 for wrong usage. */
export async function run(args: readonly string[], program: Program): Promise<0 | 1 | 2> {
  try {
    await parse(args, program);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return isHelp(error) ? 0 : 2;
    if (!(error instanceof Failure && error.isTold)) report(error, args.includes('--json'), program);
    return error instanceof Failure ? error.exitCode : 1;
  }
}

async function parse(args: readonly string[], program: Program): Promise<void> {
  const root = buildProgram(program);
  const { words, options } = operands(args);
  const more = isKnown(root, words) ? [] : await commandsOfModules(root, words, options, program);
  await (more.length === 0 ? root : buildProgram(program, more)).parseAsync(args, { from: 'user' });
}

function isHelp({ code, exitCode }: CommanderError): boolean {
  return exitCode === 0 || code === 'commander.version' || code === 'commander.helpDisplayed';
}

function report(error: unknown, json: boolean, { io }: Program): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  // What is no refusal is a fault of the program or of the machine, and its trace is wanted.
  const expected = ['Failure', 'ConfigErrors', 'CommandError', 'SqlError'].includes(name) || isSystemError(error);
  if (json) {
    const { problems } = error as { problems?: unknown };
    io.out(`${JSON.stringify({ error: { message, ...(problems === undefined ? {} : { problems }) } })}\n`);
  } else {
    io.err(`${name === 'ConfigErrors' ? '' : 'parley: '}${expected ? message : inspect(error)}\n`);
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

const WITH_VALUE = ['--config', '--data', '--host'];

/** The words before the first option of a command, and the options for all commands. */
function operands(args: readonly string[]): { readonly words: readonly string[]; readonly options: GlobalOptions } {
  const words: string[] = [];
  const options: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const [name, inline] = args[at]!.split('=', 2) as [string, string | undefined];
    if (WITH_VALUE.includes(name)) options[name.slice(2)] = inline ?? args[++at] ?? '';
    else if (!name.startsWith('-')) words.push(args[at]!);
  }
  return { words, options };
}

/** Whether the words lead to a command that is there anyway, or to nothing at all. */
function isKnown(root: Commander, words: readonly string[]): boolean {
  const [first, second] = words;
  if (first === undefined || first === 'help') return true;
  const command = root.commands.find((it) => it.name() === first);
  if (!command || command.commands.length === 0) return command !== undefined;
  return second === undefined || second === 'help' || command.commands.some((it) => it.name() === second);
}

/** A slip is told as such without starting anything. */
async function commandsOfModules(
  root: Commander,
  words: readonly string[],
  options: GlobalOptions,
  program: Program,
): Promise<readonly CommandDescription[]> {
  const { existsSync } = await import('node:fs');
  const group = root.commands.find((it) => it.name() === words[0]);
  const word = group ? words[1]! : words[0]!;
  const near = suggest(
    word,
    (group ?? root).commands.map((it) => it.name()),
  );
  if (near !== undefined || !existsSync(await dataDirectory(options, program))) return [];
  const backend = await openBackend(options, program);
  try {
    return await backend.commands();
  } finally {
    await backend.close();
  }
}
