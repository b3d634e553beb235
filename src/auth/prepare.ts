/** SASLprep (RFC 4013) for names and passwords. */
import saslprep from '@mongodb-js/saslprep';

/** Printable ASCII is its own preparation: nearly every name and password. */
const PLAIN = /^[\x20-\x7e]+$/;

/**
 * Prepares as a query string, unassigned code points allowed (RFC 5802 section 5.1): the tables are those of Unicode
 * 3.2, and what was assigned since is common in passwords. Undefined when refused or empty.
 */
export function prepare(text: string): string | undefined {
  if (PLAIN.test(text)) return text;
  try {
    const prepared = saslprep(text, { allowUnassigned: true });
    return prepared === '' ? undefined : prepared;
  } catch {
    return undefined;
  }
}
