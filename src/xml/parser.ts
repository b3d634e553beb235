/** The XML of a stream, RFC 6120 section 4 and 11: bytes in, stream header, stanzas and end of the stream out. */
import { Builder } from './builder.ts';
import { GT, LT, SLASH, skipSpace } from './chars.ts';
import { Element } from './element.ts';
import { DEFAULT_LIMITS, notWellFormed, XmlError, type XmlLimits } from './error.ts';
import { Lexer } from './lexer.ts';
import { NO_SCOPE, type Scope, scopeOf } from './namespaces.ts';
import { plain } from './plain.ts';
import { skipByteOrderMark, skipDeclaration } from './prolog.ts';
import { SCRATCH_BYTES } from './scratch.ts';
import { EMPTY, KIND } from './tape.ts';

export const STREAM_NS = 'http://etherx.jabber.org/streams';

/** What `next` gives for the end tag of the stream. Compare by identity. */
export const CLOSE = new Element(STREAM_NS, 'close');

export interface ParserOptions {
  /**
   * A content namespace (`jabber:server`, `jabber:component:accept`) whose elements are given out in `jabber:client`,
   * so that everything behind the parser sees one vocabulary.
   */
  readonly normalizeFrom?: string | undefined;
}

const NOTHING = Buffer.alloc(0);
/** White space that may stand in the end tag of the stream. */
const CLOSE_SLACK = 64;
const MIN_CAPACITY = 512;
/** Fewer bytes that do not end with a tag are no whole stanza. */
const WORTH_A_TRY = 1024;
/** How far to look for a short stanza: what strings cut from it may keep in memory. */
const SHORT_BYTES = 4096;

type Phase = 'start' | 'restart' | 'header' | 'content' | 'empty' | 'over';

const builder = new Builder();
/** One lexer is enough for all streams that are not in the middle of a stanza. */
let spare: Lexer | undefined;

/**
 * One direction of a stream. `push` gives it bytes, `next` takes events out until it has none left:
 *
 * - the stream header, as an element without children, first of all and after each `reset`;
 * - then every child of the stream, whole;
 * - then `CLOSE`, after which nothing more is read.
 *
 * `next` gives undefined when more bytes are needed. It throws `XmlError` once; after that the stream is over and what
 * is pushed is dropped. A reader that stops before undefined may go on later where it stopped.
 *
 * Memory: a pushed chunk is read in place. It may be reused once `next` has given undefined, when the beginning of an
 * unfinished stanza has been copied, or after `keep`. Between stanzas the parser holds no buffer. In the middle of one
 * it holds at most twice the bytes so far, which `limits.maxBytes` bounds, and one chunk.
 *
 * Strings of a stanza may be slices of its text, or of up to 4 KiB that came with it. In longer stanzas attribute values
 * are copies, and beyond 16 KiB small texts too, so that what is kept of a stanza does not keep much else.
 */
export class StreamParser {
  /** May be raised at any time; holds from the next stanza on. */
  limits: XmlLimits;
  /** The default namespace that the stream header has declared, before any renaming. */
  contentNs = '';

  readonly #normalizeFrom: string | undefined;
  #phase: Phase = 'start';
  #bytes: Buffer = NOTHING;
  /** Where the unread bytes begin: in the middle of a stanza, at its `<`. */
  #pos = 0;
  #end = 0;
  /** The bytes are a copy that may be written to. */
  #owned = false;
  /** In the middle of a stanza or header. */
  #lexer: Lexer | undefined;
  #scope: Scope = NO_SCOPE;
  /** The name of the root, as its end tag must have it. */
  #root = '';

  constructor(limits: XmlLimits = DEFAULT_LIMITS, options: ParserOptions = {}) {
    this.limits = limits;
    this.#normalizeFrom = options.normalizeFrom;
  }

  /** The prefixes that the stream header has bound: prefix, namespace, prefix, namespace. */
  get prefixes(): readonly string[] {
    return this.#scope.prefixes;
  }

  /** Bytes held back for an unfinished stanza or a reader that has stopped; a measure of memory. */
  get heldBytes(): number {
    return this.#owned ? this.#bytes.length : 0;
  }

  push(chunk: Buffer): void {
    plain.forget();
    if (this.#phase === 'over') return;
    if (this.#pos < this.#end) {
      this.#append(chunk);
    } else {
      this.#bytes = chunk;
      this.#pos = 0;
      this.#end = chunk.length;
      this.#owned = false;
    }
  }

  next(): Element | undefined {
    try {
      const element = this.#phase === 'content' ? this.#content() : this.#opening();
      if (element === undefined) this.keep();
      return element;
    } catch (error) {
      this.#phase = 'over';
      this.discard();
      throw error;
    }
  }

  /** Copies what is unread, so that the pushed chunk may be reused though `next` has more to give. */
  keep(): void {
    if (this.#pos === this.#end) this.#letGo();
    else if (!this.#owned) this.#append(NOTHING);
  }

  /**
   * The stream starts again (RFC 6120 section 4.3.3): the next event is its new header, read from the bytes behind the
   * last event. Call it before `next` is called again.
   */
  reset(): void {
    this.#lexer = undefined;
    this.#scope = NO_SCOPE;
    this.#phase = 'restart';
    this.contentNs = '';
  }

  /** Drops unread bytes: nothing that came in plaintext may count after STARTTLS (RFC 6120 section 5.4.3.3). */
  discard(): void {
    this.#lexer = undefined;
    this.#letGo();
  }

  #content(): Element | undefined {
    if (this.#lexer !== undefined) return this.#readOn();
    const bytes = this.#bytes;
    const end = this.#end;
    const at = this.#skipSpace();
    if (at === end) return undefined;
    if (bytes[at] !== LT) throw new XmlError('bad-format', 'text between stanzas');
    if (at + 1 === end) return undefined;
    if (bytes[at + 1] === SLASH) return this.#close();
    if (end - at >= WORTH_A_TRY || bytes[end - 1] === GT) {
      const element = this.#readPlain(Math.min(end, at + SHORT_BYTES));
      if (element !== undefined && plain.length <= this.limits.maxBytes) {
        this.#pos = at + plain.length;
        return element;
      }
    }
    const lexer = this.#lexerAt();
    return lexer.run() ? this.#take(lexer, builder.build(lexer, this.#scope)) : this.#wait(lexer);
  }

  /** In the middle of a stanza. Once it is whole and its bytes are together, the short way is open again. */
  #readOn(): Element | undefined {
    const lexer = this.#lexerAt();
    if (!lexer.run()) return this.#wait(lexer);
    const short = lexer.pos - lexer.base <= SCRATCH_BYTES ? this.#readPlain(lexer.pos) : undefined;
    return this.#take(lexer, short ?? builder.build(lexer, this.#scope));
  }

  #readPlain(end: number): Element | undefined {
    return plain.read(this.#bytes, this.#pos, end, this.#scope, this.limits);
  }

  #skipSpace(): number {
    return (this.#pos = skipSpace(this.#bytes, this.#pos, this.#end));
  }

  /** The lexer, set to what may be read: never more than the limit, so that reading stops right there. */
  #lexerAt(): Lexer {
    const pos = this.#pos;
    const end = Math.min(this.#end, pos + this.limits.maxBytes);
    let lexer = this.#lexer;
    if (lexer === undefined) {
      lexer = spare ?? new Lexer();
      spare = undefined;
      lexer.begin(this.#bytes, pos, end, this.limits);
      this.#lexer = lexer;
    } else {
      lexer.extend(this.#bytes, pos, end);
    }
    return lexer;
  }

  #wait(lexer: Lexer): undefined {
    if (lexer.end < this.#end) throw new XmlError('policy-violation', 'stanza too big');
  }

  /** Moves on behind what the lexer has read. */
  #take(lexer: Lexer, element: Element): Element {
    this.#pos = lexer.pos;
    this.#lexer = undefined;
    lexer.release();
    spare = lexer;
    return element;
  }

  /** Everything but stanzas: what happens once a stream. */
  #opening(): Element | undefined {
    if (this.#phase === 'start' || this.#phase === 'restart') {
      if (!this.#prolog(this.#phase === 'restart')) return undefined;
      this.#phase = 'header';
    }
    if (this.#phase === 'header') return this.#header();
    if (this.#phase === 'empty') return this.#over();
    this.#pos = this.#end;
    return undefined;
  }

  /** A restarted stream may begin with white space: it ended the stream before. */
  #prolog(restart: boolean): boolean {
    if (restart) this.#skipSpace();
    let at = this.#pos;
    if (!restart) at = skipByteOrderMark(this.#bytes, at, this.#end);
    if (at >= 0) at = skipDeclaration(this.#bytes, at, this.#end);
    if (at >= 0) this.#pos = at;
    return at >= 0;
  }

  #header(): Element | undefined {
    if (this.#lexer === undefined) {
      const at = this.#skipSpace();
      if (at < this.#end && this.#bytes[at] !== LT) notWellFormed('text before the stream header');
      if (at === this.#end) return undefined;
    }
    const lexer = this.#lexerAt();
    if (!lexer.runTag()) return this.#wait(lexer);
    const header = builder.buildTag(lexer);
    const tape = lexer.tape.ints;
    const base = lexer.base;
    this.#root = lexer.bytes.toString('latin1', base + (tape[1] as number), base + (tape[2] as number));
    this.#scope = scopeOf(builder.defaultNs, builder.prefixes.list(), this.#normalizeFrom);
    this.contentNs = builder.defaultNs;
    this.#phase = ((tape[0] as number) & KIND) === EMPTY ? 'empty' : 'content';
    return this.#take(lexer, header);
  }

  /** The end tag of the stream, of which the first two bytes are there. */
  #close(): Element | undefined {
    const from = this.#pos + 2;
    const gt = this.#bytes.indexOf(GT, from);
    if (gt < 0 || gt >= this.#end) {
      if (this.#end - from > this.#root.length + CLOSE_SLACK) notWellFormed('mismatched end tag');
      return undefined;
    }
    const name = this.#bytes.toString('latin1', from, gt).replace(/[ \t\r\n]+$/, '');
    if (name !== this.#root) notWellFormed('mismatched end tag');
    return this.#over();
  }

  #over(): Element {
    this.#phase = 'over';
    this.#letGo();
    return CLOSE;
  }

  #letGo(): void {
    this.#bytes = NOTHING;
    this.#pos = 0;
    this.#end = 0;
    this.#owned = false;
  }

  /** Puts a chunk behind the unread bytes, in memory of the parser's own. Each byte is copied a few times at most. */
  #append(chunk: Buffer): void {
    const live = this.#end - this.#pos;
    const need = live + chunk.length;
    if (!this.#owned || this.#end + chunk.length > this.#bytes.length) {
      const room = this.#owned && need * 2 <= this.#bytes.length ? this.#bytes : grow(need);
      room.set(this.#bytes.subarray(this.#pos, this.#end));
      this.#bytes = room;
      this.#pos = 0;
      this.#end = live;
      this.#owned = true;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}

function grow(need: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.max(MIN_CAPACITY, need * 2));
}

/**
 * One whole element: a WebSocket frame (RFC 7395 section 3.3), a stored stanza. The rules are those of a stream; an XML
 * declaration before it and white space around it are accepted. Throws `XmlError`.
 */
export function parseDocument(data: Buffer | string, limits: XmlLimits = DEFAULT_LIMITS): Element {
  const bytes = typeof data === 'string' ? encode(data) : data;
  const end = bytes.length;
  if (end > limits.maxBytes) throw new XmlError('policy-violation', 'document too big');
  let at = skipByteOrderMark(bytes, 0, end);
  if (at >= 0) at = skipDeclaration(bytes, at, end);
  if (at < 0) notWellFormed('incomplete document');
  at = skipSpace(bytes, at, end);
  if (bytes[at] !== LT) notWellFormed('text outside of the element');
  plain.forget();
  const short = plain.read(bytes, at, end, NO_SCOPE, limits);
  if (short !== undefined) return endsAt(bytes, at + plain.length, short);
  const lexer = spare ?? new Lexer();
  spare = undefined;
  lexer.begin(bytes, at, end, limits);
  if (!lexer.run()) notWellFormed('incomplete document');
  const element = builder.build(lexer, NO_SCOPE);
  const behind = lexer.pos;
  lexer.release();
  spare = lexer;
  return endsAt(bytes, behind, element);
}

function endsAt(bytes: Buffer, at: number, element: Element): Element {
  return skipSpace(bytes, at, bytes.length) === bytes.length ? element : notWellFormed('text outside of the element');
}

function encode(text: string): Buffer {
  if (!text.isWellFormed()) throw new XmlError('unsupported-encoding', 'half of a surrogate pair');
  return Buffer.from(text);
}
