/** The messages of SCRAM as text (RFC 5802 section 7). */
import { decodeBase64 } from './base64.ts';
import { failure, type SaslFailure } from './sasl.ts';
import { decodeUtf8 } from './text.ts';

export interface ClientFirst {
  /** `n`: cannot bind; `y`: could, but saw no -PLUS mechanism offered; `p`: binds. */
  readonly flag: 'n' | 'y' | 'p';
  /** The binding's name with `p`. */
  readonly binding: string | undefined;
  readonly authzid: string | undefined;
  readonly username: string;
  readonly nonce: string;
  /** Everything up to and with the second comma; comes back in `c=`. */
  readonly gs2Header: string;
  /** The rest; goes into the signed text. */
  readonly bare: string;
}

interface ClientFinal {
  /** The value of `c=`, as it was sent. */
  readonly bound: string;
  readonly nonce: string;
  readonly proof: Buffer;
  /** Everything before `,p=`; goes into the signed text. */
  readonly withoutProof: string;
}

const GS2 = /^(?:(n|y)|p=([A-Za-z0-9.-]+)),(?:a=([^,]+))?,/;
const NONCE = /^[\x21-\x2b\x2d-\x7e]+$/;
const EXTENSION = /^[A-Za-z]=[^\0]+$/;

const malformed = failure('malformed-request');
/** RFC 5802 section 5.1: `m=` stands for extensions that must be understood, and none is. */
const unsupported = failure('malformed-request', 'extensions-not-supported');

export function parseClientFirst(data: Buffer): ClientFirst | SaslFailure {
  const text = decodeUtf8(data);
  const gs2 = text === undefined ? null : GS2.exec(text);
  if (text === undefined || gs2 === null) return malformed;
  const [gs2Header, flag = 'p', binding, escapedAuthzid] = gs2;
  const bare = text.slice(gs2Header.length);
  const [name = '', nonce = '', ...extensions] = bare.split(',');
  if (name.startsWith('m=')) return unsupported;
  if (!name.startsWith('n=') || !nonce.startsWith('r=') || !NONCE.test(nonce.slice(2))) return malformed;
  const username = unescapeName(name.slice(2));
  const authzid = escapedAuthzid === undefined ? undefined : unescapeName(escapedAuthzid);
  if (username === undefined || (escapedAuthzid !== undefined && authzid === undefined)) return malformed;
  const refused = refuseExtensions(extensions, 'nr');
  if (refused) return refused;
  return { flag: flag as 'n' | 'y' | 'p', binding, authzid, username, nonce: nonce.slice(2), gs2Header, bare };
}

export function parseClientFinal(data: Buffer): ClientFinal | SaslFailure {
  const text = decodeUtf8(data);
  const end = text?.lastIndexOf(',p=') ?? -1;
  if (text === undefined || end === -1) return malformed;
  const withoutProof = text.slice(0, end);
  const proof = decodeBase64(text.slice(end + 3));
  const [bound = '', nonce = '', ...extensions] = withoutProof.split(',');
  if (bound.startsWith('m=')) return unsupported;
  if (!bound.startsWith('c=') || !nonce.startsWith('r=') || proof === undefined) return malformed;
  const refused = refuseExtensions(extensions, 'crp');
  if (refused) return refused;
  return { bound: bound.slice(2), nonce: nonce.slice(2), proof, withoutProof };
}

/** Optional extensions are ignored, but have to look like some, and must not repeat what has its own place. */
function refuseExtensions(extensions: readonly string[], taken: string): SaslFailure | undefined {
  for (const it of extensions) {
    if (it.startsWith('m=')) return unsupported;
    if (!EXTENSION.test(it) || taken.includes(it.charAt(0))) return malformed;
  }
  return undefined;
}

/** `=2C` and `=3D` stand for a comma and an equals sign; no other escape is legal, nor an empty name. */
function unescapeName(escaped: string): string | undefined {
  if (escaped === '' || escaped.includes('\0') || /=(?!2C|3D)/i.test(escaped)) return undefined;
  return escaped.replace(/=2C/gi, ',').replace(/=3D/gi, '=');
}
