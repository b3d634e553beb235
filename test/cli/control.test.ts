/** The control socket: requests and answers, limits, and who may own it. */
import assert from 'node:assert/strict';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { ControlClient } from '../../src/cli/control-client.ts';
import { CommandError, command } from '../../src/kernel/command.ts';
import { type Logger, silent } from '../../src/kernel/log.ts';
import { ControlServer, controlSocketPath, type Dispatch, describeCommand } from '../../src/server/control.ts';
import { MemoryLogger } from '../support/memory-log.ts';

async function serve(context: TestContext, dispatch: Dispatch, log: Logger = silent): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'parley-control-'));
  const server = new ControlServer(data, dispatch, log);
  await server.listen();
  context.after(() => server.close());
  return data;
}

async function client(context: TestContext, data: string): Promise<ControlClient> {
  const found = await ControlClient.connect(data);
  assert.ok(found);
  context.after(() => found.close());
  return found;
}

/** Sends text and returns all that comes back until the server closes. */
function raw(data: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(controlSocketPath(data));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(text);
  });
}

test('a request is dispatched with its arguments and host, and answered with the value', async (context) => {
  const data = await serve(context, async (name, args, host) => ({ name, args, host }));
  const value = await (await client(context, data)).call('user list', { limit: 3 }, 'a.example');
  assert.deepEqual(value, { name: 'user list', args: { limit: 3 }, host: 'a.example' });
});

test('requests of one connection are answered in their order', async (context) => {
  const gate = Promise.withResolvers<void>();
  const data = await serve(context, async (name) => {
    if (name === 'slow') await gate.promise;
    return name;
  });
  const connection = await client(context, data);
  const answers = [connection.call('slow', {}), connection.call('fast', {})];
  gate.resolve();
  assert.deepEqual(await Promise.all(answers), ['slow', 'fast']);
});

test('a refusal, wrong arguments and a fault are told apart, and only the fault is in the log', async (context) => {
  const errors: Record<string, () => never> = {
    refused: () => {
      throw new CommandError('no such account');
    },
    usage: () => z.object({ jid: z.string() }).parse({}) as never,
    failed: () => {
      throw new TypeError('x is undefined');
    },
    unread: () => JSON.parse('{') as never,
  };
  const log = new MemoryLogger();
  const data = await serve(context, async (name) => errors[name]!(), log);
  const connection = await client(context, data);
  await assert.rejects(connection.call('refused', {}), { message: 'no such account', exitCode: 1 });
  await assert.rejects(connection.call('usage', {}), { message: 'jid is missing', exitCode: 2 });
  assert.equal(log.take(), '');
  await assert.rejects(connection.call('failed', {}), { message: 'the server failed: x is undefined', exitCode: 1 });
  assert.equal(log.take(), 'error: a command failed: x is undefined');
  await assert.rejects(connection.call('unread', {}), { message: /^the server failed: / });
  assert.match(log.take(), /^error: a command failed: /);
});

test('a client may close its half after the request, as shell tools do', async (context) => {
  const data = await serve(context, async (name) => name);
  assert.equal(await raw(data, '{"command":"status"}\n'), '{"ok":true,"value":"status"}\n');
});

test('what is no request is answered with an error, and the connection goes on', async (context) => {
  const data = await serve(context, async () => 'fine');
  const answers = (await raw(data, 'nonsense\n{"command":5}\n{"command":"x"}\n')).trimEnd().split('\n');
  assert.deepEqual(
    answers.map((it) => (JSON.parse(it) as { error?: { kind: string } }).error?.kind),
    ['usage', 'usage', undefined],
  );
});

test('a request that is too long is refused and the connection closed', async (context) => {
  const data = await serve(context, async () => 'fine');
  const answer = await raw(data, `{"command":"${'x'.repeat(5 * 1024 * 1024)}`);
  assert.deepEqual(JSON.parse(answer), { error: { kind: 'usage', message: 'the request is too long' } });
});

test('only the user of the server may open the socket', async (context) => {
  const data = await serve(context, async () => 'fine');
  assert.equal(statSync(controlSocketPath(data)).mode & 0o777, 0o600);
});

test('a socket that nobody serves is replaced; one that is served is not', async (context) => {
  const data = mkdtempSync(join(tmpdir(), 'parley-control-'));
  writeFileSync(controlSocketPath(data), '');
  const server = new ControlServer(data, async () => 'first', silent);
  await server.listen();
  context.after(() => server.close());
  await assert.rejects(new ControlServer(data, async () => 'second', silent).listen(), /another server is running/);
  assert.equal(await (await client(context, data)).call('x', {}), 'first');
});

test('closing waits for the answers that are under way', async () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-control-'));
  const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = new ControlServer(
    data,
    async () => {
      asked.resolve();
      await gate.promise;
      return 'done';
    },
    silent,
  );
  await server.listen();
  const connection = (await ControlClient.connect(data))!;
  const answer = connection.call('x', {});
  await asked.promise;
  const closed = server.close();
  gate.resolve();
  assert.equal(await answer, 'done');
  await closed;
});

test('a server that goes away fails the request that waits', async (context) => {
  const data = mkdtempSync(join(tmpdir(), 'parley-control-'));
  const dead = createServer((socket) => socket.once('data', () => socket.destroy()));
  await new Promise<void>((resolve) => dead.listen(controlSocketPath(data), resolve));
  context.after(() => dead.close());
  await assert.rejects((await client(context, data)).call('x', {}), /closed the control connection/);
});

test('without a server there is no client', async () => {
  assert.equal(await ControlClient.connect(mkdtempSync(join(tmpdir(), 'parley-control-'))), undefined);
});

test('a command is described by name, summary, positions and the JSON Schema of its arguments', () => {
  const args = z.object({ jid: z.string().describe('Who'), copies: z.int().min(1).default(1) });
  const described = describeCommand(command({ name: 'a b', summary: 'Does', args, positional: ['jid'], run: () => 1 }));
  const { properties, required } = described.args as { properties: Record<string, object>; required: string[] };
  assert.deepEqual([described.name, described.summary, described.positional], ['a b', 'Does', ['jid']]);
  assert.deepEqual(required, ['jid']);
  assert.deepEqual(properties['jid'], { type: 'string', description: 'Who' });
});
