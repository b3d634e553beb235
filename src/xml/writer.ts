/** Serialises elements. The default namespace is the only one declared; prefixes appear for attributes alone. */
import type { Attributes, Element } from './element.ts';
import { escapeAttribute, escapeText } from './escape.ts';

/** The whole element, as it reads where the default namespace is `defaultNs`. */
export function writeElement(element: Element, defaultNs: string): string {
  const declaration = element.ns === defaultNs ? '' : ` xmlns='${escapeAttribute(element.ns)}'`;
  const start = `<${element.name}${declaration}${writeAttributes(element.attrs)}`;
  const inner = element.innerXml();
  return inner === '' ? `${start}/>` : `${start}>${inner}</${element.name}>`;
}

/** The children, as they read where the default namespace is that of the element. */
export function writeChildren(element: Element): string {
  let xml = '';
  for (const child of element.children) {
    xml += typeof child === 'string' ? escapeText(child) : writeElement(child, element.ns);
  }
  return xml;
}

/** ` name='value'` for each attribute, with a leading space. */
export function writeAttributes(attrs: Attributes): string {
  let xml = '';
  for (let i = 0; i < attrs.length; i += 2) xml += writeAttribute(attrs[i] as string, attrs[i + 1] as string, i);
  return xml;
}

/** One attribute; a namespaced one brings its own declaration, whose prefix `index` makes unique in the tag. */
export function writeAttribute(name: string, value: string, index: number): string {
  const escaped = escapeAttribute(value);
  return name.charCodeAt(0) === 0x7b ? foreignAttribute(name, escaped, index) : ` ${name}='${escaped}'`;
}

function foreignAttribute(name: string, value: string, index: number): string {
  const end = name.lastIndexOf('}');
  const prefix = `ns${index}`;
  return ` xmlns:${prefix}='${escapeAttribute(name.slice(1, end))}' ${prefix}:${name.slice(end + 1)}='${value}'`;
}
