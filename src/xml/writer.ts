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

/** ` name='value'` for each attribute, with a leading space; namespaced ones bring their own declaration. */
export function writeAttributes(attrs: Attributes): string {
  let xml = '';
  for (let i = 0; i < attrs.length; i += 2) {
    const name = attrs[i] as string;
    const value = escapeAttribute(attrs[i + 1] as string);
    xml += name.charCodeAt(0) === 0x7b ? foreignAttribute(name, value, i) : ` ${name}='${value}'`;
  }
  return xml;
}

function foreignAttribute(name: string, value: string, index: number): string {
  const end = name.lastIndexOf('}');
  const prefix = `ns${index}`;
  return ` xmlns:${prefix}='${escapeAttribute(name.slice(1, end))}' ${prefix}:${name.slice(end + 1)}='${value}'`;
}
