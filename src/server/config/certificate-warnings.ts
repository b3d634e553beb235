/** Certificates that can be used, but that clients will refuse: of another name, or at the end of their time. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Config } from './config.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/** A sentence each. The server renews those that it signs itself, so they are left out. */
export function certificateWarnings({ hosts, tls }: Config, nowMs: number): readonly string[] {
  const byFile = Map.groupBy(hosts, (it) => it.certificateFile ?? tls.certificateFile);
  return [...byFile].flatMap(([file, users]) => {
    if (file === undefined) return [];
    const certificate = new X509Certificate(readFileSync(file));
    const strangers = users.filter(({ domain }) => !covers(certificate, domain));
    return [
      ...ending(certificate, nowMs).map((it) => `the certificate ${file} ${it}`),
      ...strangers.map(({ domain }) => `the certificate ${file} does not cover the host ${domain}`),
    ];
  });
}

function ending({ validTo }: X509Certificate, nowMs: number): readonly string[] {
  const end = Date.parse(validTo);
  const day = new Date(end).toISOString().slice(0, 10);
  if (end <= nowMs) return [`has expired on ${day}`];
  return end - nowMs < SOON_DAYS * DAY_MS ? [`expires on ${day}`] : [];
}

function covers(certificate: X509Certificate, domain: string): boolean {
  const found = isIP(domain) ? certificate.checkIP(domain) : certificate.checkHost(domainToASCII(domain));
  return found !== undefined;
}
