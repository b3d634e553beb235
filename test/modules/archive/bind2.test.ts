/** What a client that binds by Bind 2 is told of its archive: XEP-0386 section 4. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bind, login, plain } from '../../stream/sasl2-login.ts';
import { startParley } from '../../support/parley.ts';
import { ask, MAM, say } from './support.ts';

const server = await startParley();
after(() => server.stop());

test('XEP-0386 4: the ends of the archive, as they are at binding; nothing of an empty one', async () => {
  await server.account('juliet');
  const metadata = async () => {
    const { client, answer } = await login(server, plain('juliet', bind('Test')));
    await client.close();
    return answer.child('{urn:xmpp:bind:0}bound')?.child(`{${MAM}}metadata`);
  };
  assert.equal((await metadata())?.elements().length, 0);
  const juliet = await server.login('juliet', { resource: 'balcony' });
  for (const text of ['one', 'two', 'three']) await say(juliet, juliet, text);
  const found = await ask(juliet);
  const ends = (await metadata())?.elements();
  assert.deepEqual(
    ends?.map((it) => [it.name, it.attr('id')]),
    [
      ['start', found.first],
      ['end', found.last],
    ],
  );
});
