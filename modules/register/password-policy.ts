/** What a new password has to be (XEP-0438 section 5.4): long enough, and nothing else. */
import { StanzaError } from '#api';

/** Throws `not-acceptable` for one of fewer characters. */
export function assertPassword(password: string, minLength: number): void {
  // No more than that many are looked at, however long the text is.
  let length = 0;
  for (const _ of password) if (++length >= minLength) return;
  throw new StanzaError('not-acceptable', `a password has at least ${minLength} characters`);
}
