/** Encodes the server's text messages as WebSocket frames (RFC 6455 section 5.2): whole, unmasked. */

const finalTextFrame = 0x81;

/**
 * A frame as a string of bytes (`latin1`), so that frames gather as cheaply as text does and all leave in one write.
 */
export function textFrame(text: string): string {
  const byteLength = Buffer.byteLength(text);
  // As many bytes as characters: it is ASCII, which is its own encoding.
  const payload = byteLength === text.length ? text : Buffer.from(text).toString('latin1');
  if (byteLength < 126) return String.fromCharCode(finalTextFrame, byteLength) + payload;
  if (byteLength <= 0xffff) {
    return String.fromCharCode(finalTextFrame, 126, byteLength >> 8, byteLength & 0xff) + payload;
  }
  const length = [byteLength >>> 24, (byteLength >>> 16) & 0xff, (byteLength >>> 8) & 0xff, byteLength & 0xff];
  return String.fromCharCode(finalTextFrame, 127, 0, 0, 0, 0, ...length) + payload;
}
