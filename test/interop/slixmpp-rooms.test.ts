/** slixmpp in rooms: every use case of XEP-0045 sections 6 to 10, over STARTTLS. */
import { join } from 'node:path';
import { after, before, suite } from 'node:test';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { Report } from './room-use-cases.ts';

/** Debian's Python, for which Debian packages slixmpp (python3-slixmpp). */
const PYTHON = '/usr/bin/python3';

suite('slixmpp in rooms', () => {
  let server: ServerProcess;
  const report = new Report();
  before(async () => {
    // In the rooms of another host nobody of this one founds any.
    server = await serverProcess({ hosts: { localhost: {}, 'closed.localhost': {} } });
    await server.addAccounts(['crone1', 'wiccarocks', 'hag66', 'hecate'].map((it) => `${it}@localhost`));
    const script = join(import.meta.dirname, 'slixmpp_rooms.py');
    await report.from(PYTHON, [script, String(server.ports.starttls), server.caFile, 'secret-123']);
  });
  after(() => server.stop());
  report.tests();
});
