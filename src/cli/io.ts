/** What the command line touches of the world, so that tests can stand in for a terminal. */
import type { Readable } from 'node:stream';
import type { Command } from '../kernel/command.ts';
import type { Module } from '../kernel/define-module.ts';
import type { Logger } from '../kernel/log.ts';
import type { Config } from '../server/config/config.ts';

export interface Terminal extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export interface Io {
  readonly stdin: Terminal;
  /** Writes text as it is. */
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface ListenerStatus {
  readonly protocol: string;
  readonly tls: string;
  readonly address: string;
  readonly port: number;
}

export interface Status {
  readonly version: string;
  readonly listeners: readonly ListenerStatus[];
  readonly hosts: readonly { readonly domain: string }[];
}

/** What the command line asks of a server. */
export interface RunningServer {
  command(name: string, args: Readonly<Record<string, unknown>>, host?: string): Promise<unknown>;
  commands(): readonly Command[];
  status(): Status;
  reload(config: Config): Promise<unknown>;
  /** Whether anybody could log in. */
  hasAccounts(): Promise<boolean>;
  stop(): Promise<unknown>;
}

/** What takes long to load is loaded when it is needed. */
export interface Program {
  readonly io: Io;
  loadModules(): Promise<readonly Module[]>;
  startServer(config: Config, options: { listen: boolean; log: Logger }): Promise<RunningServer>;
}

/** The options that every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly data?: string;
  readonly host?: string;
  readonly json?: boolean;
}
