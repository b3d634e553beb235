/** The server's own secret: made once, and not taken when it is damaged. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { secretPath, serverSecret } from '../../src/server/secret.ts';

test('it is made at the first time and stays', () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-secret-'));
  const secret = serverSecret(data);
  assert.equal(secret.length, 32);
  assert.deepEqual(serverSecret(data), secret);
});

test('one that is damaged is refused as something for the operator, without a trace', () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-secret-'));
  writeFileSync(secretPath(data), 'short');
  assert.throws(() => serverSecret(data), { name: 'CommandError', message: /secret\.key is damaged/ });
});
