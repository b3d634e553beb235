/** The pool of PostgreSQL connections. */
import { Pool, type PoolClient } from 'pg';
import type { BoundCall } from '../engine.ts';
import { ConnectionLost } from './errors.ts';
import { type PipelineOutcome, runPipeline } from './pipeline.ts';

export interface ConnectionOptions {
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than the server needs to say itself that a statement timed out. */
const GRACE_MS = 5_000;
/** An operator's stricter setting (`remote_apply`) stays; anything that forgets a commit does not. */
const PREPARE_SESSION = `select set_config('statement_timeout', $1, false),
  case when current_setting('synchronous_commit') in ('off', 'local') then set_config('synchronous_commit', 'on', false) end`;

export class Connections {
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #used = new WeakSet<PoolClient>();

  constructor(url: string, options: ConnectionOptions) {
    this.#timeoutMs = options.statementTimeoutMs + GRACE_MS;
    this.#pool = new Pool({
      connectionString: url,
      max: options.poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'parley',
      // The pool waits for the promise, though its types do not say so.
      // oxlint-disable-next-line typescript/no-misused-promises
      onConnect: async (client) => {
        await client.query(PREPARE_SESSION, [String(options.statementTimeoutMs)]);
      },
    });
    // A connection that breaks while idle is replaced; one that breaks in use fails its calls.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /**
   * Runs the calls in one transaction on any connection, or on one that nobody has used before: where one was lost, the
   * others may be dead without anybody having noticed. Never rejects.
   */
  async run(calls: readonly BoundCall[], which: 'any' | 'new' = 'any'): Promise<PipelineOutcome> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
      while (which === 'new' && this.#used.has(client)) {
        client.release(true);
        client = await this.#pool.connect();
      }
    } catch (error) {
      return { rows: [], error: new ConnectionLost((error as Error).message, { cause: error }), lost: true };
    }
    this.#used.add(client);
    const outcome = await runPipeline(client, calls, calls.some(isOnce) ? undefined : this.#timeoutMs);
    client.release(outcome.lost);
    return outcome;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** Migrations take as long as they take. */
function isOnce(call: BoundCall): boolean {
  return call.statement.once;
}
