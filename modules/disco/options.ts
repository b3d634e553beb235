/** What operators can say about the lists that their server gives out. */
import { domainName, type OptionMeta, parseJid, z } from '#api';

const EXPECTED = 'an address such as rooms.example.org';

const address = z
  .string()
  .transform((text, issues) => {
    const jid = parseJid(text);
    if (jid !== undefined) return jid.full;
    issues.addIssue({ code: 'custom', message: 'invalid', params: { expected: EXPECTED } });
    return z.NEVER;
  })
  .meta({ expected: EXPECTED } satisfies OptionMeta);

const item = z.strictObject({
  jid: address.describe('Address of the service'),
  name: z.string().min(1).optional().describe('What people are shown'),
});

export const options = z.strictObject({
  name: z.string().min(1).max(256).default('Parley').describe('What the server is called in the lists of clients'),
  items: z.array(item).default([]).describe('More services to list, such as rooms on another server.'),
  hidden: z.array(domainName()).default([]).describe('Services of this server that are not listed'),
});

export type DiscoOptions = z.output<typeof options>;
