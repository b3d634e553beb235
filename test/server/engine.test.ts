/** On which of several hosts a command runs. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startParley } from '../support/parley.ts';

const server = await startParley({ host: 'a.test', hosts: ['b.test'] });
after(() => server.stop());
await server.account('romeo', 'secret', 'b.test');

const run = (name: string, args: object, host?: string) => server.engine.command(name, { ...args }, host);

test('a room is found by its address, at the host whose service it is', async () => {
  const room = 'r1@conference.b.test';
  assert.deepEqual(await run('room create', { room, owner: 'romeo@b.test' }), { room, owner: 'romeo@b.test' });
  assert.equal(((await run('room info', { room })) as { room: string }).room, room);
  const [owner] = (await run('room affiliations', { room })) as { address: string }[];
  assert.equal(owner?.address, 'romeo@b.test');
});

test('an address or a host that nothing here serves is named; a room without its domain needs a host', async () => {
  const nowhere = (domain: string) => ({ message: `${domain} is no domain of this server` });
  await assert.rejects(run('room info', { room: 'r1@conference.c.test' }), nowhere('conference.c.test'));
  await assert.rejects(run('user info', { jid: 'romeo@c.test' }), nowhere('c.test'));
  await assert.rejects(run('user list', {}, 'c.test'), nowhere('c.test'));
  await assert.rejects(run('room info', { room: 'r1' }), /several hosts: name one with --host/);
});
