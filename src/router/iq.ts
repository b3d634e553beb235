/** IQ dispatch: what the server answers for itself and for its accounts (RFC 6120 section 8.2.3, RFC 6121 section 8.5). */
import type { Passage } from '../contracts/routing.ts';
import type { IqAnswer, IqRequest, IqTarget } from '../kernel/iq.ts';
import type { LocalHost } from '../session/local-host.ts';
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import { clark, type Element } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { iqResult, type Stanza } from '../xmpp/stanza.ts';
import { refusals, StanzaError } from '../xmpp/stanza-error.ts';

const BIND = clark(NS.bind, 'bind');

/** The reply to send; undefined when there is none, or when the handler sends it by itself. */
type IqReply = Awaitable<Stanza | StanzaError | undefined>;

/** Answers a request (type get or set) to the host or to a bare account. */
export function answerIq(host: LocalHost, passage: Passage, accountExists: boolean): IqReply {
  const { stanza } = passage;
  const payload = onlyPayload(stanza.element);
  if (payload === undefined || stanza.id === undefined) return refusals.badRequest;
  const type = stanza.type as 'get' | 'set';
  const target = targetOf(host, stanza, accountExists);
  const { iq } = host.parts;
  // A handler for any account serves one's own too, unless there is a narrower one.
  const binding =
    iq.find(type, payload.key, target) ??
    (target === 'self'
      ? (iq.find(type, payload.key, 'account') ?? unaddressed(host, stanza, payload, type))
      : undefined);
  if (binding === undefined) {
    const isOurs = passage.origin !== undefined && (target === 'host' || target === 'self');
    if (isOurs && payload.key === BIND) return refusals.notAllowed; // RFC 6120 section 7.6.2.2: one is bound already
    // XEP-0077 and its like are bound to `self` alone: to somebody else's account, there or not, the answer is forbidden.
    const isBound = (it: IqTarget): boolean => iq.find(type, payload.key, it) !== undefined;
    const isPrivate = target !== 'host' && isBound('self') && !isBound('account');
    return isPrivate ? refusals.forbidden : refusals.serviceUnavailable;
  }
  return run(binding.handler, makeRequest(host, passage, payload));
}

function makeRequest(host: LocalHost, { stanza, origin }: Passage, payload: Element): IqRequest {
  const { from, to } = stanza;
  const type = stanza.type as 'get' | 'set';
  return { stanza, from, to, type, payload, session: origin, isAdmin: host.isAdmin(from) };
}

/** RFC 6120 section 10.3.3: without `to`, the server answers for the account, and for itself where it has no account handler. */
function unaddressed(host: LocalHost, stanza: Stanza, payload: Element, type: 'get' | 'set') {
  return stanza.addressed ? undefined : host.parts.iq.find(type, payload.key, 'host');
}

function targetOf(host: LocalHost, { from, to }: Stanza, accountExists: boolean): IqTarget {
  if (to.local === '') return 'host';
  if (from.bare === to.bare && from.domain === host.name.domain) return 'self';
  return accountExists ? 'account' : 'absent';
}

function run(handler: (request: IqRequest<never>) => Awaitable<IqAnswer>, request: IqRequest): IqReply {
  try {
    const answer = handler(request as IqRequest<never>);
    if (!isPromise(answer)) return reply(request, answer);
    return answer.then(
      (it) => reply(request, it),
      (cause) => refusal(cause),
    );
  } catch (cause) {
    return refusal(cause);
  }
}

function reply(request: IqRequest, answer: IqAnswer): Stanza | StanzaError | undefined {
  if (answer === 'deferred') return undefined;
  if (answer instanceof StanzaError) return answer;
  return iqResult(request.stanza, answer as Element | undefined);
}

/** A thrown StanzaError is an answer; anything else is ours and goes on to the log. */
function refusal(cause: unknown): StanzaError {
  if (cause instanceof StanzaError) return cause;
  throw cause;
}

/** RFC 6120 section 8.2.3: a get or set has exactly one child element. */
function onlyPayload(element: Element): Element | undefined {
  let found: Element | undefined;
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    if (found !== undefined) return undefined;
    found = child;
  }
  return found;
}
