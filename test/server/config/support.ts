/** Modules and short cuts for the tests of the configuration. */

import { z } from 'zod';
import { ConfigErrors } from '../../../src/kernel/config-error.ts';
import { bytes, domainName, duration, file, path, secret } from '../../../src/kernel/config-schema.ts';
import { defineModule, type Module } from '../../../src/kernel/define-module.ts';
import { service } from '../../../src/kernel/service.ts';
import type { Config } from '../../../src/server/config/config.ts';
import { parseConfigText } from '../../../src/server/config/document.ts';
import { checkedConfig } from '../../../src/server/config/read.ts';

const Book = service<object>('book');

export const FILE = 'parley.yaml';

export const MODULES: readonly Module[] = [
  defineModule({ name: 'ping', summary: 'Answers pings', config: z.object({}), setup: () => ({}) }),
  defineModule({
    name: 'book',
    summary: 'Keeps a book',
    xeps: [{ number: 45, version: '1.0' }],
    config: z.object({
      pages: z.int().min(1).max(500).default(100).describe('Pages it has'),
      keep: duration({ min: '1m', max: '30d' }).prefault('7d').describe('How long a page is kept'),
      size: bytes({ max: '1 GiB' }).prefault('1 MiB').describe('What a page may take'),
      order: z.enum(['old-first', 'new-first']).default('old-first').describe('Which page comes first'),
    }),
    provides: { book: Book },
    setup: () => ({ services: { book: {} } }),
  }),
  defineModule({
    name: 'club',
    summary: 'Meets on a subdomain',
    enabled: false,
    config: z.object({ domain: domainName().optional().describe('Where it meets') }),
    domains: (host, { domain }) => [domain ?? `club.${host}`],
    setup: () => ({}),
  }),
  defineModule({
    name: 'reader',
    summary: 'Reads the book',
    config: z.object({
      token: secret().optional().describe('Proof for the library'),
      glasses: file().optional().describe('What to read through'),
      shelf: path().default('shelf').describe('Where books are'),
    }),
    requires: { book: Book },
    setup: () => ({}),
  }),
  defineModule({
    name: 'printer',
    summary: 'Prints pages',
    enabled: false,
    config: z.object({
      paper: z.string().describe('What to print on'),
      copies: z.int().min(1).default(1).describe('Copies'),
    }),
    setup: () => ({}),
  }),
];

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
  readonly modules?: readonly Module[];
}

/** The configuration that a text makes. */
export function load(text: string, { env = {}, dataDir = '/nowhere/data', modules = MODULES }: Given = {}): Config {
  return checkedConfig(parseConfigText(text, FILE), { env, dataDir, modules });
}

/** The problems of a text, as they are printed, and as values. */
export function errorsOf(text: string, given: Given = {}): ConfigErrors {
  try {
    load(text, given);
  } catch (error) {
    if (error instanceof ConfigErrors) return error;
    throw error;
  }
  throw new Error(`this configuration is accepted:\n${text}`);
}
