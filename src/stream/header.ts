/** What a client says when it opens a stream (RFC 6120 section 4.7). */
import { parseJid, prepareDomain, type Jid } from '../jid/jid.ts';
import type { Element } from '../xml/element.ts';
import { StreamError } from '../xmpp/stream-error.ts';

export interface ClientHeader {
  /** The prepared domain that the client wants. */
  readonly to: string;
  readonly from: Jid | undefined;
}

const noAddress = new StreamError('improper-addressing', 'the stream header has no to attribute');
const hostUnknown = new StreamError('host-unknown');
const invalidFrom = new StreamError('invalid-from');
const unsupportedVersion = new StreamError('unsupported-version');

/** Checks a header; the error ends the stream. */
export function readHeader(header: Element): ClientHeader | StreamError {
  const version = /^(\d{1,9})\.\d{1,9}$/.exec(header.attr('version') ?? '');
  if (version === null || Number(version[1]) < 1) return unsupportedVersion; // section 4.7.5
  const to = header.attr('to');
  if (to === undefined || to === '') return noAddress;
  const domain = prepareDomain(to);
  if (domain === undefined) return hostUnknown;
  const text = header.attr('from');
  if (text === undefined || text === '') return { to: domain, from: undefined };
  const from = parseJid(text);
  // XEP-0388 section 2.1: an account of another domain cannot be meant.
  if (from === undefined || from.domain !== domain) return invalidFrom;
  return { to: domain, from: from.bareJid };
}
