/** The log of this process, opened for whoever starts a server in it. */
import { createLogger, type LogOptions, type LogSink } from '../telemetry/logger.ts';

export type { LogSink };

export function openLog(options: LogOptions): LogSink {
  return createLogger(options);
}
