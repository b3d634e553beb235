/** One server for the tests of a file that ask for the same: emptying it is much faster than starting another. */
import { after, type TestContext } from 'node:test';
import { Accounts } from '#api';
import { startParley, type TestOptions, type TestServer } from './parley.ts';

/** The server, started at the first call; after each test its accounts are removed, with all that is kept for them. */
export function sharedServer(options: TestOptions = {}): (t: TestContext) => Promise<TestServer> {
  let started: Promise<TestServer> | undefined;
  after(async () => (await started)?.stop());
  return async (t) => {
    started ??= startParley(options);
    const server = await started;
    t.after(() => removeAccounts(server));
    return server;
  };
}

async function removeAccounts({ engine }: TestServer): Promise<void> {
  for (const { parts } of engine.router.hosts()) {
    const accounts = parts.service(Accounts) as Accounts;
    for (const { local } of await accounts.list('', 1000)) await accounts.remove(local);
  }
}
