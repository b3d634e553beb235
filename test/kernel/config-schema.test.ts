/** Kinds of options: what each accepts and what it becomes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { accountAddress, bytes, domainName, duration, networks, secret } from '../../src/kernel/config-schema.ts';

/** The outcome of each input: a value, or `undefined` where it is refused. */
const outcomes = (schema: z.ZodType, inputs: readonly unknown[]): readonly unknown[] =>
  inputs.map((it) => schema.safeParse(it).data);

test('a duration is a text with units within its bounds; a number has no unit and is refused', () => {
  const schema = duration({ min: '1s', max: '1h' });
  assert.deepEqual(outcomes(schema, ['1s', '90s', '1h', '999ms', '61m', 60, 'soon', '']), [
    1000,
    90_000,
    3_600_000,
    ...Array(5).fill(undefined),
  ]);
});

test('forever is a duration only where it is allowed, whatever the bounds', () => {
  assert.deepEqual(outcomes(duration({ max: '1h', forever: true }), ['forever']), [Infinity]);
  assert.deepEqual(outcomes(duration(), ['forever']), [undefined]);
});

test('a size is a text with a unit, or a number of bytes', () => {
  const schema = bytes({ min: '1 KiB', max: '1 MiB' });
  assert.deepEqual(outcomes(schema, ['1 KiB', 2048, '0.5 MiB', '1 B', '2 MiB', 'big']), [
    1024,
    2048,
    524_288,
    undefined,
    undefined,
    undefined,
  ]);
});

test('bounds that cannot be read are a mistake of the program', () => {
  assert.throws(() => duration({ min: 'soon' }), /soon is no bound/);
});

test('networks are normalised to prefixes', () => {
  assert.deepEqual(networks().parse(['loopback', '10.0.0.1', '2001:db8::/32']), [
    '127.0.0.0/8',
    '::1/128',
    '10.0.0.1/32',
    '2001:db8::/32',
  ]);
  assert.deepEqual(outcomes(networks(), [['any'], ['10.0.0.0/40'], ['here'], 'any']), [
    ['0.0.0.0/0', '::/0'],
    undefined,
    undefined,
    undefined,
  ]);
});

test('addresses and domains are prepared (RFC 7622); an account has a local part and no resource', () => {
  assert.deepEqual(outcomes(accountAddress(), ['Juliet@Example.ORG', 'example.org', 'a@b/c', '@b', 5]), [
    'juliet@example.org',
    ...Array(4).fill(undefined),
  ]);
  assert.deepEqual(outcomes(domainName(), ['Example.ORG.', 'a b', '']), ['example.org', undefined, undefined]);
});

test('a secret is not empty', () => {
  assert.deepEqual(outcomes(secret(), ['x', '']), ['x', undefined]);
});
