/** slixmpp with two devices of one account: carbons (XEP-0280), and a resumption with 500 stanzas in flight each way (XEP-0198). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';

const run = promisify(execFile);
/** Debian's Python, for which Debian packages slixmpp (python3-slixmpp). */
const PYTHON = '/usr/bin/python3';
const IN_FLIGHT = 500;
const numbered = (text: string) => Array.from({ length: IN_FLIGHT }, (_, it) => `${text} ${it}`);

interface Seen {
  readonly carbons: object;
  readonly before: { readonly phone: object; readonly romeo: object; readonly unacknowledged: number };
  readonly after: { readonly phone: object; readonly romeo: object; readonly desk: readonly string[] };
  readonly failures: object;
}

suite('slixmpp with two devices', () => {
  let server: ServerProcess;
  before(async () => {
    server = await serverProcess();
    await server.addAccounts(['juliet@localhost', 'romeo@localhost']);
  });
  after(() => server.stop());

  test('carbons both ways; after the network broke and the session is resumed nothing is lost, doubled or out of order', async () => {
    const script = join(import.meta.dirname, 'slixmpp_devices.py');
    const people = ['juliet@localhost', 'secret-123', 'romeo@localhost', 'secret-123'];
    const args = [script, String(server.ports.starttls), server.caFile, ...people, String(IN_FLIGHT)];
    const { stdout } = await run(PYTHON, args, { maxBuffer: 1 << 26 });
    const { carbons, before, after, failures } = JSON.parse(stdout) as Seen;
    assert.deepEqual(failures, []);
    assert.deepEqual(carbons, {
      phone: ['to the phone', 'sent from the desk'],
      desk: ['received to the phone', 'sent from the phone'],
      romeo: ['from the phone', 'from the desk'],
    });
    assert.deepEqual([before.phone, before.romeo], [[], []], 'all of it was in flight');
    assert.ok(before.unacknowledged >= IN_FLIGHT);
    assert.deepEqual(after.phone, [...numbered('in'), 'end']);
    assert.deepEqual(after.romeo, [...numbered('out'), 'end']);
    assert.deepEqual(after.desk, [...numbered('in'), ...numbered('sent out'), 'end', 'sent end']);
  });
});
