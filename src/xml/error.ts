/** Why a peer's XML ends its stream: the conditions of RFC 6120 section 4.9.3, and the limits that guard the parser. */

/** Conditions of RFC 6120 section 4.9.3 that reading XML can end a stream with. */
export type XmlCondition =
  /** Text where only elements may stand (4.9.3.1). */
  | 'bad-format'
  /** A prefix that no element may have (4.9.3.2). */
  | 'bad-namespace-prefix'
  /** The stream header is not in the stream namespace (4.9.3.10). */
  | 'invalid-namespace'
  /** Valid XML that a schema forbids (4.9.3.12). */
  | 'invalid-xml'
  /** Against XML 1.0 or Namespaces in XML (4.9.3.13, 11.3). */
  | 'not-well-formed'
  /** A limit of this server (4.9.3.14). */
  | 'policy-violation'
  /** A comment, processing instruction, document type or entity (4.9.3.18, 11.1). */
  | 'restricted-xml'
  /** Not UTF-8 (4.9.3.22, 11.6). */
  | 'unsupported-encoding';

/** The stream is over: nothing that follows can be read. */
export class XmlError extends Error {
  readonly condition: XmlCondition;

  constructor(condition: XmlCondition, text: string) {
    super(text);
    this.name = 'XmlError';
    this.condition = condition;
  }
}

/** What one stanza (or stream header) may cost. Past a limit the stream ends with `policy-violation`. */
export interface XmlLimits {
  /** Bytes from the first `<` to the last `>`. */
  readonly maxBytes: number;
  /** Elements, the stanza itself included. */
  readonly maxElements: number;
  /** Levels of elements, the stanza itself being the first. */
  readonly maxDepth: number;
  /** Attributes of one element, namespace declarations included. */
  readonly maxAttributes: number;
}

/** What an authenticated client may send. */
export const DEFAULT_LIMITS: XmlLimits = Object.freeze({
  maxBytes: 262_144,
  maxElements: 16_384,
  maxDepth: 64,
  maxAttributes: 64,
});

export function notWellFormed(text: string): never {
  throw new XmlError('not-well-formed', text);
}
