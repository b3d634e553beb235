/** An existing client library, slixmpp, as its users use it: STARTTLS, SCRAM, roster, presence, chat. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';

const run = promisify(execFile);
/** Debian's Python, for which Debian packages slixmpp (python3-slixmpp). */
const PYTHON = '/usr/bin/python3';

suite('slixmpp', () => {
  let server: ServerProcess;
  before(async () => {
    server = await serverProcess();
    await server.addAccounts(['juliet@localhost', 'romeo@localhost']);
  });
  after(() => server.stop());

  test('two clients subscribe, see each other come and go, and chat, over STARTTLS with SCRAM', async () => {
    const script = join(import.meta.dirname, 'slixmpp_pair.py');
    const accounts = ['juliet@localhost/a', 'secret-123', 'romeo@localhost/b', 'secret-123'];
    const { stdout } = await run(PYTHON, [script, String(server.ports.starttls), server.caFile, ...accounts]);
    const { tls, mechanism, ...seen } = JSON.parse(stdout) as Record<string, string>;
    assert.deepEqual(seen, {
      subscription: 'both',
      heard: 'Wherefore art thou?',
      answer: 'Call me but love, čeština ❤ &<>',
      gone: 'romeo@localhost',
    });
    assert.match(tls as string, /^TLSv1\.3$/);
    assert.match(mechanism as string, /^SCRAM-SHA-.*-PLUS$/);
  });
});
