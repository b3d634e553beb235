/** The command line: its fixed commands, and those that modules declare. */
import { Command as Commander } from 'commander';
import type { CommandDescription } from '../server/control.ts';
import { VERSION } from '../server/version.ts';
import { declareArguments } from './arguments.ts';
import { connectBackend, openBackend, SERVER_COMMANDS } from './backend.ts';
import { print, runDescribed } from './command-runner.ts';
import { Failure } from './failure.ts';
import type { GlobalOptions, Program } from './io.ts';
import { KNOWN_COMMANDS } from './known-commands.ts';
import { dataDirectory } from './sources.ts';

const GROUPS: Readonly<Record<string, string>> = {
  config: 'The configuration: example',
  module: 'Modules: list',
  command: 'Commands: list',
  user: 'Accounts: add, password, delete, list, info, lock, unlock, import',
  sessions: 'Connected clients: list, kick',
  room: 'Rooms: list, create, destroy, info, affiliations, config',
};

/** `more`: what modules declare besides the commands that are known anyway. */
export function buildProgram(program: Program, more: readonly CommandDescription[] = []): Commander {
  const { io } = program;
  const root = new Commander('parley')
    .description('Parley, an XMPP chat server.')
    .version(VERSION, '--version', 'print the version')
    .option('--config <file>', 'configuration file; otherwise PARLEY_CONFIG, or parley.yaml in this directory')
    .option('--data <dir>', 'data directory, in place of the one in the configuration')
    .option('--host <domain>', 'the virtual host that is meant, where no address says it')
    .option('--json', 'print JSON')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nModules add commands of their own: `parley command list` shows them.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });
  addServerCommands(root, program);
  addTools(root, program);
  const described = new Map([...KNOWN_COMMANDS, ...more].reverse().map((it) => [it.name, it]));
  for (const it of [...described.values()].reverse()) addDescribed(root, it, program);
  addImport(root, program);
  addUsageToErrors(root);
  return root;
}

function addServerCommands(root: Commander, program: Program): void {
  leaf(root, 'start', 'Run the server').action(async (_, command: Commander) => {
    const { start } = await import('./start.ts');
    await start(command.optsWithGlobals(), program);
  });
  leaf(root, 'reload', 'Apply a changed configuration, and new certificates, to the running server').action(
    async (_, command: Commander) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const value = (await ofRunning(SERVER_COMMANDS.reload, options, program)) as {
        changed: readonly string[];
        restart: readonly string[];
      };
      print(options.json ? value : { changed: value.changed, 'needs a restart': value.restart }, options, program);
    },
  );
  leaf(root, 'status', 'Show how the running server is').action(async (_, command: Commander) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    print(await ofRunning(SERVER_COMMANDS.status, options, program), options, program);
  });
}

function addTools(root: Commander, program: Program): void {
  const tool = (name: string, summary: string, run: keyof typeof import('./tools.ts')): void => {
    leaf(root, name, summary).action(async (_, command: Commander) => {
      const tools = await import('./tools.ts');
      await tools[run](command.optsWithGlobals(), program);
    });
  };
  tool('check', 'Check the configuration', 'check');
  tool('config example', 'Print a configuration with every option, its default and its meaning', 'configExample');
  tool('module list', 'List the modules, and where they are on', 'moduleList');
  leaf(root, 'command list', 'List all commands, also those of modules').action(async (_, command: Commander) => {
    await listCommands(command.optsWithGlobals(), program);
  });
}

/** Asks what the modules declare, and lists the program that this makes. */
async function listCommands(options: GlobalOptions, program: Program): Promise<void> {
  const backend = await openBackend(options, program);
  try {
    const leaves = (command: Commander, words: string): object[] =>
      command.commands.length === 0
        ? [{ command: words, summary: command.description() }]
        : command.commands.flatMap((it) => leaves(it, `${words} ${it.name()}`.trim()));
    print(leaves(buildProgram(program, await backend.commands()), ''), options, program);
  } finally {
    await backend.close();
  }
}

function addDescribed(root: Commander, description: CommandDescription, program: Program): void {
  const command = leaf(root, description.name, description.summary);
  declareArguments(command, description);
  command.action(async (...all: unknown[]) => {
    const typed = all.slice(0, description.positional.length);
    await runDescribed(description, typed, command.optsWithGlobals(), program);
  });
}

function addImport(root: Commander, program: Program): void {
  leaf(root, 'user import', 'Create many accounts; those that exist are left as they are')
    .argument('<file>', 'lines of `jid password`, or of JSON with these two; - reads standard input')
    .action(async (file: string, _: unknown, command: Commander) => {
      const { importUsers } = await import('./user-import.ts');
      await importUsers(file, command.optsWithGlobals(), program);
    });
}

async function ofRunning(command: string, options: GlobalOptions, program: Program): Promise<unknown> {
  const backend = await connectBackend(options, program);
  if (!backend) {
    throw new Failure(`the server is not running on the data directory ${await dataDirectory(options, program)}`);
  }
  try {
    return await backend.call(command, {});
  } finally {
    await backend.close();
  }
}

/** The command of the last word, below those of the words before it. */
function leaf(root: Commander, name: string, summary: string): Commander {
  const words = name.split(' ');
  let parent = root;
  for (const word of words.slice(0, -1)) {
    parent =
      parent.commands.find((it) => it.name() === word) ??
      parent.command(word).description(GROUPS[word] ?? `commands about ${word}`);
  }
  const last = words.at(-1)!;
  return (parent.commands.find((it) => it.name() === last) ?? parent.command(last)).description(summary);
}

function addUsageToErrors(command: Commander): void {
  command.configureOutput({
    outputError: (text, write) => write(`${text}usage: ${command.createHelp().commandUsage(command)}\n`),
  });
  for (const it of command.commands) addUsageToErrors(it);
}
