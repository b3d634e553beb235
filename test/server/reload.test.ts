/** A new configuration in a running server: all of it or nothing, and whoever gives a domain up leaves it to the next. */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { command } from '../../src/kernel/command.ts';
import { domainName } from '../../src/kernel/config-schema.ts';
import { defineModule } from '../../src/kernel/define-module.ts';
import { silent } from '../../src/kernel/log.ts';
import { startServer } from '../../src/server/server.ts';
import { load } from './config/support.ts';

const MODULES = [
  defineModule({
    name: 'echo',
    summary: 'Says its word',
    config: z.object({ word: z.string().default('one'), domain: domainName().optional() }),
    domains: (host, { domain }) => [domain ?? `echo.${host}`],
    setup({ host, config }) {
      if (config.word === 'broken') throw new Error('it is broken');
      return {
        commands: [command({ name: 'echo', summary: 'Says it', args: z.object({}), run: () => config.word })],
        components: [{ domain: config.domain ?? `echo.${host.domain}`, receive: () => undefined }],
      };
    },
  }),
];

async function start(context: TestContext, text: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-reload-'));
  const config = (it: string) =>
    load(`listeners: [{ port: 0, protocol: component }]\n${it}`, { dataDir, modules: MODULES });
  const server = await startServer(config(text), { listen: false, log: silent });
  context.after(() => server.stop());
  return {
    server,
    reload: (it: string) => server.reload(config(it)),
    said: (host: string) => server.command('echo', {}, host),
    services: () => [...server.engine.router.services()].sort(),
  };
}

/** Two hosts, and the word of each. */
const words = (a: string, b: string): string =>
  `hosts: { a.test: { modules: { echo: { word: ${a} } } }, b.test: { modules: { echo: { word: ${b} } } } }\n`;

test('a reload that fails half-way leaves everything as it was, and the same again fails again', async (context) => {
  const { server, reload, said, services } = await start(context, words('one', 'one'));
  const before = server.config;
  const component = 'components: { irc.test: { secret: s } }\nlimits: { depth: 99 }\n';
  for (let time = 0; time < 2; time++) {
    await assert.rejects(reload(words('two', 'broken') + component), /it is broken/);
    assert.equal(server.config, before);
    assert.equal(server.engine.streams.settings.afterAuth.maxDepth, before.limits.depth);
    assert.deepEqual([await said('a.test'), await said('b.test')], ['one', 'one']);
    assert.deepEqual(services(), ['echo.a.test', 'echo.b.test']);
  }
  await reload(words('two', 'three') + component);
  assert.deepEqual([await said('a.test'), await said('b.test')], ['two', 'three']);
  assert.deepEqual(services(), ['echo.a.test', 'echo.b.test', 'irc.test']);
});

test('a host that was removed may come back, and its subdomains with it', async (context) => {
  const { reload, said, services } = await start(context, words('one', 'one'));
  await reload('hosts: { a.test: {} }');
  assert.deepEqual(services(), ['echo.a.test']);
  await reload(words('one', 'two'));
  assert.equal(await said('b.test'), 'two');
});

test('a module takes over the domain of a component, and the other way round', async (context) => {
  const component = 'hosts: { a.test: {} }\ncomponents: { irc.test: { secret: s } }\n';
  const { reload, services } = await start(context, component);
  await reload('hosts: { a.test: { modules: { echo: { domain: irc.test } } } }');
  assert.deepEqual(services(), ['irc.test']);
  await reload(component);
  assert.deepEqual(services(), ['echo.a.test', 'irc.test']);
});
