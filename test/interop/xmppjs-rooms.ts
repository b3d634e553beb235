/**
 * Clients of the library `@xmpp/client` go through every use case of XEP-0045 sections 6 to 10.
 * Arguments: SERVICE-URL PASSWORD. Prints a line for each use case: `ok 7.4`, or `not ok 7.4` and why.
 */
import { People, type UseCase } from './xmppjs-room-people.ts';
import { entered } from './xmppjs-rooms-entered.ts';
import { found } from './xmppjs-rooms-found.ts';
import { inhabited } from './xmppjs-rooms-inhabited.ts';
import { owned } from './xmppjs-rooms-owned.ts';
import { ruled } from './xmppjs-rooms-ruled.ts';

const LIMIT_MS = 10_000;
const [service, password] = process.argv.slice(2) as [string, string];
const useCases: Readonly<Record<string, UseCase>> = { ...found, ...entered, ...inhabited, ...ruled, ...owned };

function endless(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('it took too long')), LIMIT_MS).unref();
  });
}

const people = new People(service, password);
await people.start();
for (const [section, useCase] of Object.entries(useCases)) {
  try {
    await Promise.race([useCase(people), endless()]);
    console.log('ok', section);
  } catch (error) {
    // Whatever it is, the other use cases are not concerned.
    console.log('not ok', section, String(error).replace(/\s+/g, ' '));
  }
}
process.exit(0);
