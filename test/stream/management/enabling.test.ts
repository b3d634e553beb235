/** XEP-0198 sections 2 and 3: how stream management is offered and switched on. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startCore } from '../../support/core.ts';
import { SETTINGS } from '../../support/parley.ts';
import { acknowledge, authenticated, bind, device, enable, failed, REQUEST, resume, SM } from './devices.ts';

const server = await startCore({ settings: { sessionsPerAccount: 100 } });
after(() => server.stop());

async function bound(attributes = '') {
  const client = await authenticated(server, 'juliet');
  await bind(client, '');
  await client.send(enable(attributes));
  return { client, answer: await client.receive() };
}

suite('XEP-0198 2: the stream feature', () => {
  test('it is offered when the client has logged in, and not before', async () => {
    await server.account('juliet');
    const client = server.connect();
    const { features } = await client.open('capulet.lit');
    assert.equal(features.child(`{${SM}}sm`), undefined);
    const plain = Buffer.from('\0juliet\0secret').toString('base64');
    await client.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await client.receive();
    const { features: later } = await client.open('capulet.lit');
    // Revision 1.6.3: without <optional/> and <required/>.
    assert.equal(later.child(`{${SM}}sm`)?.toString(), `<sm xmlns='${SM}'/>`);
  });
});

suite('XEP-0198 3: enabling', () => {
  test('without resumption the answer is a bare <enabled/>', async () => {
    for (const attributes of ['', `resume='false'`, `resume='0'`, `resume='TRUE'`]) {
      const { answer } = await bound(attributes);
      assert.equal(answer.toString(), `<enabled xmlns='${SM}'/>`);
    }
  });

  test('with it the answer has an id, and says for how long; both spellings of true are understood', async () => {
    const ids = new Set<string>();
    for (const attributes of [`resume='true'`, `resume='1'`]) {
      const { answer } = await bound(attributes);
      assert.deepEqual([answer.key, answer.attr('resume'), answer.attr('max')], [`{${SM}}enabled`, 'true', '600']);
      ids.add(answer.attr('id') as string);
    }
    // Section 5: the id is for one session alone, and short.
    assert.equal(ids.size, 2);
    for (const id of ids) assert.match(id, /^[\w-]{22}$/);
  });

  for (const [max, granted] of [
    ['30', '30'],
    ['600', '600'],
    ['601', '600'],
    ['99999999999999999999', '600'],
    ['0', '600'],
    ['-5', '600'],
    ['soon', '600'],
  ]) {
    test(`a client that prefers max='${max}' gets ${granted} seconds`, async () => {
      const { answer } = await bound(`resume='true' max='${max}'`);
      assert.equal(answer.attr('max'), granted);
    });
  }

  test('where the server resumes nothing it manages the stream without', async (t) => {
    const strict = await startCore({ settings: { management: { ...SETTINGS.management, resumeMs: 0 } } });
    t.after(() => strict.stop());
    const client = await authenticated(strict, 'juliet');
    await bind(client, 'balcony');
    await client.send(enable(`resume='true'`));
    assert.equal((await client.receive()).toString(), `<enabled xmlns='${SM}'/>`);
    await client.cut();
    assert.equal(strict.host.sessions.count, 0);
  });

  test('section 5: such a server answers <resume/> with feature-not-implemented, and a resource can be bound', async (t) => {
    const strict = await startCore({ settings: { management: { ...SETTINGS.management, resumeMs: 0 } } });
    t.after(() => strict.stop());
    const client = await authenticated(strict, 'juliet');
    await client.send(resume('some-id', 0));
    await client.receives(failed('feature-not-implemented'));
    await bind(client, 'balcony');
  });

  test('section 5: ids are short, and none is given twice', async () => {
    const ids = new Set<string>();
    for (let i = 0; i < 20; i++) ids.add((await device(server, 'juliet', 'same', { available: false })).id);
    assert.equal(ids.size, 20);
    assert.ok([...ids].every((it) => it.length >= 16 && it.length < 100));
  });

  test('before a resource is bound it fails with unexpected-request, and a resource can be bound then', async () => {
    const client = await authenticated(server, 'juliet');
    for (const element of [enable(`resume='true'`), REQUEST, acknowledge(0)]) {
      await client.send(element);
      await client.receives(failed('unexpected-request'));
    }
    await bind(client, 'after all');
    assert.equal(client.jid, 'juliet@capulet.lit/after all');
    await client.send(enable());
    await client.receives(`<enabled xmlns='${SM}'/>`);
  });

  test('before the client has logged in it fails with unexpected-request, and it can log in then', async () => {
    const client = server.connect();
    await client.open('capulet.lit');
    for (const element of [enable(), resume('x', 0)]) {
      await client.send(element);
      await client.receives(failed('unexpected-request'));
    }
    const plain = Buffer.from('\0juliet\0secret').toString('base64');
    await client.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  });

  test('a second attempt fails with unexpected-request; the first one stands', async () => {
    const { client } = await device(server, 'juliet', 'twice');
    await client.send(enable(`resume='true'`));
    await client.receives(failed('unexpected-request'));
    await client.send(REQUEST);
    await client.receives(acknowledge(1));
  });

  test('section 5: a stream that has a resource resumes nothing', async () => {
    const gone = await device(server, 'juliet', 'gone');
    await gone.client.cut();
    const { client } = await device(server, 'juliet', 'there');
    await client.send(resume(gone.id, 1));
    await client.receives(failed('unexpected-request'));
    await client.send(REQUEST);
    await client.receives(acknowledge(1));
  });

  test('on a stream that is not managed there is nothing to acknowledge', async () => {
    const client = await server.login('juliet');
    for (const element of [REQUEST, acknowledge(0)]) {
      await client.send(element);
      await client.receives(failed('unexpected-request'));
    }
    await client.receivesNothing();
  });

  test('what stream management does not know is answered, and does no harm', async () => {
    const { client } = await device(server, 'juliet', 'odd');
    for (const name of ['enabled', 'resumed', 'failed', 'sm', 'location']) {
      await client.send(`<${name} xmlns='${SM}'/>`);
      await client.receives(failed('unexpected-request'));
    }
    await client.send(REQUEST);
    await client.receives(acknowledge(1));
  });
});
