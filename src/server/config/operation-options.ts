/** Options for those who run the server: log and metrics. */
import { z } from 'zod';
import { networks, path } from '../../kernel/config-schema.ts';
import { LOG_LEVELS } from '../../telemetry/logger.ts';

export const logOptions = z
  .object({
    level: z.enum(LOG_LEVELS).default('info').describe('Least important lines to write.'),
    format: z
      .enum(['auto', 'json', 'pretty'])
      .default('auto')
      .describe('json: one object a line; pretty: for people; auto: pretty on a terminal, otherwise json.'),
    file: path()
      .optional()
      .describe('Writes to this file instead of standard error; opened anew on SIGHUP.')
      .meta({ example: '/var/log/parley.log' }),
  })
  .prefault({})
  .describe('Log. Never holds message bodies or secrets.');

export const metricsOptions = z
  .object({
    enabled: z.boolean().default(true).describe('Serves /metrics on the HTTP listeners, in the format of Prometheus.'),
    allow: networks().prefault(['loopback']).describe('Networks that may read them.'),
  })
  .prefault({})
  .describe('Metrics.');
