/** Options of the listeners: which ports and addresses speak which protocol, and with which kind of TLS. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { OptionMeta } from '../../kernel/config-schema.ts';

const PROTOCOLS = ['xmpp', 'http', 'component'] as const;
const TLS_MODES = ['starttls', 'direct', 'none'] as const;

type Protocol = (typeof PROTOCOLS)[number];
type TlsMode = (typeof TLS_MODES)[number];

export interface ListenerConfig {
  /** 0: any free port. */
  readonly port: number;
  /** IP addresses, IPv4 and IPv6; `::` means IPv6 alone. */
  readonly addresses: readonly string[];
  readonly protocol: Protocol;
  readonly tls: TlsMode;
  readonly proxyProtocol: boolean;
}

const EVERYWHERE: readonly string[] = ['::', '0.0.0.0'];
const THIS_MACHINE: readonly string[] = ['::1', '127.0.0.1'];
const USUAL_TLS: Readonly<Record<Protocol, TlsMode>> = { xmpp: 'starttls', http: 'none', component: 'none' };
const ALLOWED_TLS: Readonly<Record<Protocol, readonly TlsMode[]>> = {
  xmpp: TLS_MODES,
  http: ['direct', 'none'],
  component: ['none', 'direct'],
};

const address = z
  .string()
  .refine((it) => isIP(it) !== 0, { error: 'invalid' })
  .meta({ expected: 'an IP address such as 0.0.0.0, :: or 192.0.2.7' } satisfies OptionMeta);

const listener = z
  .object({
    port: z.int().min(0).max(65_535).describe('Port; 0 takes any free one.'),
    addresses: z
      .array(address)
      .min(1)
      .optional()
      .describe("IP addresses to listen on. Default ['::', '0.0.0.0']; of components ['::1', '127.0.0.1']."),
    protocol: z
      .enum(PROTOCOLS)
      .default('xmpp')
      .describe(
        'xmpp: clients. http: WebSocket at /xmpp-websocket, /metrics, /healthz, /readyz. component: external services ' +
          '(XEP-0114), see `components`.',
      ),
    tls: z
      .enum(TLS_MODES)
      .optional()
      .describe('starttls, direct (from the first byte) or none. Default starttls for xmpp, none for the others.'),
    proxyProtocol: z
      .boolean()
      .default(false)
      .describe('Whether a load balancer sends a PROXY protocol header first; from `trusted` addresses only.'),
  })
  .transform((it, issues): ListenerConfig => {
    const allowed = ALLOWED_TLS[it.protocol];
    if (it.tls !== undefined && !allowed.includes(it.tls)) {
      const message = `"${it.tls}" does not go with the protocol ${it.protocol}`;
      issues.addIssue({ code: 'custom', message, path: ['tls'], params: { expected: allowed.join(' or ') } });
    }
    return {
      ...it,
      addresses: it.addresses ?? (it.protocol === 'component' ? THIS_MACHINE : EVERYWHERE),
      tls: it.tls ?? USUAL_TLS[it.protocol],
    };
  });

export const listenerOptions = z
  .array(listener)
  .min(1)
  .prefault([
    { port: 5222, protocol: 'xmpp', tls: 'starttls' },
    { port: 5223, protocol: 'xmpp', tls: 'direct' },
    { port: 5280, protocol: 'http', tls: 'none' },
    { port: 5281, protocol: 'http', tls: 'direct' },
  ])
  .describe(
    'Where the server listens. For external components (XEP-0114) add a line such as ' +
      '`- { port: 5347, protocol: component }`.',
  );
