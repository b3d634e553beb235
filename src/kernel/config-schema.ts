/** Kinds of options that configuration files share: durations, sizes, secrets, files, networks, addresses. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseJid, prepareDomain } from '../jid/jid.ts';
import { formatBytes, parseBytes } from '../util/bytes.ts';
import { formatDuration, parseDuration } from '../util/duration.ts';

/** Milliseconds. */
export type Duration = number;
/** A size in bytes. */
export type Bytes = number;

/**
 * What the configuration loader and the generated example need to know about an option and cannot see in its type.
 * Attach it with `.meta()`; `description` is what `.describe()` sets.
 */
export interface OptionMeta {
  readonly description?: string;
  /** What may stand here, for error messages and the example: `a duration such as 10m`. */
  readonly expected?: string;
  /** The bounds alone, for the example: `1s to 7d`. */
  readonly range?: string;
  /** An example value, in YAML, for an option without a default. */
  readonly example?: string;
  /** Never printed; the key with `File` appended names a file that holds it. */
  readonly secret?: boolean;
  /** Never printed, because a secret may be part of it. */
  readonly hidden?: boolean;
  /** Taken from the data directory when relative; of a `file` it is checked that it can be read. */
  readonly path?: 'file' | 'any';
  /** What a key of this mapping is called; `option` unless it is said here. */
  readonly noun?: string;
  /** Writes an output value as a person would. */
  readonly format?: (value: number) => string;
}

/** Milliseconds, written `250ms`, `10m`, `1h30m`, `7d`. The bounds, too; `forever` allows that word (Infinity). */
export function duration(bounds: { min?: string; max?: string; forever?: boolean } = {}): z.ZodType<Duration, string> {
  const forever = bounds.forever === true;
  const [min, max] = [limit(bounds.min, parseDuration), limit(bounds.max, parseDuration)];
  const range = rangeText(min, max, formatDuration);
  const tail = forever ? ', or forever' : '';
  const expected = `a duration such as 30s, 10m or 7d${range && `, ${range}`}${tail}`;
  return read(z.string(), expected, (text): Duration | undefined => {
    const ms = parseDuration(text, { forever });
    return ms !== undefined && (ms === Infinity || (ms >= (min ?? 0) && ms <= (max ?? Infinity))) ? ms : undefined;
  }).meta({ expected, range: range + tail, format: formatDuration } satisfies OptionMeta);
}

/** Bytes, written `256 KiB`, `1.5 MB` or as a plain number. The bounds, too. */
export function bytes(bounds: { min?: string; max?: string } = {}): z.ZodType<Bytes, string | number> {
  const [min, max] = [limit(bounds.min, parseBytes), limit(bounds.max, parseBytes)];
  const range = rangeText(min, max, formatBytes);
  const expected = `a size such as 64 KiB or 10 MB${range && `, ${range}`}`;
  return read(z.union([z.string(), z.number()]), expected, (size): Bytes | undefined => {
    const total = parseBytes(size);
    return total !== undefined && total >= (min ?? 0) && total <= (max ?? Infinity) ? total : undefined;
  }).meta({ expected, range, format: formatBytes } satisfies OptionMeta);
}

/** A password or key. With the option `token`, `tokenFile` names a file that holds it instead (its last newline cut). */
export function secret(): z.ZodType<string, string> {
  return z
    .string()
    .min(1)
    .meta({ expected: 'a text that is not empty', secret: true } satisfies OptionMeta);
}

/** The absolute path of a file that exists and can be read. */
export function file(): z.ZodType<string, string> {
  return z
    .string()
    .min(1)
    .meta({ expected: 'the path of a file that can be read', path: 'file' } satisfies OptionMeta);
}

/** An absolute path; whether something is there is the module's business. */
export function path(): z.ZodType<string, string> {
  return z
    .string()
    .min(1)
    .meta({ expected: 'a path', path: 'any' } satisfies OptionMeta);
}

const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

/** Networks in CIDR notation, single addresses among them; `loopback` stands for this machine, `any` for everyone. */
export function networks(): z.ZodType<readonly string[], readonly string[]> {
  const expected = 'a network such as 10.0.0.0/8, an address such as 192.0.2.7, loopback or any';
  return z.array(read(z.string(), expected, readNetwork)).transform((lists) => lists.flat());
}

/** The networks that a word of a list stands for, each with its prefix length; undefined when it is none. */
function readNetwork(text: string): readonly string[] | undefined {
  if (text === 'loopback') return LOOPBACK;
  if (text === 'any') return ['0.0.0.0/0', '::/0'];
  const match = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text);
  const family = isIP(match?.[1] ?? '');
  if (family === 0) return undefined;
  const longest = family === 4 ? 32 : 128;
  const prefix = Number(match?.[2] ?? longest);
  return prefix <= longest ? [`${match![1]}/${prefix}`] : undefined;
}

/** The prepared bare address of an account. */
export function accountAddress(): z.ZodType<string, string> {
  const expected = 'the address of an account, such as alice@example.org';
  return read(z.string(), expected, (text) => {
    const jid = parseJid(text);
    return jid?.isBare && !jid.isDomain ? jid.full : undefined;
  });
}

/** A prepared domain. */
export function domainName(): z.ZodType<string, string> {
  const expected = 'a domain such as example.org';
  return read(z.string(), expected, prepareDomain);
}

/** What `parse` makes of a value; where that is undefined, `expected` says what should stand there. */
function read<Written, Value>(
  schema: z.ZodType<Written, Written>,
  expected: string,
  parse: (written: Written) => Value | undefined,
): z.ZodType<Value, Written> {
  return schema
    .transform((written, issues): Value => {
      const value = parse(written);
      if (value !== undefined) return value;
      issues.addIssue({ code: 'custom', message: 'invalid', params: { expected } });
      return z.NEVER;
    })
    .meta({ expected } satisfies OptionMeta);
}

function limit(text: string | undefined, parse: (text: string) => number | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined) throw new Error(`${text} is no bound of an option`);
  return value;
}

function rangeText(min: number | undefined, max: number | undefined, format: (value: number) => string): string {
  if (min !== undefined && max !== undefined) return `from ${format(min)} to ${format(max)}`;
  if (min !== undefined) return `at least ${format(min)}`;
  return max === undefined ? '' : `at most ${format(max)}`;
}
