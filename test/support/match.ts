/** Compares stanzas as tests state them: what the pattern says must be there, more may be. */
import { type Element, parseXml } from './xml.ts';

/** Undefined when the element has all that the pattern has; else what differs. An attribute of `*` matches any value. */
export function mismatch(element: Element, pattern: Element): string | undefined {
  if (element.key !== pattern.key) return `expected <${pattern.name} xmlns='${pattern.ns}'>, got ${element}`;
  for (let i = 0; i < pattern.attrs.length; i += 2) {
    const name = pattern.attrs[i] as string;
    const wanted = pattern.attrs[i + 1] as string;
    const found = element.attr(name);
    if (found === undefined || (wanted !== '*' && found !== wanted)) {
      return `expected ${name}='${wanted}', got ${found === undefined ? 'none' : `'${found}'`} in ${element}`;
    }
  }
  const left = [...element.elements()];
  for (const child of pattern.elements()) {
    const at = left.findIndex((it) => mismatch(it, child) === undefined);
    if (at < 0) return `expected a child ${child} in ${element}`;
    left.splice(at, 1);
  }
  const text = pattern.text().trim();
  if (text !== '' && element.text().trim() !== text) return `expected the text '${text}' in ${element}`;
  return undefined;
}

export function pattern(xml: string | Element): Element {
  return typeof xml === 'string' ? parseXml(xml) : xml;
}
