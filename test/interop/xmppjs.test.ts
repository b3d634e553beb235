/** An existing client library, `@xmpp/client`, over every transport: STARTTLS, direct TLS, WebSocket, secure WebSocket. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type Ports, type ServerProcess, serverProcess } from '../support/server-process.ts';

const run = promisify(execFile);

const SERVICES: Readonly<Record<string, (ports: Ports) => string>> = {
  'STARTTLS (xmpp)': ({ starttls }) => `xmpp://localhost:${starttls}`,
  'direct TLS (xmpps)': ({ direct }) => `xmpps://localhost:${direct}`,
  'WebSocket (ws)': ({ http }) => `ws://localhost:${http}/xmpp-websocket`,
  'secure WebSocket (wss)': ({ https }) => `wss://localhost:${https}/xmpp-websocket`,
};

suite('@xmpp/client', () => {
  let server: ServerProcess;
  before(async () => {
    // A plain WebSocket is for a reverse proxy on this machine, which is what the test stands in for.
    server = await serverProcess({ tls: { allowPlaintextFrom: ['loopback'] }, auth: { allowPlainWithoutTls: true } });
  });
  after(() => server.stop());

  for (const [index, [name, serviceOf]] of Object.entries(SERVICES).entries()) {
    test(`two clients subscribe, see each other come and go, and chat, over ${name}`, async () => {
      const people = [`juliet${index}`, `romeo${index}`];
      await server.addAccounts(people.map((it) => `${it}@localhost`));
      const args = [
        join(import.meta.dirname, 'xmppjs-pair.ts'),
        serviceOf(server.ports),
        'localhost',
        ...people,
        'secret-123',
      ];
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: server.caFile };
      const { stdout } = await run(process.execPath, args, { env, timeout: 30_000 });
      assert.deepEqual(JSON.parse(stdout), {
        heard: 'Wherefore art thou? ❤ &<>',
        answer: 'Call me but love',
        gone: `romeo${index}@localhost`,
      });
    });
  }
});
