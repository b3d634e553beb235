/** Options that bound what one client, one address or one account can take of the server. */
import { z } from 'zod';
import { bytes, duration } from '../../kernel/config-schema.ts';

/** What is resent at once to a client that resumes (`session/session.ts`). */
const LOT = 65_536;

const RESOURCE_CONFLICT = ['replace', 'rename', 'refuse'] as const;

export const limitOptions = z
  .object({
    stanzaBytes: bytes({ min: '10000', max: '64 MiB' })
      .prefault('256 KiB')
      .describe('Largest stanza after authentication; clients are told (XEP-0478).'),
    preAuthBytes: bytes({ min: '1 KiB', max: '1 MiB' })
      .prefault('8 KiB')
      .describe('Largest stanza (or other top-level element) before authentication.'),
    preAuthElements: z.int().min(8).max(10_000).default(32).describe('Elements in one stanza before authentication.'),
    depth: z.int().min(8).max(1000).default(64).describe('How deep the elements of a stanza may be nested.'),
    attributes: z.int().min(8).max(1000).default(64).describe('Attributes that one element may have.'),
    authTimeout: duration({ min: '1s', max: '1h' })
      .prefault('60s')
      .describe('A connection that has not logged in by then is closed.'),
    connectionsPerAddress: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1000)
      .describe('Connections from one address at a time. Not for `trusted` addresses.'),
    connectionsTotal: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe('Connections at a time, of all clients.'),
    bytesPerSecond: bytes({ min: '1 KiB', max: '10 GiB' })
      .prefault('1 MiB')
      .describe('What one client may send in the long run. A faster one is slowed down, not cut off.'),
    burstBytes: bytes({ min: '1 KiB', max: '10 GiB' })
      .prefault('4 MiB')
      .describe('What one client may send at once after a pause.'),
    sessionsPerAccount: z
      .int()
      .min(1)
      .max(10_000)
      .default(10)
      .describe('Sessions that one account may have at a time.'),
    resourceConflict: z
      .enum(RESOURCE_CONFLICT)
      .default('replace')
      .describe(
        'When a client asks for a resource that is in use (RFC 6120 section 7.7.2.2): `replace` ends the older session, ' +
          '`rename` gives the newcomer another resource, `refuse` answers with a conflict.',
      ),
    congestedBytes: bytes({ min: '1 KiB', max: '1 GiB' })
      .prefault('256 KiB')
      .describe('When more than this waits for a client that reads slowly, those who send to it are slowed down.'),
    sendBufferBytes: bytes({ min: '16 KiB', max: '1 GiB' })
      .prefault('4 MiB')
      .describe('When more than this waits for a client, it is disconnected; at least 64 KiB more than `stanzaBytes`.'),
    resumeTimeout: duration({ min: '0s', max: '7d' })
      .prefault('10m')
      .describe(
        'How long a session waits for a client that lost its connection (XEP-0198). What the client missed is kept for ' +
          'it; after that it goes to other devices, or waits with the archive and the offline messages. 0s: no waiting.',
      ),
    unacknowledgedStanzas: z
      .int()
      .min(10)
      .max(1_000_000)
      .default(1000)
      .describe(
        'Stanzas that are kept for one client while it is away; with more its session ends, and loses nothing.',
      ),
    unacknowledgedBytes: bytes({ min: '64 KiB', max: '1 GiB' })
      .prefault('8 MiB')
      .describe('What one client, there or away, may leave unacknowledged in all; with more its session ends as well.'),
    pingInterval: duration({ min: '10s', max: '1d' })
      .prefault('5m')
      .describe('A client that is silent for this long is pinged; as much silence again ends its stream.'),
  })
  .refine((it) => it.congestedBytes < it.sendBufferBytes, {
    path: ['congestedBytes'],
    error: 'is not below sendBufferBytes',
    params: { expected: 'less than sendBufferBytes' },
  })
  .refine((it) => it.sendBufferBytes >= it.stanzaBytes + LOT, {
    path: ['sendBufferBytes'],
    error: 'leaves no room for a stanza of stanzaBytes',
    params: { expected: 'at least stanzaBytes and 64 KiB' },
  })
  .prefault({})
  .describe('Limits. Sizes are in bytes, or with a unit: KiB and MiB are powers of two, kB and MB powers of ten.');
