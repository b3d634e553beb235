/** The parts that tests use of packages without types of their own. */
declare module 'ltx' {
  export interface Element {
    readonly attrs: Readonly<Record<string, string>>;
    readonly children: readonly (Element | string)[];
    getName(): string;
    getNS(): string | undefined;
  }
  export function parse(xml: string): Element;
  export class Parser {
    on(event: 'element', listener: (element: Element) => void): this;
    write(xml: string): void;
  }
}

declare module '@xmpp/xml/lib/parse.js' {
  import type { Element } from 'ltx';

  export default function parse(xml: string): Element;
}
