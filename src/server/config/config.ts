/** The configuration as the server uses it: checked, with defaults, absolute paths, secrets and prepared domains. */
import type { z } from 'zod';
import type { Module } from '../../kernel/define-module.ts';
import type { DatabaseConfig } from './database-option.ts';
import type { configShape } from './schema.ts';

/** The top-level options as their schemas return them. */
export type Sections = {
  readonly [K in keyof ReturnType<typeof configShape>]: z.output<ReturnType<typeof configShape>[K]>;
};

/** One virtual host; fits where the server asks for the modules of a host, their options and its administrators. */
export interface HostConfig {
  readonly domain: string;
  /** Prepared bare addresses. */
  readonly admins: ReadonlySet<string>;
  /** Absolute; undefined: the certificate of the server, or a self-signed one. */
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly anonymous: boolean;
  readonly modules: readonly Module[];
  /** By module name, what the module's schema is to be given. It is known to fit. */
  readonly options: Readonly<Record<string, unknown>>;
  /** By module name, what its schema makes of it, defaults included. */
  readonly effective: Readonly<Record<string, unknown>>;
}

/** Durations are in milliseconds, sizes in bytes. */
export interface Config
  extends Pick<
    Sections,
    'listeners' | 'trusted' | 'tls' | 'auth' | 'limits' | 'metrics' | 'shutdownTimeout' | 'seeOtherUri'
  > {
  /** Undefined when there is no configuration file. */
  readonly file: string | undefined;
  /** Absolute. */
  readonly data: string;
  readonly database: DatabaseConfig;
  readonly hosts: readonly HostConfig[];
  /** Domain to secret. */
  readonly components: ReadonlyMap<string, string>;
  readonly log: Sections['log'];
}
