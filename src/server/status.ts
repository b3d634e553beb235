/** What `parley status` prints. */
import type { StorageDatabase } from '../storage/engine-database.ts';
import type { Engine } from './engine.ts';
import type { OpenListener } from './listeners.ts';
import { VERSION } from './version.ts';

export interface ServerStatus {
  readonly version: string;
  readonly pid: number;
  readonly state: string;
  readonly uptimeSeconds: number;
  readonly database: string;
  readonly memoryMiB: number;
  readonly connections: number;
  readonly hosts: readonly { readonly domain: string; readonly sessions: number }[];
  readonly listeners: readonly {
    readonly protocol: string;
    readonly tls: string;
    readonly address: string;
    readonly port: number;
  }[];
}

export function serverStatus(facts: {
  engine: Engine;
  listeners: readonly OpenListener[];
  database: StorageDatabase['engine'];
  startedAt: number;
  state: string;
}): ServerStatus {
  const { engine, listeners, database, startedAt, state } = facts;
  return {
    version: VERSION,
    pid: process.pid,
    state,
    uptimeSeconds: Math.round((Date.now() - startedAt) / 1000),
    database,
    memoryMiB: Math.round(process.memoryUsage.rss() / 1_048_576),
    connections: engine.streams.table.size,
    hosts: [...engine.router.hosts()].map((it) => ({ domain: it.name.domain, sessions: it.sessions.count })),
    listeners: listeners.flatMap(({ config, addresses }) =>
      addresses.map(({ address, port }) => ({ protocol: config.protocol, tls: config.tls, address, port })),
    ),
  };
}
