/** FAST's attributes, and when a token is issued (XEP-0484). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientId, parseCount, tokenToIssue } from '../../src/auth/fast.ts';
import type { SaslSuccess } from '../../src/auth/sasl.ts';
import type { FastToken } from '../../src/contracts/credentials.ts';

const OFFERED = ['HT-SHA-256-EXPR', 'HT-SHA-256-NONE'];
const SCRAM: SaslSuccess = {
  kind: 'success',
  mechanism: 'SCRAM-SHA-256-PLUS',
  local: 'romeo',
  authzid: undefined,
  data: undefined,
};

function byToken(standing: FastToken['standing'], invalidated = false): SaslSuccess {
  const token = { id: '1', secret: 's', mechanism: 'HT-SHA-256-EXPR', count: 0, standing };
  return { ...SCRAM, mechanism: token.mechanism, fast: { token, invalidated } };
}

test('XEP-0484 section 3.2: a client that asks gets a token for a mechanism that was advertised', () => {
  assert.equal(tokenToIssue(SCRAM, 'HT-SHA-256-NONE', OFFERED), 'HT-SHA-256-NONE');
  assert.equal(tokenToIssue(SCRAM, 'HT-SHA-512-NONE', OFFERED), undefined);
  assert.equal(tokenToIssue(SCRAM, undefined, OFFERED), undefined);
});

test('XEP-0484 section 3.5: a token that is due is followed by one for the same mechanism', () => {
  assert.equal(tokenToIssue(byToken('due'), undefined, OFFERED), 'HT-SHA-256-EXPR');
  assert.equal(tokenToIssue(byToken('valid'), undefined, OFFERED), undefined);
  assert.equal(tokenToIssue(byToken('due'), undefined, ['HT-SHA-256-NONE']), undefined);
});

test('XEP-0484 section 3.6: after invalidate there is no token, unless the client asks for one', () => {
  assert.equal(tokenToIssue(byToken('due', true), undefined, OFFERED), undefined);
  assert.equal(tokenToIssue(byToken('due', true), 'HT-SHA-256-NONE', OFFERED), 'HT-SHA-256-NONE');
});

test('XEP-0484 section 3.3: an anonymous user gets no token', () => {
  assert.equal(tokenToIssue({ ...SCRAM, mechanism: 'ANONYMOUS' }, 'HT-SHA-256-NONE', OFFERED), undefined);
});

test('XEP-0484 section 3.4: a count is a positive integer', () => {
  assert.equal(parseCount('123'), 123);
  assert.equal(parseCount(' +007 '), 7);
  for (const text of ['', '0', '-1', '1.5', '1e3', 'x', '9'.repeat(16)])
    assert.equal(parseCount(text), undefined, text);
});

test('XEP-0388 section 2.4: a client is known by a UUID', () => {
  assert.equal(clientId('D4565FA7-4d72-4749-b3d3-740edbf87770'), 'd4565fa7-4d72-4749-b3d3-740edbf87770');
  assert.equal(clientId(undefined), undefined);
  for (const id of ['', 'x', 'd4565fa74d724749b3d3740edbf87770', `${'d'.repeat(5000)}`])
    assert.equal(clientId(id), undefined);
});
