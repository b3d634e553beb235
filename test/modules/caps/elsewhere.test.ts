/** XEP-0115 for contacts on other servers, whose presence comes here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jid, NS, Router } from '#api';
import { Stanza } from '../../../src/xmpp/stanza.ts';
import type { TestServer } from '../../support/parley.ts';
import { parseXml } from '../../support/xml.ts';
import { capsOf, featuresAt, settled, starter } from './fixture.ts';

const start = starter();

/** Another domain, which notes what it gets. */
function gateway(server: TestServer) {
  const received: Stanza[] = [];
  assert.ok(server.engine.router.addService('irc.example', { receive: (stanza) => void received.push(stanza) }));
  const send = (xml: string, to = 'juliet@capulet.lit') => {
    const element = parseXml(xml);
    return server.service(Router).route(new Stanza(element, jid(element.attr('from') as string), jid(to)));
  };
  return { received, send };
}

const from = (presence: string, type = ''): string =>
  presence.replace('<presence>', `<presence from='romeo@irc.example/x'${type}>`);

test('XEP-0115 6.2: a client elsewhere is asked like one of ours, and forgotten when it goes', async (t) => {
  const { server, changes, client } = await start(t);
  const juliet = await client('juliet');
  const { received, send } = gateway(server);
  const { inner, ver, presence } = capsOf(NS.discoInfo, 'urn:a');
  await send(from(presence));
  await settled(server, juliet);
  const [question] = received;
  assert.equal(question?.to.full, 'romeo@irc.example/x');
  assert.ok(question?.element.firstElement()?.attr('node')?.endsWith(`#${ver}`));
  await send(
    `<iq type='result' id='${question?.id}' from='romeo@irc.example/x'><query xmlns='${NS.discoInfo}'>${inner}</query></iq>`,
    'capulet.lit',
  );
  await settled(server, juliet);
  assert.deepEqual(featuresAt(server, 'romeo@irc.example/x'), [NS.discoInfo, 'urn:a']);
  assert.deepEqual(
    changes.map((it) => [it.client.full, it.session]),
    [['romeo@irc.example/x', undefined]],
  );
  await send(`<presence from='romeo@irc.example/x' type='unavailable'/>`);
  assert.equal(featuresAt(server, 'romeo@irc.example/x'), undefined);
});

test('only the one who was asked can answer', async (t) => {
  const { server, client } = await start(t);
  const juliet = await client('juliet');
  const { received, send } = gateway(server);
  const { inner, presence } = capsOf(NS.discoInfo);
  await send(from(presence));
  await settled(server, juliet);
  await send(
    `<iq type='result' id='${received[0]?.id}' from='tybalt@irc.example/x'><query xmlns='${NS.discoInfo}'>${inner}</query></iq>`,
    'capulet.lit',
  );
  await settled(server, juliet);
  assert.equal(featuresAt(server, 'romeo@irc.example/x'), undefined);
});

test('occupants of rooms are not asked', async (t) => {
  const { server, client } = await start(t);
  const juliet = await client('juliet');
  const { received, send } = gateway(server);
  const { presence } = capsOf(NS.discoInfo);
  await send(from(presence).replace('</presence>', `<x xmlns='${NS.mucUser}'/></presence>`), juliet.jid);
  await settled(server, juliet);
  assert.deepEqual(received, []);
});

test('no more clients elsewhere are remembered than configured', async (t) => {
  const { server, client } = await start(t, { modules: { caps: { remembered: 16 } } });
  const juliet = await client('juliet');
  const { received, send } = gateway(server);
  const { inner, presence } = capsOf(NS.discoInfo);
  for (let i = 0; i < 20; i++) await send(from(presence).replace('/x', `/x${i}`));
  await settled(server, juliet);
  const [question] = received;
  assert.equal(received.length, 1);
  await send(
    `<iq type='result' id='${question?.id}' from='${question?.to.full}'><query xmlns='${NS.discoInfo}'>${inner}</query></iq>`,
    'capulet.lit',
  );
  await settled(server, juliet);
  const known = Array.from({ length: 20 }, (_, i) => featuresAt(server, `romeo@irc.example/x${i}`) !== undefined);
  assert.equal(known.filter((it) => it).length, 16);
});
