/** What a peer says when it opens a stream (RFC 6120 section 4.7). */
import { type Jid, parseJid, prepareDomain } from '../jid/jid.ts';
import { ownString } from '../util/own-string.ts';
import type { Element } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { StreamError } from '../xmpp/stream-error.ts';

interface ClientHeader {
  /** The prepared domain that the client wants. */
  readonly to: string;
  /** Who it says it is: a bare address of that domain. */
  readonly from: Jid | undefined;
  /** The language of its stanzas where they do not say otherwise. */
  readonly lang: string | undefined;
}

const notAStream = new StreamError('invalid-namespace', 'the stream is not in the stream namespace');
const wrongContent = new StreamError('invalid-namespace', 'the content namespace is not one of this port');
const headerFirst = new StreamError('bad-format', 'a stream begins with a header');
const noAddress = new StreamError('improper-addressing', 'the stream header has no to attribute');
const hostUnknown = new StreamError('host-unknown');
const invalidFrom = new StreamError('invalid-from');
const unsupportedVersion = new StreamError('unsupported-version');

/** RFC 5646 section 2.1, roughly: longer tags than that are not in use. */
const LANGUAGE = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/;

/** Checks the root of a stream: its name, its namespace, and the default namespace of what will be in it. */
export function checkRoot(root: Element, contentNs: string, expectedNs: string): StreamError | undefined {
  if (root.ns !== NS.streams) return notAStream; // RFC 6120 section 4.8.1
  if (root.name !== 'stream') return headerFirst;
  // Section 4.8.2: a peer may declare none, and qualify each stanza instead.
  if (contentNs !== expectedNs && contentNs !== '' && contentNs !== NS.streams) return wrongContent;
  return undefined;
}

/** Reads a client's header; the error ends the stream. */
export function readHeader(header: Element): ClientHeader | StreamError {
  const version = /^(\d{1,9})\.\d{1,9}$/.exec(header.attr('version') ?? '');
  if (version === null || Number(version[1]) < 1) return unsupportedVersion; // section 4.7.5
  const to = header.attr('to');
  if (to === undefined || to === '') return noAddress;
  const domain = prepareDomain(to);
  if (domain === undefined) return hostUnknown;
  const lang = languageOf(header);
  const text = header.attr('from');
  // Net::XMPP names the machine that it runs on; without a localpart that says nothing of who the client is.
  if (!text?.includes('@')) return { to: domain, from: undefined, lang };
  const from = parseJid(text);
  // XEP-0388 section 2.1: an account of another domain cannot be meant.
  if (from === undefined || from.domain !== domain) return invalidFrom;
  return { to: domain, from: from.local === '' ? undefined : from.bareJid, lang };
}

function languageOf(header: Element): string | undefined {
  const lang = header.attr('xml:lang');
  return lang !== undefined && LANGUAGE.test(lang) ? ownString(lang) : undefined;
}
