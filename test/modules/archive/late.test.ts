/** Messages that a guard of the recipient's holds up: the sender's archive has them long before. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { Archive } from '../../../src/contracts/archive.ts';
import { inbound } from '../../../src/contracts/routing.ts';
import { defineModule } from '../../../src/kernel/define-module.ts';
import { on } from '../../../src/kernel/hook.ts';
import { query } from '../../../src/kernel/sql.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { ask } from './support.ts';

/** A server whose guard holds messages to Juliet that say "wait" until the test opens it. */
async function scene(t: { after(task: () => Promise<void>): void }) {
  const gate = Promise.withResolvers<undefined>();
  let held = 0;
  const guard = defineModule({
    name: 'slow-guard',
    summary: 'Holds messages up',
    config: z.strictObject({}),
    setup: () => ({
      hooks: [
        on(inbound, 'guard', ({ stanza }) => {
          if (!stanza.element.innerXml().includes('wait')) return undefined;
          held++;
          return gate.promise;
        }),
      ],
    }),
  });
  const server = await startParley({ extra: [guard] });
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { resource: 'balcony' });
  const romeo = await server.login('romeo', { resource: 'orchard' });
  const { count } = server.db.prepare({
    count: query<[], { count: number }>('select count(*) as count from archive_body'),
  });
  await romeo.send(`<message to='juliet@capulet.lit' type='chat'><body>wait</body></message>`);
  while (held === 0) await new Promise((resolve) => setImmediate(resolve));
  return { server, juliet, romeo, gate, bodies: async () => (await count())[0]?.count };
}

async function stampOf(juliet: TestClient): Promise<string | undefined> {
  const message = await juliet.receives('<message><body>wait</body></message>');
  return message.child('{urn:xmpp:sid:0}stanza-id')?.attr('id');
}

suite('a recipient that comes late', () => {
  test('joins before the batch is written: one text, one id', async (t) => {
    const { juliet, romeo, gate, bodies } = await scene(t);
    gate.resolve(undefined);
    const stamp = await stampOf(juliet);
    await romeo.drain();
    const [hers, his] = [await ask(juliet), await ask(romeo)];
    assert.deepEqual([hers.ids, his.ids, await bodies()], [[stamp], [stamp], 1]);
  });

  test('joins what is written: one text, one id, and both are told of', async (t) => {
    const { server, juliet, gate, bodies } = await scene(t);
    const watcher = await server.login('romeo', { resource: 'garden', available: false });
    const his = await ask(watcher);
    assert.deepEqual([his.bodies, await bodies()], [['wait'], 1]);
    gate.resolve(undefined);
    const stamp = await stampOf(juliet);
    const hers = await ask(juliet);
    assert.deepEqual([hers.ids, hers.bodies, his.ids, await bodies()], [[stamp], ['wait'], [stamp], 1]);
    server.clock.advance(6_000);
    const told = await server.service(Archive).since(0, 10);
    assert.deepEqual(
      told.map((it) => it.owners),
      [['romeo@capulet.lit', 'juliet@capulet.lit']],
    );
  });

  test('has a text of its own after five seconds, when the change was told already', async (t) => {
    const { server, juliet, gate, bodies } = await scene(t);
    const archive = server.service(Archive);
    server.clock.advance(6_000);
    assert.deepEqual(
      (await archive.since(0, 10)).map((it) => it.owners),
      [['romeo@capulet.lit']],
    );
    gate.resolve(undefined);
    await stampOf(juliet);
    assert.deepEqual([(await ask(juliet)).bodies, await bodies()], [['wait'], 2]);
    server.clock.advance(6_000);
    assert.deepEqual(
      (await archive.since(0, 10)).map((it) => it.owners),
      [['romeo@capulet.lit'], ['juliet@capulet.lit']],
    );
  });

  test('XEP-0313 3.1: gets an id behind what its archive has had meanwhile', async (t) => {
    const { server, juliet, gate } = await scene(t);
    const nurse = await server.login('nurse', { resource: 'chamber' });
    await nurse.send(`<message to='juliet@capulet.lit' type='chat'><body>meanwhile</body></message>`);
    await juliet.receives('<message><body>meanwhile</body></message>');
    const before = await ask(juliet);
    gate.resolve(undefined);
    const stamp = await stampOf(juliet);
    const found = await ask(juliet, { set: `<after>${before.last}</after>` });
    assert.deepEqual([found.bodies, found.ids, found.index, found.count], [['wait'], [stamp], '1', '2']);
  });
});
