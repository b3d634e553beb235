/** The addresses that an operator can publish, and what counts as one. */
import { type OptionMeta, parseJid, z } from '#api';

export const ROLES = ['abuse', 'admin', 'feedback', 'sales', 'security', 'status', 'support'] as const;

const EXPECTED = 'a URI such as mailto:abuse@example.org, xmpp:admin@example.org or https://example.org/help';

/** Whether this is a mailto, xmpp, http or https URI that leads somewhere. */
export function isContactUri(text: string): boolean {
  if (/[\s<>"\p{Cc}]/u.test(text)) return false;
  const [, scheme = '', rest = ''] = /^([a-z]+):(.+)$/.exec(text) ?? [];
  switch (scheme) {
    case 'mailto':
      return /^[^@?,]+@[^@?,]+(?:\?.*)?$/.test(rest);
    case 'xmpp':
      return parseJid(decoded(rest.replace(/\?.*$/, ''))) !== undefined;
    case 'http':
    case 'https':
      return rest.startsWith('//') && URL.canParse(text);
    default:
      return false;
  }
}

/** RFC 5122 section 2.2: an address in a URI may hold percent escapes; '' when they are broken. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

const uri = z
  .string()
  .transform((text, issues) => {
    if (isContactUri(text)) return text;
    issues.addIssue({ code: 'custom', message: 'invalid', params: { expected: EXPECTED } });
    return z.NEVER;
  })
  .meta({ expected: EXPECTED } satisfies OptionMeta);

const addresses = z.array(uri).max(20).default([]);

export const options = z.strictObject({
  abuse: addresses.describe('Where to report abuse (xmpp:, mailto: or https: URIs)'),
  admin: addresses.describe('Where to reach the administrators'),
  feedback: addresses.describe('Where to leave feedback'),
  sales: addresses.describe('Where to ask about sales'),
  security: addresses.describe('Where to report security problems'),
  status: addresses.describe('Where to see whether the service works'),
  support: addresses.describe('Where to get help'),
});
