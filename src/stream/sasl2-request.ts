/** What a client asks for in one `<authenticate/>` (XEP-0388 section 2.4, XEP-0386, XEP-0484, XEP-0480). */
import { decodeBase64 } from '../auth/base64.ts';
import { clientId, parseCount } from '../auth/fast.ts';
import { clark, type Element } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { RESUME } from './management.ts';

const INITIAL = clark(NS.sasl2, 'initial-response');
const USER_AGENT = clark(NS.sasl2, 'user-agent');
const BIND2 = clark(NS.bind2, 'bind');
const TAG = clark(NS.bind2, 'tag');
const FAST = clark(NS.fast, 'fast');
const REQUEST_TOKEN = clark(NS.fast, 'request-token');
const UPGRADE = clark(NS.upgrade, 'upgrade');

const MAX_TAG_BYTES = 64;

export interface Sasl2Request {
  readonly mechanism: string;
  /** Undefined when there is none, which is not an empty one. */
  readonly initial: Buffer | undefined;
  /** The id of the user agent, when it is one that tokens can be filed under. */
  readonly client: string | undefined;
  /** The bind request, with what it asks to enable. */
  readonly bind: Element | undefined;
  /** The software's name for the resource (XEP-0386 section 4). */
  readonly tag: string | undefined;
  readonly fast: { readonly count: number | undefined; readonly invalidate: boolean } | undefined;
  /** The mechanism that a new token is wanted for. */
  readonly tokenFor: string | undefined;
  readonly upgrades: readonly string[];
  /** The session that the client wants back (XEP-0198 section 9.2). */
  readonly resume: Element | undefined;
}

/** Undefined stands for `malformed-request`, 'incorrect-encoding' for bad base 64. */
export function readSasl2Request(element: Element): Sasl2Request | 'incorrect-encoding' | undefined {
  const text = element.childText(INITIAL);
  const initial = text === undefined ? undefined : decodeBase64(text.trim());
  if (text !== undefined && initial === undefined) return 'incorrect-encoding';
  const fast = readFast(element.child(FAST));
  if (fast === 'malformed') return undefined;
  const bind = element.child(BIND2);
  return {
    mechanism: element.attr('mechanism') ?? '',
    initial,
    client: clientId(element.child(USER_AGENT)?.attr('id')),
    bind,
    tag: tagOf(bind),
    fast,
    tokenFor: element.child(REQUEST_TOKEN)?.attr('mechanism'),
    upgrades: element
      .elements()
      .filter((it) => it.key === UPGRADE)
      .map((it) => it.text()),
    resume: element.child(RESUME),
  };
}

function readFast(fast: Element | undefined): Sasl2Request['fast'] | 'malformed' {
  if (fast === undefined) return undefined;
  const text = fast.attr('count');
  const count = text === undefined ? undefined : parseCount(text);
  if (text !== undefined && count === undefined) return 'malformed';
  const invalidate = fast.attr('invalidate');
  return { count, invalidate: invalidate === '1' || invalidate === 'true' };
}

function tagOf(bind: Element | undefined): string | undefined {
  const tag = bind?.childText(TAG)?.trim();
  return tag === undefined || tag === '' || Buffer.byteLength(tag) > MAX_TAG_BYTES ? undefined : tag;
}
