/** What the parts of the server are told, out of the configuration. */
import { BlockList, isIP } from 'node:net';
import { Authenticator, DEFAULT_AUTH } from '../auth/authenticator.ts';
import { DEFAULT_FAILURE_LIMITS, type FailureLimitOptions } from '../auth/failure-limits.ts';
import type { ScramHash } from '../contracts/credentials.ts';
import type { StreamSettings } from '../stream/settings.ts';
import type { UpgradePolicy } from '../stream/upgrades.ts';
import type { Config } from './config/config.ts';

/** Whether an address is in one of these networks, given in CIDR notation. IPv4 in IPv6 counts as IPv4. */
export function addressMatcher(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address, prefix] = network.split('/') as [string, string];
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

export function streamSettings({ limits, tls, trusted }: Config): StreamSettings {
  const shape = { maxDepth: limits.depth, maxAttributes: limits.attributes };
  const exempt = addressMatcher(tls.allowPlaintextFrom);
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
    allowsPlaintext: tls.requireTls ? exempt : () => true,
    isTrusted: addressMatcher(trusted),
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

export function failureLimits({ auth, trusted }: Config): FailureLimitOptions {
  return {
    ...DEFAULT_FAILURE_LIMITS,
    perStream: auth.failuresPerStream,
    perAddress: auth.failuresPerAddress,
    windowMs: auth.failureWindow,
    banMs: auth.banTime,
    trusted,
  };
}

/** The URL that storage opens. */
export function databaseUrl({ database }: Config): string {
  return database.engine === 'sqlite' ? `sqlite:${database.file}` : database.url;
}
