/** The entry of the command line: the real terminal, and the server behind lazy imports. */

import type { Program } from './io.ts';
import { run } from './run.ts';

const program: Program = {
  io: {
    stdin: process.stdin,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
  },
  loadModules: async () => (await import('../server/module-files.ts')).loadModules(),
  async startServer(config, options) {
    const { startServer } = await import('../server/server.ts');
    const { hasAccounts } = await import('../server/first-account.ts');
    const server = await startServer(config, options);
    return {
      command: (name, args, host) => server.command(name, args, host),
      commands: () => server.commands(),
      status: () => server.status(),
      reload: (changed) => server.reload(changed),
      hasAccounts: () => hasAccounts(server),
      stop: () => server.stop(),
    };
  },
};

const LEFTOVERS_MS = 2000;

/** Runs this process's command line; the process ends when nothing is left to do. */
export async function main(): Promise<void> {
  // A reader that goes away, such as `head`, is no fault of ours.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));
  process.exitCode = await run(process.argv.slice(2), program);
  // Whatever was forgotten must not keep the process alive; when nothing was, this does not either.
  setTimeout(() => process.exit(), LEFTOVERS_MS).unref();
}
