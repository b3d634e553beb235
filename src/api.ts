/** All that a module may use: the only file it imports (as `#api`), besides its own folder and `node:`. */
export { z } from 'zod';
export { isPromise, then, type Awaitable } from './util/awaitable.ts';
export { clark, el, Element, type Node } from './xml/element.ts';
export { jid, parseJid, prepareLocal, prepareResource, type Jid } from './jid/jid.ts';
export { parseDocument } from './xml/parser.ts';
export type { XmlLimits } from './xml/error.ts';
export { NS } from './xmpp/ns.ts';
export { StanzaError, refusals, type Condition } from './xmpp/stanza-error.ts';
export { StreamError } from './xmpp/stream-error.ts';
export { Stanza, errorReply, iqResult, stanza } from './xmpp/stanza.ts';
export { formatDateTime, parseDateTime } from './xmpp/datetime.ts';
export { DELAY, delay } from './xmpp/delay.ts';
export { keeping, type Keeping } from './xmpp/keeping.ts';
export { readForm, writeForm, type Form, type FormField } from './xmpp/forms.ts';
export { writeDiscoInfo, writeDiscoItems } from './xmpp/disco.ts';
export { isKnownHash, readCapabilities, verificationString } from './xmpp/caps.ts';
export { contribute, observe, on } from './kernel/hook.ts';
export { optional } from './kernel/service.ts';
export { slot } from './kernel/slot.ts';
export { query, SqlError, type Call, type Database, type Prepared } from './kernel/sql.ts';
export { command, CommandError } from './kernel/command.ts';
export { defineModule } from './kernel/define-module.ts';
export type { Clock } from './kernel/clock.ts';
export type { Hooks } from './kernel/late-hooks.ts';
export type { Logger } from './kernel/log.ts';
export type { StreamFacts } from './kernel/stream-feature.ts';
export {
  accountAddress, bytes, domainName, duration, file, networks, path, secret, type Bytes, type Duration, type OptionMeta,
} from './kernel/config-schema.ts';
export { Lru } from './util/lru.ts';
export { matchNetworks } from './util/networks.ts';
export { TokenBucket } from './util/token-bucket.ts';
export { randomToken, TimeOrderedId } from './util/ids.ts';
export { Passage, Router, atHost, inbound, outbound, undeliverable, type Verdict } from './contracts/routing.ts';
export { Sessions, sessionBound, sessionEnded, sessionSend, type Session } from './contracts/session.ts';
export { iq, nonza, type IqContext } from './contracts/iq.ts';
export {
  Accounts, accountCreated, accountData, accountNaming, accountRemoved, passwordChanged, type AccountInfo,
} from './contracts/accounts.ts';
export {
  Roster, rosterChanged, type RosterItem, type RosterView, type Subscription, type SubscriptionChange,
  type SubscriptionEvent, type SubscriptionOutcome, type SubscriptionRequest,
} from './contracts/roster.ts';
export { becameAvailable, becameUnavailable, presenceChanged } from './contracts/presence.ts';
export { Program } from './contracts/program.ts';
export { Blocking } from './contracts/blocking.ts';
export {
  accountFeatures, accountItems, Catalog, HostDisco, hostFeatures, hostForms, hostItems, nodeInfo, nodeItems, ServerCaps,
  type DiscoInfo, type DiscoItem, type DiscoNodeQuery, type DiscoQuery, type Identity,
} from './contracts/disco.ts';
export { capsChanged, ClientCaps, type CapsChange } from './contracts/client-caps.ts';
export {
  Credentials, FastTokens, PasswordHasher, ServerKeys,
  type FastToken, type IssuedFastToken, type ScramHash, type ScramKeys, type StoredCredentials,
} from './contracts/credentials.ts';
