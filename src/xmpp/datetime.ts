/** XEP-0082: date and time profiles. */

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970 as a DateTime in UTC. */
export function formatDateTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A DateTime as milliseconds since 1970; undefined when it is not one (XEP-0082 section 3.2). */
export function parseDateTime(text: string): number | undefined {
  if (text.length > 40 || !PATTERN.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
