/** What the server itself serves over HTTP: metrics for Prometheus, liveness and readiness. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Health, HealthAnswer } from '../telemetry/health.ts';
import type { PrometheusMetrics } from '../telemetry/metrics.ts';

export class HttpPages {
  readonly #metrics: PrometheusMetrics;
  readonly #health: Health;
  /** Who may read the metrics; nobody where they are switched off. Replaced by a reload. */
  mayReadMetrics: (address: string) => boolean = () => false;

  constructor(metrics: PrometheusMetrics, health: Health) {
    this.#metrics = metrics;
    this.#health = health;
  }

  register(app: FastifyInstance): void {
    app.get('/healthz', (_, reply) => answer(reply, this.#health.healthz()));
    app.get('/readyz', async (_, reply) => answer(reply, await this.#health.readyz()));
    app.get('/metrics', (request, reply) => this.#scrape(request, reply));
  }

  async #scrape(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (!this.mayReadMetrics(request.ip)) return reply.code(403).send({ error: 'not allowed from this address' });
    return reply.type(this.#metrics.contentType).send(await this.#metrics.scrape());
  }
}

function answer(reply: FastifyReply, { status, body }: HealthAnswer): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').send(body);
}
