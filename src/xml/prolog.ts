/** What may stand before the first element: a byte order mark, an XML declaration, white space (XML 1.0 section 2.8). */
import { CLASS, GT, QUESTION, SPACE } from './chars.ts';
import { notWellFormed, XmlError } from './error.ts';

const OPENING = '<?xml';
const MAX_BYTES = 256;
const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:'1\.[0-9]+'|"1\.[0-9]+")(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:'([A-Za-z][A-Za-z0-9._-]*)'|"([A-Za-z][A-Za-z0-9._-]*)"))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:'(?:yes|no)'|"(?:yes|no)"))?[ \t\r\n]*\?>$/;

/** The position behind the XML declaration that may be at `at`, -1 when the bytes end before one can tell. */
export function skipDeclaration(bytes: Buffer, at: number, end: number): number {
  for (let i = 0; i < OPENING.length; i++) {
    if (at + i >= end) return -1;
    if (bytes[at + i] !== OPENING.charCodeAt(i)) return at;
  }
  if (at + OPENING.length >= end) return -1;
  // `<?xml-stylesheet?>` and its like are for the lexer to refuse.
  if (((CLASS[bytes[at + OPENING.length] as number] as number) & SPACE) === 0) return at;
  for (let p = at + OPENING.length; p < end; p++) {
    if (bytes[p] === GT && bytes[p - 1] === QUESTION) {
      checkDeclaration(bytes.toString('latin1', at, p + 1));
      return p + 1;
    }
    if (p - at > MAX_BYTES) break;
  }
  return end - at > MAX_BYTES ? notWellFormed('malformed XML declaration') : -1;
}

function checkDeclaration(text: string): void {
  const match = DECLARATION.exec(text);
  if (match === null) notWellFormed('malformed XML declaration');
  const encoding = match[1] ?? match[2];
  if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
    throw new XmlError('unsupported-encoding', 'declared encoding is not UTF-8');
  }
}

/**
 * The position behind the UTF-8 byte order mark that may be at `at`, -1 when the bytes end before one can tell. What
 * looks like UTF-16 or UTF-32 is refused by its right name.
 */
export function skipByteOrderMark(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1;
  const first = bytes[at] as number;
  if (first === 0 || first >= 0xfe) throw new XmlError('unsupported-encoding', 'not UTF-8');
  if (first !== 0xef) return at;
  if (end - at < 3) return -1;
  return bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at;
}
