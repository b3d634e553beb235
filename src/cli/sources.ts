/** Which configuration a command works with: --config and --data, then the environment, then what lies at hand. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Module } from '../kernel/define-module.ts';
import type { Config } from '../server/config/config.ts';
import type { GlobalOptions, Program } from './io.ts';

const HERE = 'parley.yaml';

/** --config, PARLEY_CONFIG, or parley.yaml in the working directory; undefined: the defaults hold. */
function configFile({ config }: GlobalOptions, { io }: Program): string | undefined {
  return config ?? (io.env['PARLEY_CONFIG'] || undefined) ?? (existsSync(HERE) ? HERE : undefined);
}

/** Throws `ConfigErrors`. */
export async function readConfig(
  options: GlobalOptions,
  program: Program,
): Promise<{
  readonly config: Config;
  readonly modules: readonly Module[];
}> {
  const { readConfiguration } = await import('../server/config/read.ts');
  const modules = await program.loadModules();
  const source = { file: configFile(options, program), env: program.io.env, dataDir: options.data, modules };
  return { config: readConfiguration(source), modules };
}

/** Absolute; needs no more than the file to be YAML, so that a running server can be spoken to in any case. */
export async function dataDirectory(options: GlobalOptions, program: Program): Promise<string> {
  if (options.data !== undefined) return resolve(options.data);
  const { locateData } = await import('../server/config/load.ts');
  return locateData({ file: configFile(options, program), env: program.io.env });
}
