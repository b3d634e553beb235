/** Commands that need no server: `check`, `config example`, `module list`. */
import type { Module } from '../kernel/define-module.ts';
import { print } from './command-runner.ts';
import type { GlobalOptions, Program } from './io.ts';
import { readConfig } from './sources.ts';

export async function check(options: GlobalOptions, program: Program): Promise<void> {
  const { config } = await readConfig(options, program);
  const value = {
    file: config.file ?? null,
    data: config.data,
    database: config.database.engine,
    hosts: config.hosts.map((it) => it.domain),
    ports: config.listeners.map((it) => it.port),
  };
  const { certificateWarnings } = await import('../server/config/certificate-warnings.ts');
  const warnings = certificateWarnings(config, Date.now());
  if (options.json) print({ ok: true, ...value, warnings }, options, program);
  else {
    print({ configuration: 'correct', ...value }, options, program);
    for (const it of warnings) program.io.err(`parley: warning: ${it}\n`);
  }
}

export async function configExample(options: GlobalOptions, program: Program): Promise<void> {
  const { exampleConfig } = await import('../server/config/example.ts');
  const text = exampleConfig(await program.loadModules());
  if (options.json) print({ text }, options, program);
  else program.io.out(text);
}

export async function moduleList(options: GlobalOptions, program: Program): Promise<void> {
  const { config, modules } = await readConfig(options, program);
  const rows = modules.map((module) => {
    const hosts = config.hosts.filter((it) => it.modules.includes(module)).map((it) => it.domain);
    return { name: module.name, hosts, xeps: xepsOf(module), summary: module.summary };
  });
  if (options.json) print(rows, options, program);
  else {
    const all = config.hosts.length;
    const on = (hosts: readonly string[]): string =>
      hosts.length === 0 ? 'off' : hosts.length === all ? 'on' : hosts.join(', ');
    print(
      rows.map(({ hosts, ...it }) => ({ name: it.name, is: on(hosts), xeps: it.xeps, summary: it.summary })),
      options,
      program,
    );
  }
}

function xepsOf({ xeps = [] }: Module): readonly string[] {
  return xeps.map((it) => String(it.number).padStart(4, '0'));
}
