/** The two ways to put a stream on a transport: one long document (RFC 6120) or an element a message (RFC 7395). */
import type { Framing } from '../kernel/transport.ts';
import { clark, Element } from '../xml/element.ts';
import { XmlError, type XmlLimits } from '../xml/error.ts';
import { escapeAttribute } from '../xml/escape.ts';
import { CLOSE, parseDocument, StreamParser } from '../xml/parser.ts';
import { writeElement } from '../xml/writer.ts';
import { NS } from '../xmpp/ns.ts';

/** The peer closed its stream: what `next` returns for `</stream:stream>` and for `<close/>`. */
export const CLOSED: Element = new Element(NS.streams, 'closed');

/** The key of a stream header, whichever way it came. */
export const HEADER = clark(NS.streams, 'stream');

/** The language that the server speaks (RFC 6120 section 4.7.4). */
export const SERVER_LANG = 'en';

interface HeaderAttributes {
  readonly from: string;
  readonly id: string;
  readonly to: string | undefined;
}

/** Reads and writes one stream. Reading is by pull: whoever reads may stop in the middle of a chunk. */
export interface StreamFraming {
  limits: XmlLimits;
  /** The default namespace that the peer's header has declared (RFC 6120 section 4.8.2); '' when it declared none. */
  readonly contentNs: string;
  /** Reads the chunk in place: it belongs to the caller again once `next` gave undefined, or after `keep`. */
  push(chunk: Buffer): void;
  /** The next header, child element or `CLOSED`; undefined when more bytes are needed. Throws XmlError. */
  next(): Element | undefined;
  /** Copies what was pushed and not yet read. */
  keep(): void;
  /** The peer will open its stream anew (RFC 6120 section 4.3.3). */
  restart(): void;
  /** Forgets what was received and not yet read (RFC 6120 section 5.4.3.3). */
  discard(): void;
  open(header: HeaderAttributes): string;
  readonly close: string;
  /** Closes and sends the client elsewhere (RFC 7395 section 3.6.1); undefined where the framing has no words for it. */
  redirect(uri: string): string | undefined;
  /** An element of the streams namespace, with its customary prefix. */
  streamElement(element: Element): string;
  /** Any other element that is no stanza. */
  element(element: Element): string;
  /** A stanza that was serialised for the content namespace. */
  stanza(xml: string): string;
}

export function framingFor(kind: Framing, limits: XmlLimits, contentNs: string = NS.client): StreamFraming {
  return kind === 'stream' ? new DocumentFraming(limits, contentNs) : new MessageFraming(limits);
}

/** RFC 6120 section 4: stanzas are children of one root that stays open. */
class DocumentFraming implements StreamFraming {
  readonly #parser: StreamParser;
  readonly #contentNs: string;

  constructor(limits: XmlLimits, contentNs: string) {
    this.#parser = new StreamParser(limits, contentNs === NS.client ? {} : { normalizeFrom: contentNs });
    this.#contentNs = contentNs;
  }

  get close(): string {
    return '</stream:stream>';
  }

  redirect(): undefined {
    return undefined;
  }

  get limits(): XmlLimits {
    return this.#parser.limits;
  }

  set limits(limits: XmlLimits) {
    this.#parser.limits = limits;
  }

  get contentNs(): string {
    return this.#parser.contentNs;
  }

  push(chunk: Buffer): void {
    this.#parser.push(chunk);
  }

  next(): Element | undefined {
    const element = this.#parser.next();
    return element === CLOSE ? CLOSED : element;
  }

  keep(): void {
    this.#parser.keep();
  }

  restart(): void {
    this.#parser.reset();
  }

  discard(): void {
    this.#parser.discard();
  }

  open({ from, id, to }: HeaderAttributes): string {
    const peer = to === undefined ? '' : ` to='${escapeAttribute(to)}'`;
    // XEP-0114 section 3 knows no version: one that is there promises features (RFC 6120 section 4.3.2).
    const version = this.#contentNs === NS.component ? '' : ` version='1.0' xml:lang='${SERVER_LANG}'`;
    return (
      `<?xml version='1.0'?><stream:stream xmlns='${this.#contentNs}' xmlns:stream='${NS.streams}'` +
      ` from='${escapeAttribute(from)}'${peer} id='${id}'${version}>`
    );
  }

  streamElement(element: Element): string {
    return `<stream:${element.name}>${children(element, this.#contentNs)}</stream:${element.name}>`;
  }

  element(element: Element): string {
    return writeElement(element, this.#contentNs);
  }

  stanza(xml: string): string {
    return xml;
  }
}

/** RFC 7395 section 3: every message is one element that stands alone, and the root is never sent. */
class MessageFraming implements StreamFraming {
  limits: XmlLimits;
  #messages: Buffer[] = [];

  constructor(limits: XmlLimits) {
    this.limits = limits;
  }

  get close(): string {
    return `<close xmlns='${NS.framing}'/>`;
  }

  redirect(uri: string): string {
    return `<close xmlns='${NS.framing}' see-other-uri='${escapeAttribute(uri)}'/>`;
  }

  get contentNs(): string {
    return NS.client;
  }

  push(message: Buffer): void {
    this.#messages.push(message);
  }

  next(): Element | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    const element = parseDocument(message, this.limits);
    // Section 3.3.2: the root of RFC 6120 has no place here.
    if (element.key === HEADER) throw new XmlError('invalid-namespace', '<open/> begins a stream over WebSocket');
    if (element.ns !== NS.framing) return element;
    if (element.name === 'close') return CLOSED;
    if (element.name !== 'open') throw new XmlError('bad-format', `there is no <${element.name}/> in framing`);
    return new Element(NS.streams, 'stream', element.attrs);
  }

  keep(): void {
    // One at most, or none: transports hand nothing over while they are paused.
    this.#messages = this.#messages.map((it) => Buffer.from(it));
  }

  restart(): void {}

  discard(): void {
    this.#messages = [];
  }

  open({ from, id, to }: HeaderAttributes): string {
    const peer = to === undefined ? '' : ` to='${escapeAttribute(to)}'`;
    return `<open xmlns='${NS.framing}' from='${escapeAttribute(from)}'${peer} id='${id}' version='1.0' xml:lang='${SERVER_LANG}'/>`;
  }

  streamElement(element: Element): string {
    return `<stream:${element.name} xmlns:stream='${NS.streams}'>${children(element, '')}</stream:${element.name}>`;
  }

  element(element: Element): string {
    return writeElement(element, '');
  }

  /** RFC 7395 section 3.3.3: the content namespace is declared on each stanza. */
  stanza(xml: string): string {
    const end = xml.indexOf(' ');
    return `${xml.slice(0, end)} xmlns='${NS.client}'${xml.slice(end)}`;
  }
}

function children(element: Element, defaultNs: string): string {
  let xml = '';
  for (const child of element.elements()) xml += writeElement(child, defaultNs);
  return xml;
}
