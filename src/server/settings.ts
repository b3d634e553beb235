/** What the parts of the server are told, out of the configuration. */
import { Authenticator, DEFAULT_AUTH } from '../auth/authenticator.ts';
import { DEFAULT_FAILURE_LIMITS, type FailureLimitOptions } from '../auth/failure-limits.ts';
import type { ScramHash } from '../contracts/credentials.ts';
import type { StreamSettings } from '../stream/settings.ts';
import type { UpgradePolicy } from '../stream/upgrades.ts';
import { matchNetworks } from '../util/networks.ts';
import type { Config } from './config/config.ts';

type AddressTest = (address: string) => boolean;

/** `isTrusted` is for the addresses that limits do not apply to: one test for the whole server. */
export function streamSettings({ limits, tls, seeOtherUri }: Config, isTrusted: AddressTest): StreamSettings {
  const shape = { maxDepth: limits.depth, maxAttributes: limits.attributes };
  const exempt = matchNetworks(tls.allowPlaintextFrom);
  return {
    beforeAuth: { ...shape, maxBytes: limits.preAuthBytes, maxElements: limits.preAuthElements },
    // An element is seven bytes at least, so that the limit on bytes bounds their number, too.
    afterAuth: { ...shape, maxBytes: limits.stanzaBytes, maxElements: Math.ceil(limits.stanzaBytes / 7) },
    authTimeoutMs: limits.authTimeout,
    pingIntervalMs: limits.pingInterval,
    bytesPerSecond: limits.bytesPerSecond,
    burstBytes: limits.burstBytes,
    congestedBytes: limits.congestedBytes,
    cutOffBytes: limits.sendBufferBytes,
    sessionsPerAccount: limits.sessionsPerAccount,
    resourceConflict: limits.resourceConflict,
    seeOtherUri,
    management: {
      resumeMs: limits.resumeTimeout,
      queue: { stanzas: limits.unacknowledgedStanzas, bytes: limits.unacknowledgedBytes },
    },
    allowsPlaintext: tls.requireTls ? exempt : () => true,
    isTrusted,
  };
}

export function authenticator({ auth, tls }: Config, anonymous: boolean, decoyKey: Buffer): Authenticator {
  const scram = auth.mechanisms.flatMap((it) =>
    it.startsWith('SCRAM-') ? [it.slice('SCRAM-'.length) as ScramHash] : [],
  );
  return new Authenticator({
    ...DEFAULT_AUTH,
    decoyKey,
    scram,
    bindings: auth.channelBindings,
    plain: auth.mechanisms.includes('PLAIN'),
    allowPlainWithoutTls: auth.allowPlainWithoutTls,
    external: auth.mechanisms.includes('EXTERNAL') && tls.clientCertificates,
    anonymous,
    tokens: auth.fast ? DEFAULT_AUTH.tokens : [],
    keep: upgradePolicy(auth),
  });
}

export function upgradePolicy({ hashes, scramIterations }: Config['auth']): UpgradePolicy {
  return { hashes, iterations: scramIterations };
}

export function failureLimits({ auth }: Config, isTrusted: AddressTest): FailureLimitOptions {
  return {
    ...DEFAULT_FAILURE_LIMITS,
    perStream: auth.failuresPerStream,
    perAddress: auth.failuresPerAddress,
    windowMs: auth.failureWindow,
    banMs: auth.banTime,
    isTrusted,
  };
}

/** The URL that storage opens. */
export function databaseUrl({ database }: Config): string {
  return database.engine === 'sqlite' ? `sqlite:${database.file}` : database.url;
}
