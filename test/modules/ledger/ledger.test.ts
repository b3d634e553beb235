/** `parley explain`: how messages are found, what is told of them, and what is not. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Accounts, Ledger } from '#api';
import { startParley } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';
import { chat, explain, fateOf, online, settled, stepsOf } from './support.ts';

const JULIET = 'juliet@capulet.lit';
const ROMEO = 'romeo@capulet.lit/orchard';
const ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const STANZA_ID = '{urn:xmpp:sid:0}stanza-id';

const start = sharedServer();

suite('explain', () => {
  test('tells step by step what happened, when, where and how', async (t) => {
    const server = await start(t);
    const juliet = await online(server, 'juliet', 'balcony');
    const romeo = await online(server, 'romeo', 'orchard');
    await romeo.send(chat(JULIET, ID));
    const message = await juliet.receives(`<message id='${ID}'/>`);
    const archived = message.child(STANZA_ID)?.attr('id');
    const { messages, steps } = await explain(server, ID);
    const fate = `delivered to ${JULIET}/balcony`;
    assert.deepEqual(messages, [{ message: 1, from: ROMEO, to: JULIET, state: 'delivered', fate }]);
    const at = new Date(server.clock.now()).toISOString();
    assert.deepEqual(steps, [
      { message: 1, at, step: 'received', where: ROMEO, detail: 'tcp' },
      { message: 1, at, step: 'archived', where: 'romeo@capulet.lit', detail: archived },
      { message: 1, at, step: 'archived', where: JULIET, detail: archived },
      { message: 1, at, step: 'written', where: `${JULIET}/balcony`, detail: undefined },
    ]);
  });

  test('finds a message by its stanza id and by its origin id, too (XEP-0359)', async (t) => {
    const server = await start(t);
    const juliet = await online(server, 'juliet', 'balcony');
    const romeo = await online(server, 'romeo', 'orchard');
    const origin = `<origin-id xmlns='urn:xmpp:sid:0' id='another'/>`;
    await romeo.send(`<message to='${JULIET}' type='chat' id='${ID}'><body>hi</body>${origin}</message>`);
    const message = await juliet.receives(`<message id='${ID}'/>`);
    const steps = await stepsOf(server, ID);
    assert.deepEqual(await stepsOf(server, 'another'), steps);
    assert.deepEqual(await stepsOf(server, message.child(STANZA_ID)?.attr('id') ?? ''), steps);
  });

  test('finds one that has no id of its own by its stanza id', async (t) => {
    const server = await start(t);
    const juliet = await online(server, 'juliet', 'balcony');
    const romeo = await online(server, 'romeo', 'orchard');
    await romeo.send(`<message to='${JULIET}' type='chat'><body>hi</body></message>`);
    const message = await juliet.receives('<message/>');
    assert.equal((await fateOf(server, message.child(STANZA_ID)?.attr('id') ?? ''))[0], 'delivered');
  });

  test('tells messages apart that different people sent with the same id', async (t) => {
    const server = await start(t);
    await server.account('juliet');
    const romeo = await online(server, 'romeo', 'orchard');
    const nurse = await online(server, 'nurse', 'hall');
    await romeo.send(chat(JULIET, '1'));
    await nurse.send(chat('romeo@capulet.lit', '1'));
    await romeo.receives(`<message id='1'/>`);
    const { messages, steps } = await explain(server, '1');
    const told = messages.map(({ message, from, state }) => [message, from, state]);
    assert.deepEqual(told, [
      [1, ROMEO, 'offline'],
      [2, nurse.jid, 'delivered'],
    ]);
    assert.deepEqual([...new Set(steps.map((it) => it.message))], [1, 2]);
  });

  test('takes what is sent again with the same id for the same message: its fate is the last one', async (t) => {
    const server = await start(t);
    const romeo = await online(server, 'romeo', 'orchard');
    await romeo.send(chat(JULIET, ID));
    await settled(romeo);
    assert.equal((await fateOf(server, ID))[0], 'bounced');
    await online(server, 'juliet', 'balcony');
    await romeo.send(chat(JULIET, ID));
    await settled(romeo);
    assert.deepEqual(await fateOf(server, ID), ['delivered', `delivered to ${JULIET}/balcony`]);
    assert.equal((await stepsOf(server, ID)).filter((it) => it.startsWith('received')).length, 2);
  });

  test('says so when it knows nothing', async (t) => {
    const server = await start(t);
    await assert.rejects(server.command('explain', { id: 'nothing' }), /no message nothing in the ledger/);
  });

  test('never tells what was said, and tells nothing of presence, requests and errors', async (t) => {
    const server = await start(t);
    const juliet = await online(server, 'juliet', 'balcony');
    const romeo = await online(server, 'romeo', 'orchard');
    await romeo.send(`<message to='${juliet.jid}' id='${ID}'><body>secret</body><subject>secret</subject></message>`);
    await romeo.send(`<presence to='${juliet.jid}' id='p'/>`);
    await romeo.send(`<iq type='get' to='${juliet.jid}' id='i'><ping xmlns='urn:xmpp:ping'/></iq>`);
    await romeo.send(`<message type='error' to='${juliet.jid}' id='e'><error type='cancel'/></message>`);
    await settled(romeo);
    assert.doesNotMatch(JSON.stringify(await explain(server, ID)), /secret/);
    for (const id of ['p', 'i', 'e']) await assert.rejects(server.command('explain', { id }), /no message/);
  });

  test('forgets an account with it', async (t) => {
    const server = await start(t);
    await online(server, 'juliet', 'balcony');
    const romeo = await online(server, 'romeo', 'orchard');
    await romeo.send(chat(JULIET, ID));
    await settled(romeo);
    assert.equal((await fateOf(server, ID))[0], 'delivered');
    await server.service(Accounts).remove('juliet');
    await assert.rejects(server.command('explain', { id: ID }), /no message/);
  });
});

test('nothing is noted where the module is disabled', async (t) => {
  const server = await startParley({ modules: { ledger: false } });
  t.after(() => server.stop());
  assert.equal(server.service(Ledger), undefined);
  assert.equal(server.host.ledger, undefined);
  const juliet = await server.login('juliet');
  await juliet.send(chat(JULIET, ID));
  await juliet.receives(`<message id='${ID}'/>`);
  await assert.rejects(server.command('explain', { id: ID }), /no command/);
});
