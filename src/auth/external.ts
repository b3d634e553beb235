/** EXTERNAL with a client certificate (RFC 4422 appendix A, XEP-0178 section 2). */
import { type Awaitable, then } from '../util/awaitable.ts';
import { localAt } from './identity.ts';
import {
  accountDisabled,
  askForInitial,
  failure,
  type Mechanism,
  type OfferContext,
  type SaslContext,
  type SaslStep,
} from './sasl.ts';
import { decodeUtf8 } from './text.ts';

const EXTERNAL = 'EXTERNAL';

/** Offered to those whose verified certificate names an account of this host. */
export const external: Mechanism = {
  name: EXTERNAL,
  available: (context) => localsOf(context).length > 0,
  begin: (context) => ({ respond: (data) => (data === undefined ? askForInitial : login(data, context)) }),
};

/** Whose addresses at this host the certificate holds, each once. */
function localsOf({ host, tls, peerIdentities, peerAuthorized }: OfferContext): string[] {
  if (!tls || !peerAuthorized) return [];
  const locals = peerIdentities.map((it) => localAt(it, host)).filter((it) => it !== undefined);
  return [...new Set(locals)];
}

function login(data: Buffer, context: SaslContext): Awaitable<SaslStep> {
  const authzid = decodeUtf8(data);
  if (authzid?.includes('\0') !== false) return failure('malformed-request');
  const locals = localsOf(context);
  if (locals.length === 0) return failure('not-authorized');
  const local = authzid === '' ? only(locals) : locals.find((it) => it === localAt(authzid, context.host));
  // Nothing chosen out of several addresses, or one chosen that the certificate does not hold.
  if (local === undefined) return failure('invalid-authzid');
  return then(context.credentials.find(local), (account): SaslStep => {
    if (account === undefined) return failure('not-authorized');
    if (account.locked) return accountDisabled;
    return {
      kind: 'success',
      mechanism: EXTERNAL,
      local,
      authzid: authzid === '' ? undefined : `${local}@${context.host}`,
      data: undefined,
    };
  });
}

function only(locals: readonly string[]): string | undefined {
  return locals.length === 1 ? locals[0] : undefined;
}
