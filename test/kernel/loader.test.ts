/** Starting the modules of a host: requirements, order, double owners, and the way back. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { iq } from '../../src/contracts/iq.ts';
import { jid } from '../../src/jid/jid.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { command } from '../../src/kernel/command.ts';
import { defineModule, type Module } from '../../src/kernel/define-module.ts';
import { type Infrastructure, startHost } from '../../src/kernel/loader.ts';
import { silent } from '../../src/kernel/log.ts';
import { optional, service } from '../../src/kernel/service.ts';
import type { Database } from '../../src/kernel/sql.ts';
import { PrometheusMetrics } from '../../src/telemetry/metrics.ts';

const Lamp = service<{ lit(): boolean }>('lamp');
const none = z.strictObject({});
const lamp = defineModule({
  name: 'lamp',
  summary: '',
  config: none,
  provides: { lamp: Lamp },
  setup: () => ({ services: { lamp: { lit: () => true } } }),
});
const reader = defineModule({ name: 'reader', summary: '', config: none, requires: { lamp: Lamp }, setup: () => ({}) });

const infra = (): Infrastructure => ({
  db: { migrate: async () => {} } as unknown as Database,
  log: silent,
  clock: systemClock,
  metrics: new PrometheusMetrics(),
  services: new Map(),
});
const start = (modules: readonly Module[], config = {}) => startHost(jid('capulet.lit'), modules, config, infra());

suite('the loader', () => {
  test('sets up providers before users, whatever the order of the list', async () => {
    const seen: string[] = [];
    const watch = (module: Module): Module => ({
      ...module,
      setup: (it) => {
        seen.push(module.name);
        return module.setup(it);
      },
    });
    const host = await start([watch(reader), watch(lamp)]);
    assert.deepEqual(seen, ['lamp', 'reader']);
    assert.equal(host.service(Lamp)?.lit(), true);
  });

  test('a missing requirement is named with who needs it; an optional one may be missing', async () => {
    await assert.rejects(start([reader]), /reader requires lamp, which no enabled module provides/);
    let found: unknown = 'not asked';
    const dim = defineModule({
      name: 'dim',
      summary: '',
      config: none,
      requires: { lamp: optional(Lamp) },
      setup: ({ services }) => {
        found = services.lamp;
        return {};
      },
    });
    await start([dim]);
    assert.equal(found, undefined);
  });

  test('two providers, two owners of a request and modules that need each other do not start', async () => {
    await assert.rejects(start([lamp, { ...lamp, name: 'torch' }]), /lamp and torch both provide lamp/);
    const pong = (name: string) =>
      defineModule({
        name,
        summary: '',
        config: none,
        setup: () => ({ iq: [iq('get', '{urn:x}x', 'host', () => undefined)] }),
      });
    await assert.rejects(start([pong('ping'), pong('pong')]), /ping and pong both register get \{urn:x\}x at host/);
    const A = service<object>('a');
    const B = service<object>('b');
    const a = defineModule({
      name: 'a',
      summary: '',
      config: none,
      provides: { a: A },
      requires: { b: B },
      setup: () => ({ services: { a: {} } }),
    });
    const b = defineModule({
      name: 'b',
      summary: '',
      config: none,
      provides: { b: B },
      requires: { a: A },
      setup: () => ({ services: { b: {} } }),
    });
    await assert.rejects(start([a, b]), /modules need each other: a -> b -> a/);
  });

  test('options are parsed by the module, with defaults', async () => {
    let size = 0;
    const sized = defineModule({
      name: 'sized',
      summary: '',
      config: z.strictObject({ size: z.int().default(3) }),
      setup: ({ config }) => {
        size = config.size;
        return {};
      },
    });
    await start([sized]);
    assert.equal(size, 3);
    await start([sized], { sized: { size: 5 } });
    assert.equal(size, 5);
  });

  test('stopping, also after a start that failed, aborts the signals and closes in reverse order', async () => {
    const seen: string[] = [];
    const closing = (name: string, requires = {}) =>
      defineModule({
        name,
        summary: '',
        config: none,
        requires,
        setup: ({ signal }) => ({ close: () => void seen.push(`${name} ${signal.aborted}`) }),
      });
    const host = await start([lamp, closing('first'), closing('second')]);
    await host.stop();
    assert.deepEqual(seen.splice(0), ['second true', 'first true']);
    const broken = defineModule({
      name: 'broken',
      summary: '',
      config: none,
      setup: () => Promise.reject(new Error('no')),
    });
    await assert.rejects(start([closing('first'), broken]), /no/);
    assert.deepEqual(seen, ['first true']);
  });

  test('commands are found by name, with their arguments typed by the schema', async () => {
    const add = command({
      name: 'add',
      summary: '',
      args: z.object({ a: z.int(), b: z.int() }),
      run: ({ a, b }) => a + b,
    });
    const host = await start([
      defineModule({ name: 'sum', summary: '', config: none, setup: () => ({ commands: [add] }) }),
    ]);
    assert.equal(await host.commands.get('add')?.run({ a: 1, b: 2 }), 3);
  });
});
