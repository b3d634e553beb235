/** How accounts say whose messages they want to keep: XEP-0441 section 2.1. */
import { clark, type Element, el, type IqContext, parseJid, refusals, StanzaError } from '#api';
import { FALLBACKS, type Fallback, type PreferenceBook, type Preferences } from './preferences.ts';

export const NS_MAM = 'urn:xmpp:mam:2';
export const PREFS = clark(NS_MAM, 'prefs');
const JID = clark(NS_MAM, 'jid');

/** Addresses of both lists together: they are in memory, and looked at for each message. */
const MAX_ADDRESSES = 1_000;

const badFallback = new StanzaError('bad-request', `the default is one of ${FALLBACKS.join(', ')}`);
const badAddress = new StanzaError('jid-malformed', 'a list holds something that is no address');
const tooMany = new StanzaError('policy-violation', `the lists may hold ${MAX_ADDRESSES} addresses together`);

export async function answerPreferences(book: PreferenceBook, { to }: IqContext): Promise<Element> {
  return write(await book.of(to));
}

/** Answers with what holds from now on. */
export async function changePreferences(book: PreferenceBook, request: IqContext): Promise<Element | StanzaError> {
  const preferences = read(request.payload);
  if (preferences instanceof StanzaError) return preferences;
  await book.save(request.to, preferences);
  return write(preferences);
}

function read(prefs: Element): Preferences | StanzaError {
  const fallback = prefs.attr('default');
  if (!FALLBACKS.includes(fallback as Fallback)) return fallback === undefined ? refusals.badRequest : badFallback;
  const always = readList(prefs, 'always');
  const never = readList(prefs, 'never');
  if (always === undefined || never === undefined) return badAddress;
  if (always.size + never.size > MAX_ADDRESSES) return tooMany;
  return { fallback: fallback as Fallback, always, never };
}

/** Sections 2.1.2 and 2.1.3: a list that is not there is empty. */
function readList(prefs: Element, name: 'always' | 'never'): Set<string> | undefined {
  const addresses = new Set<string>();
  for (const child of prefs.child(clark(NS_MAM, name))?.elements() ?? []) {
    if (child.key !== JID) continue;
    const address = parseJid(child.text().trim());
    if (address === undefined) return undefined;
    addresses.add(address.full);
  }
  return addresses;
}

function write({ fallback, always, never }: Preferences): Element {
  const list = (name: string, addresses: ReadonlySet<string>) =>
    el(NS_MAM, name, null, ...[...addresses].map((it) => el(NS_MAM, 'jid', null, it)));
  return el(NS_MAM, 'prefs', { default: fallback }, list('always', always), list('never', never));
}
