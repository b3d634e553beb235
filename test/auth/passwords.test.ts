/** Which passwords are accepted (XEP-0438 section 7), and which are made up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwords } from '../../src/auth/passwords.ts';
import { prepare } from '../../src/auth/prepare.ts';
import { MIN_ITERATIONS } from '../../src/auth/scram-keys.ts';

const MIN_LENGTH = 8;
const { problem, generate, derive } = passwords(() => ({ hashes: ['SHA-256'], iterations: MIN_ITERATIONS }));
const problemWithPassword = (password: string, local: string) => problem(password, local, MIN_LENGTH);

test('XEP-0438 section 7: at least 8 characters, counted as people count them', () => {
  assert.match(problemWithPassword('sevensv', 'romeo') ?? '', /at least 8/);
  assert.match(problemWithPassword('😀'.repeat(7), 'romeo') ?? '', /at least 8/);
  assert.equal(problemWithPassword('😀'.repeat(8), 'romeo'), undefined);
  assert.equal(problemWithPassword('eight ch', 'romeo'), undefined);
});

test('XEP-0438 section 7: at most 128 characters', () => {
  assert.equal(problemWithPassword('x'.repeat(128), 'romeo'), undefined);
  assert.match(problemWithPassword('x'.repeat(129), 'romeo') ?? '', /at most 128/);
});

test('XEP-0438 section 7: no password that everybody guesses first', () => {
  for (const password of ['12345678', 'Password1', 'QWERTYUIOP', 'iloveyou']) {
    assert.match(problemWithPassword(password, 'romeo') ?? '', /guessed/, password);
  }
});

test('the user name is no password', () => {
  assert.match(problemWithPassword('Mercutio1', 'mercutio1') ?? '', /user name/);
});

test('RFC 4013: characters that SASLprep forbids are refused', () => {
  assert.match(problemWithPassword('eight\u0007chars', 'romeo') ?? '', /not allowed/);
  assert.match(problemWithPassword('', 'romeo') ?? '', /not allowed/);
});

test('RFC 4013: a password that is empty or forbidden has no keys', async () => {
  for (const password of ['', '\u00ad', 'bell\u0007', 'private\ue000']) assert.equal(await derive(password), undefined);
  assert.equal(await derive('ä'.repeat(512)), undefined, 'too long for PLAIN');
  assert.equal((await derive('correct horse 😀'))?.length, 1);
});

test('RFC 4013 section 3: the examples of SASLprep', () => {
  assert.equal(prepare('I\u00adX'), 'IX');
  assert.equal(prepare('user'), 'user');
  assert.equal(prepare('USER'), 'USER');
  assert.equal(prepare('\u00aa'), 'a');
  assert.equal(prepare('\u2168'), 'IX');
  assert.equal(prepare('\u0007'), undefined);
  assert.equal(prepare('\u0627\u0031'), undefined);
});

test('a generated password has 96 bits at least, groups that can be read out, and passes the policy', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const password = generate();
    assert.match(password, /^[2-9a-hjkmnp-z]{4}(-[2-9a-hjkmnp-z]{4}){4}$/);
    assert.equal(problemWithPassword(password, 'romeo'), undefined);
    seen.add(password);
  }
  assert.equal(seen.size, 200);
  assert.ok(20 * Math.log2(31) >= 96);
  const letters = new Set([...seen].join('').replaceAll('-', ''));
  assert.equal(letters.size, 31, 'every character occurs');
});
