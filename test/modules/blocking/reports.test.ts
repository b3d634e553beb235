/** Reports of spam and abuse: XEP-0377. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { blockList } from './people.ts';

const server = await startParley({ modules: { blocking: { maxReports: 120 } } });
after(() => server.stop());

const SPAM = 'urn:xmpp:reporting:spam';

interface Line {
  readonly reporter: string;
  readonly reported: string;
  readonly at: string;
  readonly reason: string;
  readonly text: string;
  readonly lang: string;
  readonly messages: readonly { readonly by: string; readonly id: string }[];
  readonly consents: readonly string[];
}

/** Blocks addresses, with what stands in their items. */
function report(client: TestClient, ...items: readonly (readonly [jid: string, content: string])[]): Promise<Element> {
  const inner = items.map(([jid, content]) => `<item jid='${jid}'>${content}</item>`).join('');
  return client.iq('set', `<block xmlns='urn:xmpp:blocking'>${inner}</block>`);
}

function reported(content = '', reason = SPAM): string {
  return `<report xmlns='urn:xmpp:reporting:1' reason='${reason}'>${content}</report>`;
}

async function latest(limit?: number): Promise<readonly Line[]> {
  return (await server.command('blocking reports', limit === undefined ? {} : { limit })) as readonly Line[];
}

suite('a report', () => {
  test('XEP-0377 6: blocks the address and is kept for the operator', async () => {
    const ann = await server.login('ann');
    const result = await report(ann, ['Romeo@Example.net', reported('', 'urn:xmpp:reporting:abuse')]);
    assert.equal(result.attr('type'), 'result');
    assert.deepEqual(await blockList(ann), ['romeo@example.net']);
    assert.deepEqual(await latest(1), [
      {
        reporter: 'ann@capulet.lit',
        reported: 'romeo@example.net',
        at: '2030-01-01T00:00:00.000Z',
        reason: 'abuse',
        text: '',
        lang: '',
        messages: [],
        consents: [],
      },
    ]);
  });

  test('XEP-0377 4, 5, 6: text, consents and stanza ids come with it', async () => {
    const bea = await server.login('bea');
    const content =
      `<stanza-id xmlns='urn:xmpp:sid:0' by='romeo@example.net' id='28482-98726-73623'/>` +
      `<stanza-id xmlns='urn:xmpp:sid:0' by='romeo@example.net' id='38383-38018-18385'/>` +
      `<text xml:lang='en'>\n  Never came trouble to my house like this.\n</text><third-party/><report-origin/>`;
    await report(bea, ['romeo@example.net', reported(content)]);
    const [line] = await latest(1);
    assert.equal(line?.reason, 'spam');
    assert.equal(line?.text, 'Never came trouble to my house like this.');
    assert.equal(line?.lang, 'en');
    assert.deepEqual(line?.messages, [
      { by: 'romeo@example.net', id: '28482-98726-73623' },
      { by: 'romeo@example.net', id: '38383-38018-18385' },
    ]);
    assert.deepEqual(line?.consents, ['report-origin', 'third-party']);
  });

  test('XEP-0377 7: each is about one address of the request', async () => {
    const cid = await server.login('cid');
    const items = [
      ['a@x.example', reported('<text>one</text>')],
      ['b@x.example', ''],
      ['c@x.example', reported('<text>two</text>')],
    ];
    await report(cid, ...(items as [string, string][]));
    const lines = (await latest(2)).map((it) => `${it.reported} ${it.text}`);
    assert.deepEqual(lines, ['c@x.example two', 'a@x.example one']);
    assert.equal((await blockList(cid)).length, 3);
  });

  test('XEP-0377 6: one that is no report does not keep the block from working', async () => {
    const dan = await server.login('dan');
    const before = (await latest(1000)).length;
    for (const [i, content] of [
      `<report xmlns='urn:xmpp:reporting:1'/>`,
      reported('', ''),
      reported('', 'x'.repeat(300)),
      `<report xmlns='urn:example:reporting' reason='${SPAM}'/>`,
    ].entries()) {
      assert.equal((await report(dan, [`x${i}@x.example`, content])).attr('type'), 'result');
    }
    assert.equal((await latest(1000)).length, before);
    assert.equal((await blockList(dan)).length, 4);
  });

  test('who is blocked already can be reported still, and a later report takes the place of the first', async () => {
    const eve = await server.login('eve');
    await report(eve, ['a@x.example', '']);
    await report(eve, ['a@x.example', reported('<text>first</text>')]);
    await report(eve, ['a@x.example', reported('<text>second</text>')]);
    const mine = (await latest(1000)).filter((it) => it.reporter === 'eve@capulet.lit');
    assert.deepEqual(
      mine.map((it) => it.text),
      ['second'],
    );
  });

  test('what it holds is bounded', async () => {
    const fay = await server.login('fay');
    const ids = Array.from({ length: 80 }, (_, i) => `<stanza-id xmlns='urn:xmpp:sid:0' by='a@x.example' id='${i}'/>`);
    const long = `<stanza-id xmlns='urn:xmpp:sid:0' by='a@x.example' id='${'y'.repeat(5000)}'/>`;
    await report(fay, [
      'a@x.example',
      reported(`${long}<text>${'x'.repeat(1999)}💘${'x'.repeat(100)}</text>${ids.join('')}`),
    ]);
    const [line] = await latest(1);
    assert.equal(line?.messages.length, 50);
    assert.equal(line?.messages[0]?.id, '0');
    assert.equal(line?.text.length, 2000);
    assert.ok(line?.text.isWellFormed());
  });
});

suite('all reports', () => {
  test('of one account the newest hundred are kept, so that nobody pushes out the others', async () => {
    const gil = await server.login('gil');
    const items = Array.from({ length: 110 }, (_, i) => [`s${i}@x.example`, reported()] as const);
    await report(gil, ...items);
    const lines = await latest(1000);
    const mine = lines.filter((it) => it.reporter === 'gil@capulet.lit').map((it) => it.reported);
    assert.equal(mine.length, 100);
    assert.equal(mine[0], 's109@x.example');
    assert.equal(mine.at(-1), 's10@x.example');
    assert.ok(lines.some((it) => it.reporter === 'ann@capulet.lit'));
  });

  test('of the host so many are kept as the configuration says; the oldest make room', async () => {
    const hal = await server.login('hal');
    await report(hal, ...Array.from({ length: 60 }, (_, i) => [`t${i}@x.example`, reported()] as const));
    const lines = await latest(1000);
    assert.equal(lines.length, 120);
    assert.equal(lines[0]?.reported, 't59@x.example');
    assert.ok(!lines.some((it) => it.reporter === 'ann@capulet.lit'));
    assert.equal((await latest()).length, 50);
  });

  test('they are part of what an account can have exported, and go with it', async () => {
    const { accountData } = await import('../../../src/contracts/accounts.ts');
    const { jid } = await import('../../../src/jid/jid.ts');
    const ida = await server.login('ida');
    await report(ida, ['a@x.example', reported('<text>hers</text>')]);
    const data = await server.host.parts.hooks.collect(accountData, jid('ida@capulet.lit'));
    const named = new Map(data.map((it) => [it.name, it.data]));
    assert.deepEqual(named.get('blocked'), ['a@x.example']);
    assert.equal((named.get('reports') as Line[])[0]?.text, 'hers');
    await server.command('user delete', { jid: 'ida@capulet.lit' });
    await ida.ends();
    assert.ok(!(await latest(1000)).some((it) => it.reporter === 'ida@capulet.lit'));
  });

  test('they outlive the process', async () => {
    const before = await latest(1000);
    await server.restart();
    assert.deepEqual(await latest(1000), before);
  });
});
