/** Liveness and readiness, as container platforms and load balancers ask for them. */

/** The facts that readiness depends on. */
export interface HealthFacts {
  /** All listeners accept connections. */
  isListening(): boolean;
  isStopping(): boolean;
  /** Asks the database something small; rejects when it does not answer. */
  pingDatabase(): Promise<unknown>;
}

export interface HealthAnswer {
  /** HTTP status. */
  readonly status: 200 | 503;
  readonly body: { readonly ok: boolean; readonly reasons: readonly string[] };
}

export interface Health {
  /** `GET /healthz`: the process runs and its event loop turns. A restart would not help with anything else. */
  healthz(): HealthAnswer;
  /** `GET /readyz`: new connections are welcome here. */
  readyz(): Promise<HealthAnswer>;
}

const DATABASE_TIMEOUT_MS = 2000;

export function createHealth(facts: HealthFacts, timeoutMs = DATABASE_TIMEOUT_MS): Health {
  // One question at a time: a database that hangs must not collect questions.
  let pending: Promise<string | undefined> | undefined;
  const database = (): Promise<string | undefined> => {
    pending ??= facts
      .pingDatabase()
      .then(
        () => undefined,
        () => 'the database does not answer',
      )
      .finally(() => {
        pending = undefined;
      });
    return orAfter(timeoutMs, pending, `the database did not answer within ${timeoutMs} ms`);
  };
  return {
    healthz: () => answer([]),
    async readyz() {
      if (facts.isStopping()) return answer(['shutting down']);
      const reasons = [facts.isListening() ? undefined : 'not listening yet', await database()];
      return answer(reasons.filter((it) => it !== undefined));
    },
  };
}

function answer(reasons: readonly string[]): HealthAnswer {
  return { status: reasons.length === 0 ? 200 : 503, body: { ok: reasons.length === 0, reasons } };
}

function orAfter<T>(timeoutMs: number, promise: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs, otherwise);
    void promise.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
