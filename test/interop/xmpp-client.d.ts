/** The parts of the library that the tests use; it brings no types. */
declare module '@xmpp/client' {
  export function client(options: {
    service: string;
    domain: string;
    username: string;
    password: string;
    resource?: string;
  }): unknown;
  export function xml(name: string, attrs?: Readonly<Record<string, string>> | string, ...children: unknown[]): unknown;
}
