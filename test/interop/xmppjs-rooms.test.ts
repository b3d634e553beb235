/** `@xmpp/client` in rooms: every use case of XEP-0045 sections 6 to 10, over secure WebSocket. */
import { join } from 'node:path';
import { after, before, suite } from 'node:test';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { Report } from './room-use-cases.ts';

suite('@xmpp/client in rooms', () => {
  let server: ServerProcess;
  const report = new Report();
  before(async () => {
    // In the rooms of another host nobody of this one founds any.
    server = await serverProcess({ hosts: { localhost: {}, 'closed.localhost': {} } });
    await server.addAccounts(['crone1', 'wiccarocks', 'hag66', 'hecate'].map((it) => `${it}@localhost`));
    const script = join(import.meta.dirname, 'xmppjs-rooms.ts');
    const args = [script, `wss://localhost:${server.ports.https}/xmpp-websocket`, 'secret-123'];
    await report.from(process.execPath, args, { ...process.env, NODE_EXTRA_CA_CERTS: server.caFile });
  });
  after(() => server.stop());
  report.tests();
});
