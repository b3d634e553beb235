/** Type tests: each @ts-expect-error fails the build on the day the mistake below it compiles. */
import { z } from 'zod';
import { Accounts } from '../../src/contracts/accounts.ts';
import { Blocking } from '../../src/contracts/blocking.ts';
import { Roster } from '../../src/contracts/roster.ts';
import { inbound, outbound } from '../../src/contracts/routing.ts';
import { defineModule } from '../../src/kernel/define-module.ts';
import { on } from '../../src/kernel/hook.ts';
import { optional } from '../../src/kernel/service.ts';
import { type Prepared, query } from '../../src/kernel/sql.ts';
import { StanzaError } from '../../src/xmpp/stanza-error.ts';

const base = { name: 'x', summary: '', config: z.object({ size: z.int().default(1) }) };

defineModule({
  ...base,
  setup: ({ config }) => {
    config.size satisfies number;
    return {};
  },
});
// @ts-expect-error an option that the schema does not declare
defineModule({ ...base, setup: ({ config }) => ({ close: () => config.sise }) });
defineModule({
  ...base,
  setup: ({ services }) => {
    // @ts-expect-error a service that was not required
    services.accounts;
    return {};
  },
});
defineModule({
  ...base,
  requires: { accounts: Accounts, roster: optional(Roster) },
  setup: ({ services }) => {
    void services.accounts.exists('a');
    // @ts-expect-error an optional service may be absent
    void services.roster.of('a');
    return {};
  },
});
// @ts-expect-error a provided service that setup() forgets
defineModule({ ...base, provides: { blocking: Blocking }, setup: () => ({}) });
// @ts-expect-error a verdict that the point does not know
on(inbound, 'guard', () => 'maybe');
// @ts-expect-error a phase that does not exist
on(inbound, 'early', () => undefined);
on(outbound, 'guard', async ({ stanza }) => (stanza.to.local === '' ? new StanzaError('forbidden') : undefined));

const statements = { find: query<[owner: string], { jid: string }>('select jid from t where owner = $1') };
declare const prepared: Prepared<typeof statements>;
// @ts-expect-error a parameter of another type
void (() => prepared.find(1));
// @ts-expect-error a column that the statement does not return
void (async () => (await prepared.find('a'))[0]?.jit);
