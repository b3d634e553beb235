/** ANONYMOUS (RFC 4505, XEP-0175): a localpart for the length of a session. */
import { randomUUID } from 'node:crypto';
import { askForInitial, failure, type Mechanism, type SaslStep } from './sasl.ts';
import { decodeUtf8 } from './text.ts';

/** RFC 4505 section 2: the most that trace information may have, in characters. */
const MAX_TRACE = 255;

export const anonymous: Mechanism = {
  name: 'ANONYMOUS',
  available: () => true,
  begin: () => ({ respond: (data) => (data === undefined ? askForInitial : login(data)) }),
};

/** Trace information is checked for its form and forgotten. */
function login(data: Buffer): SaslStep {
  const trace = decodeUtf8(data);
  if (trace === undefined || [...trace].length > MAX_TRACE) return failure('malformed-request');
  return { kind: 'success', mechanism: 'ANONYMOUS', local: randomUUID(), authzid: undefined, data: undefined };
}
