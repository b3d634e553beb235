/** Reads the configuration, and checks what only shows once all of it is there. */
import { z } from 'zod';
import type { Config } from './config.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { refuseClashes } from './domains.ts';
import { applyEnvironment } from './environment.ts';
import { type ConfigSource, configOf } from './load.ts';
import { moduleSections } from './module-options.ts';
import { Places } from './places.ts';
import { configShape } from './schema.ts';

/** Throws `ConfigErrors`. */
export function readConfiguration(source: ConfigSource): Config {
  return checkedConfig(source.file === undefined ? undefined : readDocument(source.file), source);
}

/** `readConfiguration` for a document that has been read. */
export function checkedConfig(document: ConfigDocument | undefined, source: Omit<ConfigSource, 'file'>): Config {
  const config = configOf(document, source);
  const structure = z.object(configShape(moduleSections(source.modules)));
  const { value, variables } = applyEnvironment(structure, document?.value ?? {}, source.env);
  refuseClashes(config, value, new Places(document, variables));
  return config;
}
