/** All that a module may use: the only file it imports (as `#api`), besides its own folder and `node:`. */
export { z } from 'zod';
export {
  type AccountInfo,
  Accounts,
  Administrators,
  accountCreated,
  accountData,
  accountNaming,
  accountRemoved,
  passwordChanged,
} from './contracts/accounts.ts';
export {
  Archive,
  type ArchiveChange,
  type ArchivedMessage,
  type ArchiveFilter,
  type ArchivePage,
  type ArchiveReading,
  type ArchiveRequest,
  archiveRead,
  type NewMessage,
} from './contracts/archive.ts';
export { Blocking } from './contracts/blocking.ts';
export { type CapsChange, ClientCaps, capsChanged } from './contracts/client-caps.ts';
export { type ClientStateChange, clientStateSaid } from './contracts/client-state.ts';
export {
  Credentials,
  type FastToken,
  FastTokens,
  type IssuedFastToken,
  Passwords,
  type ScramHash,
  type ScramKeys,
  ServerKeys,
  type StoredCredentials,
} from './contracts/credentials.ts';
export {
  accountFeatures,
  accountItems,
  Catalog,
  type DiscoInfo,
  type DiscoItem,
  type DiscoNodeQuery,
  type DiscoQuery,
  HostDisco,
  hostFeatures,
  hostForms,
  hostItems,
  type Identity,
  nodeInfo,
  nodeItems,
  ServerCaps,
} from './contracts/disco.ts';
export { bindInline, type IqContext, iq, nonza } from './contracts/iq.ts';
export { Ledger, type Step } from './contracts/ledger.ts';
export { becameAvailable, becameUnavailable, presenceChanged } from './contracts/presence.ts';
export { PrivateStorage, privateRead, privateWrite } from './contracts/private-storage.ts';
export { Program } from './contracts/program.ts';
export {
  Roster,
  type RosterItem,
  type RosterView,
  rosterChanged,
  type Subscription,
  type SubscriptionChange,
  type SubscriptionEvent,
  type SubscriptionOutcome,
  type SubscriptionRequest,
} from './contracts/roster.ts';
export {
  atHost,
  component,
  inbound,
  type Missed,
  missed,
  outbound,
  Passage,
  Router,
  shortcut,
  undeliverable,
  type Verdict,
} from './contracts/routing.ts';
export { boundInfo, type Session, Sessions, sessionBound, sessionEnded, sessionResumed } from './contracts/session.ts';
export { StanzaIds } from './contracts/stanza-ids.ts';
export { VCards, vcardChanged } from './contracts/vcards.ts';
export { type Jid, jid, parseAccount, parseJid, prepareLocal, prepareResource } from './jid/jid.ts';
export type { Clock } from './kernel/clock.ts';
export { accountAt, CommandError, command } from './kernel/command.ts';
export {
  accountAddress,
  type Bytes,
  bytes,
  type Duration,
  domainName,
  duration,
  file,
  networks,
  type OptionMeta,
  path,
  secret,
} from './kernel/config-schema.ts';
export { defineModule } from './kernel/define-module.ts';
export { contribute, observe, on } from './kernel/hook.ts';
export type { Hooks } from './kernel/late-hooks.ts';
export type { Logger } from './kernel/log.ts';
export type { Counter } from './kernel/metrics.ts';
export { optional } from './kernel/service.ts';
export { slot } from './kernel/slot.ts';
export { BatchError, type Call, type Database, type Prepared, query, SqlError, type Writer } from './kernel/sql.ts';
export type { StreamFacts } from './kernel/stream-feature.ts';
export { Allowance } from './util/allowance.ts';
export { type Awaitable, isPromise, then } from './util/awaitable.ts';
export { formatDuration } from './util/duration.ts';
export { firstIdAt, randomToken, TimeOrderedId, timeOfId } from './util/ids.ts';
export { Lru } from './util/lru.ts';
export { addressBlock, matchNetworks } from './util/networks.ts';
export { TokenBucket } from './util/token-bucket.ts';
export { clark, Element, el, type Node } from './xml/element.ts';
export type { XmlLimits } from './xml/error.ts';
export { parseDocument } from './xml/parser.ts';
export { isKnownHash, readCapabilities, verificationString } from './xmpp/caps.ts';
export { formatDateTime, parseDateTime } from './xmpp/datetime.ts';
export { DELAY, delay } from './xmpp/delay.ts';
export { writeDiscoInfo, writeDiscoItems } from './xmpp/disco.ts';
export { type Form, type FormField, readForm, writeForm } from './xmpp/forms.ts';
export { FORWARDED, forward, forwardText, readForwarded } from './xmpp/forward.ts';
export { type Keeping, keeping } from './xmpp/keeping.ts';
export { NS } from './xmpp/ns.ts';
export { type PageFacts, type PageRequest, RSM_SET, readPageRequest, writePageFacts } from './xmpp/rsm.ts';
export { errorReply, iqResult, Stanza, stanza } from './xmpp/stanza.ts';
export { type Condition, refusals, StanzaError } from './xmpp/stanza-error.ts';
export { parseStored } from './xmpp/stored.ts';
export { StreamError } from './xmpp/stream-error.ts';
