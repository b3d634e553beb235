/** `user import`: which lines are accounts, and what becomes of those that are not. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseLine } from '../../src/cli/user-import.ts';
import { CommandError } from '../../src/kernel/command.ts';
import { FakeServer, parley, temporaryFolder } from './support.ts';

const data = temporaryFolder();
const command = ['user', 'import', '-', '--data', data];

/** Creates all accounts but those of a host that it does not serve. */
class Importing extends FakeServer {
  override async command(name: string, args: { accounts: { jid: string }[] }, host?: string): Promise<unknown> {
    this.calls.push({ name, args, host });
    if (host === 'elsewhere') throw new CommandError('elsewhere is not a host of this server');
    return { created: args.accounts.length, existing: [], refused: [] };
  }
}

test('a line is an address and, after one space or tab, the password as it is', () => {
  assert.deepEqual(parseLine('a@b secret'), { jid: 'a@b', password: 'secret' });
  assert.deepEqual(parseLine('a@b\t two words '), { jid: 'a@b', password: ' two words ' });
  assert.deepEqual(parseLine('{"jid":"a@b","password":"s p"}'), { jid: 'a@b', password: 's p' });
});

test('other lines are none', () => {
  for (const line of ['a@b', 'a b', '{"jid":"a@b"}', '{"jid":', '{"jid":1,"password":"x"}', 'a@b ']) {
    assert.equal(parseLine(line), undefined, line);
  }
});

test('accounts go to the hosts of their addresses', async () => {
  const server = new Importing();
  const { code, out } = await parley(command, { server, stdin: 'a@one x1\nb@two x2\r\n\nc@one x3\n' });
  assert.equal(code, 0);
  assert.deepEqual(server.calls, [
    {
      name: 'user import',
      args: {
        accounts: [
          { jid: 'a@one', password: 'x1' },
          { jid: 'c@one', password: 'x3' },
        ],
      },
      host: 'one',
    },
    { name: 'user import', args: { accounts: [{ jid: 'b@two', password: 'x2' }] }, host: 'two' },
  ]);
  assert.match(out, /^created: +3\n/);
});

test('what is refused is listed, does not stop the rest, and makes it a failure', async () => {
  const stdin = 'a@one x1\nnonsense\nb@elsewhere x2\n';
  const { code, out } = await parley([...command, '--json'], { server: new Importing(), stdin });
  assert.equal(code, 1);
  const report = JSON.parse(out) as { created: number; refused: unknown };
  assert.equal(report.created, 1);
  assert.deepEqual(report.refused, [
    { jid: 'line 2', reason: 'no address and password' },
    { jid: 'b@elsewhere', reason: 'elsewhere is not a host of this server' },
  ]);
});

test('many accounts are sent in several requests', async () => {
  const server = new Importing();
  const stdin = Array.from({ length: 2500 }, (_, at) => `u${at}@one secret\n`).join('');
  assert.match((await parley(command, { server, stdin })).out, /^created: +2500\n/);
  assert.deepEqual(
    server.calls.map((it) => (it.args['accounts'] as unknown[]).length),
    [1000, 1000, 500],
  );
});

test('a file that is not there is named', async () => {
  const { code, err } = await parley(['user', 'import', join(data, 'none'), '--data', data]);
  assert.deepEqual([code, err], [1, `parley: there is no file ${join(data, 'none')}\n`]);
});

test('a file is read like standard input', async () => {
  const file = join(data, 'accounts');
  writeFileSync(file, 'a@one x1\n');
  assert.match(
    (await parley(['user', 'import', file, '--data', data], { server: new Importing() })).out,
    /created: +1\n/,
  );
});
