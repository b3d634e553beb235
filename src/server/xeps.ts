/** Specifications that the server itself implements, besides those of its modules. */
import type { Xep } from '../kernel/define-module.ts';

export interface NamedXep extends Xep {
  readonly where: string;
}

export const CORE_XEPS: readonly NamedXep[] = [
  { number: 4, version: '2.13.2', where: 'src/xmpp' },
  { number: 82, version: '1.1.1', where: 'src/xmpp' },
  { number: 86, version: '1.0', where: 'src/xmpp', note: 'the legacy code of stanza errors' },
  { number: 106, version: '1.1.1', where: 'src/jid', note: 'escapes pass untouched' },
  { number: 114, version: '1.6', where: 'src/stream' },
  { number: 178, version: '1.2', where: 'src/auth', note: 'clients; servers come with federation' },
  { number: 198, version: '1.6.3', where: 'src/stream', note: 'no location, no 0-RTT' },
  { number: 203, version: '2.0', where: 'src/xmpp' },
  { number: 205, version: '1.0.2', where: 'src/net' },
  { number: 334, version: '1.0.0', where: 'src/xmpp' },
  { number: 368, version: '1.1.0', where: 'src/net' },
  { number: 386, version: '1.1.0', where: 'src/stream' },
  { number: 388, version: '1.0.4', where: 'src/stream' },
  { number: 440, version: '1.0.0', where: 'src/stream' },
  { number: 474, version: '0.5.0', where: 'src/auth' },
  { number: 478, version: '0.2.0', where: 'src/stream' },
  { number: 480, version: '0.2.0', where: 'src/stream' },
];
