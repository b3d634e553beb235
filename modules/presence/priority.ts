/** The priority of a resource: RFC 6121 section 4.7.2.3. */
import { clark, type Element, NS } from '#api';

const PRIORITY = clark(NS.client, 'priority');
const BYTE = /^[+-]?\d{1,3}$/;

/** 0 when there is none; undefined when it is no whole number from -128 to 127. */
export function priorityOf(presence: Element): number | undefined {
  const text = presence.childText(PRIORITY)?.trim();
  if (text === undefined || text === '') return 0;
  const priority = BYTE.test(text) ? Number(text) : Number.NaN;
  return priority >= -128 && priority <= 127 ? priority : undefined;
}
