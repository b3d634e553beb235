/** Whether a server has any account, so that a new operator is told how to make the first. */
import { Accounts } from '../contracts/accounts.ts';
import type { Server } from './server.ts';

export async function hasAccounts({ engine }: Server): Promise<boolean> {
  for (const host of engine.router.hosts()) {
    const accounts = host.parts.service(Accounts);
    if (accounts && (await accounts.list('', 1)).length > 0) return true;
  }
  return false;
}
