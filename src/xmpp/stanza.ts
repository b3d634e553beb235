/** Stanzas: an element with its prepared addresses (RFC 6120 section 8). */
import type { Jid } from '../jid/jid.ts';
import { Element } from '../xml/element.ts';
import { escapeAttribute } from '../xml/escape.ts';
import { writeAttribute } from '../xml/writer.ts';
import { NS } from './ns.ts';
import type { StanzaError } from './stanza-error.ts';

export type StanzaKind = 'message' | 'presence' | 'iq';

/** What all copies of a stanza share: the text up to the value of `to`, and from there on. */
interface Copies {
  readonly before: string;
  readonly behind: string;
}

/**
 * One stanza. Parsed once, serialised once: `xml` is cached, and fan-out to many recipients rewrites the start tag only.
 * The element's own `from` and `to` are not looked at after construction; the fields here are the truth.
 */
export class Stanza {
  readonly kind: StanzaKind;
  readonly element: Element;
  readonly from: Jid;
  /** Where it goes. A stanza that its client sent without `to` goes to the client's own account. */
  readonly to: Jid;
  /** False when the client gave no `to`: a presence without is a broadcast. */
  readonly addressed: boolean;
  /** The type attribute; '' when absent. */
  readonly type: string;
  readonly id: string | undefined;
  /** The archive of the account that it is for keeps it: should delivery fail, it is not lost. Set in the phase `record`. */
  kept = false;
  /** It still waits in the queue of the account that it is for: should delivery fail, it is delivered from there. */
  queued = false;
  /** What the ledger knows it by (`contracts/ledger.ts`), it and what is made of it; 0 for nothing. */
  trace = 0;
  /** Sessions that were given a copy of it (XEP-0280): should delivery fail, they have it. */
  copies: object[] | undefined = undefined;
  /** What this is a copy of, for a device that was not meant: should delivery fail to all that were, that is lost, too. */
  original: Stanza | undefined = undefined;
  #xml: string | undefined;
  #copies: Copies | undefined;

  constructor(element: Element, from: Jid, to: Jid, addressed = true) {
    this.kind = element.name as StanzaKind;
    this.element = element;
    this.from = from;
    this.to = to;
    this.addressed = addressed;
    this.type = element.attr('type') ?? '';
    this.id = element.attr('id');
  }

  /** The serialised stanza, as it reads in a stream whose content namespace is `jabber:client`. */
  get xml(): string {
    // Most stanzas have one recipient, and may wait for long: nothing else is kept of them than this text.
    return (this.#xml ??= this.#copies === undefined ? this.#write() : this.xmlTo(this.to.full));
  }

  /** The same with another `to`: what is before and behind it is made once. */
  xmlTo(to: string): string {
    const { before, behind } = (this.#copies ??= this.#split());
    return before + escapeAttribute(to) + behind;
  }

  #write(): string {
    const { name } = this.element;
    const start = `<${name} from='${escapeAttribute(this.from.full)}' to='${escapeAttribute(this.to.full)}'${this.#attributes()}`;
    const inner = this.element.innerXml();
    return inner === '' ? `${start}/>` : `${start}>${inner}</${name}>`;
  }

  #split(): Copies {
    const { name } = this.element;
    const inner = this.element.innerXml();
    const rest = inner === '' ? '/>' : `>${inner}</${name}>`;
    return {
      before: flat(`<${name} from='${escapeAttribute(this.from.full)}' to='`),
      behind: flat(`'${this.#attributes()}${rest}`),
    };
  }

  #attributes(): string {
    const { attrs } = this.element;
    let text = '';
    for (let i = 0; i < attrs.length; i += 2) {
      const attr = attrs[i] as string;
      if (attr !== 'from' && attr !== 'to') text += writeAttribute(attr, attrs[i + 1] as string, i);
    }
    return text;
  }

  /** Whether this is a reply, which is never replied to with an error (RFC 6120 section 8.3.1). */
  get isReply(): boolean {
    return this.type === 'error' || (this.kind === 'iq' && this.type === 'result');
  }

  /** The same stanza with another element, such as one with a child more. */
  replace(element: Element): Stanza {
    const other = new Stanza(element, this.from, this.to, this.addressed);
    other.trace = this.trace;
    return other;
  }

  /** The same stanza for another recipient. */
  readdress(to: Jid): Stanza {
    return new Stanza(this.element, this.from, to);
  }

  /** The stanza as an element with its true addresses: for storage and for forwarding (XEP-0297). */
  toElement(): Element {
    return this.element.with({ from: this.from.full, to: this.to.full });
  }
}

const PIECES = /\0/;

/** The same text in one piece: the engine joins its pieces to search it, and would else join them in every copy. */
function flat(text: string): string {
  PIECES.test(text);
  return text;
}

/** Builds a stanza of the server's own. */
export function stanza(
  kind: StanzaKind,
  head: { from: Jid; to: Jid; type?: string | undefined; id?: string | undefined; lang?: string | undefined },
  ...children: readonly (Element | undefined)[]
): Stanza {
  const attrs: string[] = [];
  if (head.type !== undefined && head.type !== '') attrs.push('type', head.type);
  if (head.id !== undefined) attrs.push('id', head.id);
  if (head.lang !== undefined) attrs.push('xml:lang', head.lang);
  const kept = children.filter((it): it is Element => it !== undefined);
  return new Stanza(new Element(NS.client, kind, attrs, kept), head.from, head.to);
}

/** The answer to an IQ (RFC 6120 section 8.2.3). */
export function iqResult(request: Stanza, payload?: Element): Stanza {
  return stanza('iq', { from: request.to, to: request.from, type: 'result', id: request.id }, payload);
}

/**
 * The stanza of type `error` that goes back for this one: with the payload for an IQ, but `alone` where that may hold a
 * password.
 */
export function errorReply(request: Stanza, error: StanzaError, how?: 'alone'): Stanza {
  const head = { from: request.to, to: request.from, type: 'error', id: request.id };
  const payload = request.kind === 'iq' && how !== 'alone' ? request.element.firstElement() : undefined;
  return stanza(request.kind, head, payload, error.element());
}
