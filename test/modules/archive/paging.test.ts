/** Pages of archives: XEP-0313 sections 4.2 and 4.3, XEP-0059. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { ask, type Found, MAM, queryXml, refused, result, stampOf } from './support.ts';

const server = await startParley();
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });
const COUNT = 300;

// Notes to herself, and every third to Romeo.
await server.account('romeo');
for (let i = 0; i < COUNT; i++) {
  const to = i % 3 === 0 ? 'romeo' : 'juliet';
  await juliet.send(`<message to='${to}@capulet.lit' type='chat' id='m${i}'><body>${i}</body></message>`);
  if (i % 10 !== 0) continue;
  await juliet.drain();
  server.clock.advance(1000);
}
await juliet.drain();

const ids: string[] = [];
for (let page = await ask(juliet); ; page = await ask(juliet, { set: `<after>${page.last}</after>` })) {
  ids.push(...page.ids);
  if (page.complete) break;
}

const numbers = (from: number, to: number, step = 1): string[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => String(from + i * step));

/** What a page tells of itself must be true of its messages. */
function consistent(found: Found): Found {
  assert.equal(found.first, found.ids.toSorted()[0]);
  assert.equal(found.last, found.ids.toSorted().at(-1));
  return found;
}

suite('results', () => {
  test('XEP-0313 4.2: each message is in a result with its archive id, the query id and the time it came', async () => {
    const { results, messages } = await ask(juliet, { queryId: 'f27', set: '<max>3</max>' });
    results.forEach((message, i) => {
      assert.equal(message.attr('from'), 'juliet@capulet.lit');
      assert.equal(message.attr('to'), juliet.jid);
      assert.equal(result(message).attr('id'), ids[i]);
      assert.equal(result(message).attr('queryid'), 'f27');
      assert.equal(messages[i]?.attr('id'), `m${i}`);
    });
    assert.deepEqual(results.map(stampOf), [
      '2030-01-01T00:00:00.000Z',
      '2030-01-01T00:00:01.000Z',
      '2030-01-01T00:00:01.000Z',
    ]);
  });

  test('XEP-0313 4.2: without a query id in the query there is none in the results', async () => {
    const { results } = await ask(juliet, { set: '<max>1</max>' });
    assert.equal(result(results[0] as Found['fin']).attr('queryid'), undefined);
  });

  test('XEP-0313 4: the answer comes behind the last message', async () => {
    await juliet.send(`<iq type='set' id='order'>${queryXml({ set: '<max>5</max>' })}</iq>`);
    for (let i = 0; i < 5; i++) await juliet.receives(`<message><result xmlns='${MAM}'/></message>`);
    await juliet.receives(`<iq type='result' id='order'><fin xmlns='${MAM}'/></iq>`);
  });

  test('XEP-0313 4.1: an empty archive is no error', async () => {
    const nurse = await server.login('nurse');
    const found = await ask(nurse);
    assert.deepEqual([found.ids.length, found.count, found.complete, found.first], [0, '0', true, undefined]);
    const last = await ask(nurse, { set: '<max>10</max><before/>' });
    assert.deepEqual([last.ids.length, last.count, last.complete], [0, '0', true]);
  });
});

suite('pages', () => {
  test('XEP-0313 4.3.1: a page holds 50 messages unless told otherwise, and 250 at most', async () => {
    const page = consistent(await ask(juliet));
    assert.deepEqual(page.bodies, numbers(0, 50));
    assert.deepEqual([page.index, page.count, page.complete], ['0', '300', false]);
    const large = consistent(await ask(juliet, { set: '<max>1000</max>' }));
    assert.deepEqual(large.bodies, numbers(0, 250));
    assert.deepEqual([large.index, large.count, large.complete], ['0', '300', false]);
  });

  test('XEP-0313 4.3.2: the next page begins behind the last message; the last page says that it is complete', async () => {
    const seen: string[] = [];
    let page = consistent(await ask(juliet, { set: '<max>90</max>' }));
    for (;;) {
      assert.deepEqual([page.index, page.count], [String(seen.length), '300']);
      seen.push(...page.bodies);
      if (page.complete) break;
      page = consistent(await ask(juliet, { set: `<max>90</max><after>${page.last}</after>` }));
    }
    assert.deepEqual(seen, numbers(0, 300));
    assert.equal(page.bodies.length, 30);
  });

  test('XEP-0313 4.3.2: a page that ends with the last message is complete, though it is full', async () => {
    const page = await ask(juliet, { set: `<max>10</max><after>${ids[289]}</after>` });
    assert.deepEqual([page.bodies, page.complete], [numbers(290, 300), true]);
    const none = await ask(juliet, { set: `<max>10</max><after>${ids[299]}</after>` });
    assert.deepEqual([none.bodies, none.complete, none.count, none.first], [[], true, '300', undefined]);
  });

  test('XEP-0313 4.3.3: an empty before asks for the last page, in the order of time', async () => {
    const page = consistent(await ask(juliet, { set: '<max>10</max><before/>' }));
    assert.deepEqual(page.bodies, numbers(290, 300));
    assert.deepEqual([page.index, page.count, page.complete], ['290', '300', false]);
  });

  test('XEP-0059 2.3: back from the end, page by page, to the first message', async () => {
    let page = consistent(await ask(juliet, { set: '<max>70</max><before/>' }));
    let seen = [...page.bodies];
    while (!page.complete) {
      page = consistent(await ask(juliet, { set: `<max>70</max><before>${page.first}</before>` }));
      seen = [...page.bodies, ...seen];
      assert.equal(page.index, String(300 - seen.length));
    }
    assert.deepEqual(seen, numbers(0, 300));
  });

  test('XEP-0313 4.3.2: an id that is not in the archive is not found', async () => {
    assert.equal(await refused(juliet, { set: '<after>nothing</after>' }), 'item-not-found');
    assert.equal(await refused(juliet, { set: '<before>nothing</before>' }), 'item-not-found');
    const romeo = await server.login('romeo');
    await romeo.drain();
    assert.equal(await refused(romeo, { set: `<after>${ids[1]}</after>` }), 'item-not-found');
  });

  test('both ends of a page may be given', async () => {
    const page = await ask(juliet, { set: `<max>3</max><after>${ids[10]}</after><before>${ids[20]}</before>` });
    assert.deepEqual([page.bodies, page.complete], [numbers(17, 20), false]);
  });

  test('XEP-0059 2.7: a maximum of zero asks for the number of messages', async () => {
    const page = await ask(juliet, { set: '<max>0</max>' });
    assert.deepEqual([page.ids.length, page.count, page.first, page.complete], [0, '300', undefined, false]);
    const filtered = await ask(juliet, { set: '<max>0</max>', fields: { with: 'romeo@capulet.lit' } });
    assert.equal(filtered.count, '100');
  });

  test('XEP-0059 2.6: a page begins at a place, and its index says so', async () => {
    for (const index of [0, 1, 137, 250, 298, 299]) {
      const page = consistent(await ask(juliet, { set: `<max>5</max><index>${index}</index>` }));
      assert.deepEqual(page.bodies, numbers(index, Math.min(index + 5, 300)));
      assert.deepEqual([page.index, page.count], [String(index), '300']);
    }
    for (const index of [300, 1_000_000]) {
      const page = await ask(juliet, { set: `<max>5</max><index>${index}</index>` });
      assert.deepEqual([page.ids.length, page.count], [0, '300']);
    }
    const filtered = await ask(juliet, {
      set: `<max>2</max><index>50</index>`,
      fields: { with: 'romeo@capulet.lit' },
    });
    assert.deepEqual([filtered.bodies, filtered.index, filtered.count], [['150', '153'], '50', '100']);
  });

  test('XEP-0059 2.2: index and count are those of the messages that the filter leaves', async () => {
    const page = consistent(
      await ask(juliet, {
        set: `<max>4</max><after>${ids[30]}</after>`,
        fields: { with: 'romeo@capulet.lit', 'after-id': ids[9] as string, 'before-id': ids[60] as string },
      }),
    );
    assert.deepEqual(page.bodies, ['33', '36', '39', '42']);
    assert.deepEqual([page.index, page.count, page.complete], ['7', '16', false]);
  });

  test('pages of single messages count those', async () => {
    const chosen = [5, 50, 150, 250].map((i) => ids[i] as string);
    const page = consistent(
      await ask(juliet, { fields: { ids: chosen }, set: `<max>2</max><after>${chosen[0]}</after>` }),
    );
    assert.deepEqual([page.bodies, page.index, page.count, page.complete], [['50', '150'], '1', '4', false]);
    const last = consistent(await ask(juliet, { fields: { ids: chosen }, set: '<max>2</max><before/>' }));
    assert.deepEqual([last.bodies, last.index, last.complete], [['150', '250'], '2', false]);
    const none = await ask(juliet, { fields: { ids: chosen }, set: '<max>0</max>' });
    assert.deepEqual([none.ids.length, none.count], [0, '4']);
  });

  test('XEP-0313 4.3.4: a flipped page has the same messages, the newest first', async () => {
    const query = { set: `<max>4</max><after>${ids[9]}</after>` };
    const page = consistent(await ask(juliet, { ...query, flip: true }));
    assert.deepEqual(page.bodies, ['13', '12', '11', '10']);
    assert.deepEqual([page.first, page.last, page.index], [ids[10], ids[13], '10']);
    const last = consistent(await ask(juliet, { set: '<max>2</max><before/>', flip: true }));
    assert.deepEqual(last.bodies, ['299', '298']);
  });

  test('a malformed number is a bad request', async () => {
    for (const set of ['<max>many</max>', '<max>-1</max>', '<index>first</index>']) {
      assert.equal(await refused(juliet, { set }), 'bad-request');
    }
  });

  test('a page with one resource tells whether it is complete, but not how many there are', async () => {
    const query = { fields: { with: 'juliet@capulet.lit/balcony' } };
    assert.deepEqual((await ask(juliet, query)).bodies, []);
    const other = await server.login('juliet', { resource: 'hall' });
    for (let i = 0; i < 5; i++)
      await juliet.send(`<message to='${other.jid}' type='chat'><body>h${i}</body></message>`);
    await juliet.drain();
    const hall = { fields: { with: other.jid } };
    const page = consistent(await ask(juliet, { ...hall, set: '<max>3</max>' }));
    assert.deepEqual([page.bodies, page.complete, page.count], [['h0', 'h1', 'h2'], false, undefined]);
    const rest = await ask(juliet, { ...hall, set: `<max>3</max><after>${page.last}</after>` });
    assert.deepEqual([rest.bodies, rest.complete], [['h3', 'h4'], true]);
    const last = await ask(juliet, { ...hall, set: '<max>2</max><before/>' });
    assert.deepEqual([last.bodies, last.complete], [['h3', 'h4'], false]);
    const first = await ask(juliet, { ...hall, set: `<max>9</max><before>${last.first}</before>` });
    assert.deepEqual([first.bodies, first.complete], [['h0', 'h1', 'h2'], true]);
    await other.close();
  });
});

test('XEP-0313 5: metadata names the ends of an archive, and is empty where there is nothing', async () => {
  const metadata = async (client: typeof juliet) =>
    (await client.iq('get', `<metadata xmlns='${MAM}'/>`)).child(`{${MAM}}metadata`);
  const eve = await server.login('eve');
  assert.equal((await metadata(eve))?.toString(), `<metadata xmlns='${MAM}'/>`);
  const bea = await server.login('bea');
  for (const text of ['a', 'b', 'c']) {
    await bea.send(`<message to='bea@capulet.lit'><body>${text}</body></message>`);
    await bea.receive();
    server.clock.advance(1000);
  }
  const found = await ask(bea);
  const [start, end] = (await metadata(bea))?.elements() ?? [];
  assert.deepEqual(
    [start?.name, start?.attr('id'), end?.name, end?.attr('id')],
    ['start', found.first, 'end', found.last],
  );
  assert.deepEqual(
    [start?.attr('timestamp'), end?.attr('timestamp')],
    [stampOf(found.results[0] as Found['fin']), stampOf(found.results[2] as Found['fin'])],
  );
});

test('a page of large messages ends early, and goes on with the next', async () => {
  const clara = await server.login('clara');
  const text = 'x'.repeat(200_000);
  for (let i = 0; i < 8; i++) {
    await clara.send(`<message to='clara@capulet.lit'><body>${i}${text}</body></message>`);
    await clara.receive();
  }
  const pages: string[][] = [];
  let page = consistent(await ask(clara, { set: '<max>100</max>' }));
  for (;;) {
    pages.push(page.bodies.map((it) => it[0] as string));
    assert.equal(page.count, '8');
    if (page.complete) break;
    page = consistent(await ask(clara, { set: `<max>100</max><after>${page.last}</after>` }));
  }
  assert.deepEqual(pages, [
    ['0', '1', '2'],
    ['3', '4', '5'],
    ['6', '7'],
  ]);
  const back = consistent(await ask(clara, { set: '<before/>' }));
  assert.deepEqual([back.bodies.map((it) => it[0]), back.index, back.complete], [['5', '6', '7'], '5', false]);
  const chosen = consistent(await ask(clara, { fields: { ids: (await ask(clara, { set: '<before/>' })).ids } }));
  assert.deepEqual([chosen.ids.length, chosen.complete], [3, true]);
});

test('what was said with a resource is found however long ago', async () => {
  const paris = await server.login('paris', { resource: 'here' });
  const send = (resource: string, text: string) =>
    `<message to='romeo@capulet.lit/${resource}' type='chat'><body>${text}</body></message>`;
  let batch = send('rare', 'first');
  for (let i = 0; i < 1_200; i++) batch += send('usual', String(i));
  paris.raw(`${batch}${send('rare', 'last')}`);
  await paris.drain();
  const fields = { with: 'romeo@capulet.lit/rare' };
  for (const set of ['<max>10</max>', '<max>10</max><before/>']) {
    const page = consistent(await ask(paris, { fields, set }));
    assert.deepEqual([page.bodies, page.complete], [['first', 'last'], true]);
  }
  const page = await ask(paris, { fields, set: '<max>1</max><before/>' });
  assert.deepEqual([page.bodies, page.complete], [['last'], false]);
  const usual = await ask(paris, { fields: { with: 'romeo@capulet.lit/usual' }, set: '<max>250</max><before/>' });
  assert.deepEqual([usual.bodies[0], usual.bodies.length, usual.complete], ['950', 250, false]);
});
