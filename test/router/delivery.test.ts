/** RFC 6121 section 8.5: table 1 whole, and the rules for presence and IQ. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, iq, on, undeliverable, z } from '#api';
import type { TestClient } from '../support/client.ts';
import { conditionOf } from '../support/condition.ts';
import { startCore } from '../support/core.ts';

/** `O`: what offline storage would take. */
let storage: string[] | undefined;

const extra = defineModule({
  name: 'extra',
  summary: 'Stores, and answers for accounts',
  config: z.strictObject({}),
  setup: () => ({
    hooks: [
      on(undeliverable, 'fallback', ({ stanza }) => {
        if (storage === undefined) return undefined;
        storage.push(`${stanza.to.full} ${stanza.type}`);
        return 'handled' as const;
      }),
    ],
    iq: [
      iq('get', '{urn:example:iq}account', 'account', ({ payload }) => payload),
      iq('get', '{urn:example:iq}self', 'self', ({ payload }) => payload),
      iq('get', '{urn:example:iq}host', 'host', ({ payload }) => payload),
    ],
  }),
});

const server = await startCore({ extra: [extra], settings: { sessionsPerAccount: 100 } });
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });

type Outcome =
  /** Silently ignored. */
  | 'S'
  /** An error: service-unavailable. */
  | 'E'
  /** Stored offline where there is such a thing; else an error. */
  | 'O,E'
  /** Delivered to the one resource that the rule means. */
  | 'D'
  /** Delivered to all resources with a non-negative priority. */
  | 'A';

const TYPES = ['', 'normal', 'unheard-of', 'chat', 'groupchat', 'headline', 'error'] as const;

interface Condition {
  /** Priorities of the resources that are available; undefined for one that is not. */
  readonly resources: readonly (number | undefined)[] | 'no account';
  readonly to: 'bare' | 'full match' | 'full no match';
  /** In the order of `TYPES`. */
  readonly outcomes: readonly [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome];
}

/** Where the table leaves a choice it is made here: errors rather than silence, all rather than the most available. */
const TABLE: Readonly<Record<string, Condition>> = {
  '8.5.1: no such account, bare': {
    resources: 'no account',
    to: 'bare',
    outcomes: ['E', 'E', 'E', 'E', 'E', 'S', 'S'],
  },
  '8.5.1: no such account, full': {
    resources: 'no account',
    to: 'full no match',
    outcomes: ['E', 'E', 'E', 'E', 'E', 'S', 'S'],
  },
  '8.5.2.2.1: no resources, bare': { resources: [], to: 'bare', outcomes: ['O,E', 'O,E', 'O,E', 'O,E', 'E', 'S', 'S'] },
  '8.5.3.2.1: no resources, full': {
    resources: [],
    to: 'full no match',
    outcomes: ['E', 'E', 'E', 'O,E', 'E', 'S', 'S'],
  },
  '8.5.2.2.1: connected but not available, bare': {
    resources: [undefined],
    to: 'bare',
    outcomes: ['O,E', 'O,E', 'O,E', 'O,E', 'E', 'S', 'S'],
  },
  '8.5.3.1: connected but not available, full match': {
    resources: [undefined],
    to: 'full match',
    outcomes: ['D', 'D', 'D', 'D', 'D', 'D', 'D'],
  },
  '8.5.2.1.1: negative only, bare': {
    resources: [-1],
    to: 'bare',
    outcomes: ['O,E', 'O,E', 'O,E', 'O,E', 'E', 'S', 'S'],
  },
  '8.5.2.1.1: several negative, bare': {
    resources: [-1, -128],
    to: 'bare',
    outcomes: ['O,E', 'O,E', 'O,E', 'O,E', 'E', 'S', 'S'],
  },
  '8.5.3.1: negative only, full match': {
    resources: [-1],
    to: 'full match',
    outcomes: ['D', 'D', 'D', 'D', 'D', 'D', 'D'],
  },
  '8.5.3.2.1: negative only, full no match': {
    resources: [-1],
    to: 'full no match',
    outcomes: ['E', 'E', 'E', 'O,E', 'E', 'S', 'S'],
  },
  '8.5.2.1.1: one non-negative, bare': { resources: [0], to: 'bare', outcomes: ['A', 'A', 'A', 'A', 'E', 'A', 'S'] },
  '8.5.3.1: one non-negative, full match': {
    resources: [0],
    to: 'full match',
    outcomes: ['D', 'D', 'D', 'D', 'D', 'D', 'D'],
  },
  '8.5.3.2.1: one non-negative, full no match': {
    resources: [0],
    to: 'full no match',
    outcomes: ['E', 'E', 'E', 'A', 'E', 'S', 'S'],
  },
  '8.5.2.1.1: several non-negative, bare': {
    resources: [5, 0, -1, undefined],
    to: 'bare',
    outcomes: ['A', 'A', 'A', 'A', 'E', 'A', 'S'],
  },
  '8.5.3.1: several non-negative, full match': {
    resources: [5, 0, -1],
    to: 'full match',
    outcomes: ['D', 'D', 'D', 'D', 'D', 'D', 'D'],
  },
  '8.5.3.2.1: several non-negative, full no match': {
    resources: [5, 0, -1],
    to: 'full no match',
    outcomes: ['E', 'E', 'E', 'A', 'E', 'S', 'S'],
  },
};

let people = 0;

/** An account with resources as the condition has them. */
async function account({ resources }: Condition) {
  const local = `person${++people}`;
  const clients: { client: TestClient; priority: number | undefined }[] = [];
  if (resources === 'no account') return { local, clients };
  await server.account(local);
  for (const priority of resources) {
    const client = await server.login(local, { available: false });
    if (priority !== undefined) {
      await client.send(`<presence><priority>${priority}</priority></presence>`);
      await client.receives('<presence/>');
    }
    clients.push({ client, priority });
  }
  return { local, clients };
}

/** Sends, and tells who got it and what came back. */
async function send(stanza: string, clients: readonly { client: TestClient }[]) {
  await juliet.send(stanza);
  await juliet.send(`<message to='${juliet.jid}' id='after'/>`);
  const back: string[] = [];
  for (let element = await juliet.receive(); element.attr('id') !== 'after'; element = await juliet.receive()) {
    assert.equal(element.attr('type'), 'error');
    back.push(conditionOf(element) ?? '');
  }
  const got = [];
  for (const [index, { client }] of clients.entries()) {
    await client.send(`<message to='${client.jid}' id='after'/>`);
    for (let element = await client.receive(); element.attr('id') !== 'after'; element = await client.receive()) {
      assert.equal(element.attr('from'), juliet.jid);
      got.push(index);
    }
  }
  return { back, got };
}

suite('RFC 6121 8.5.4, table 1: messages', () => {
  for (const [clause, condition] of Object.entries(TABLE)) {
    const { to, outcomes } = condition;
    test(`RFC 6121 ${clause}: ${TYPES.map((type, i) => `${type || 'untyped'} ${outcomes[i]}`).join('; ')}`, async () => {
      const { local, clients } = await account(condition);
      const bare = `${local}@capulet.lit`;
      // The last one of the priorities: the least available must get what is meant for it alone.
      const target = clients.length - 1;
      const address = { bare, 'full match': clients[target]?.client.jid, 'full no match': `${bare}/gone` }[to];
      for (const [i, type] of TYPES.entries()) {
        const stanza = `<message to='${address}' id='m' ${type === '' ? '' : `type='${type}'`}><body>hi</body></message>`;
        const all = clients.flatMap(({ priority }, index) => (priority !== undefined && priority >= 0 ? [index] : []));
        for (const isStored of [false, true]) {
          storage = isStored ? [] : undefined;
          const { back, got } = await send(stanza, clients);
          const outcome = outcomes[i] as Outcome;
          const wanted = outcome === 'O,E' ? (isStored ? 'O' : 'E') : outcome;
          assert.deepEqual(
            { got, back, stored: storage ?? [] },
            {
              got: wanted === 'D' ? [target] : wanted === 'A' ? all : [],
              back: wanted === 'E' ? ['service-unavailable'] : [],
              stored: wanted === 'O' ? [`${address} ${type}`] : [],
            },
            `type '${type}', ${isStored ? 'with' : 'without'} offline storage`,
          );
        }
      }
    });
  }
});

suite('RFC 6121 8.5: presence that no module handles', () => {
  for (const [clause, resources, to, wanted] of [
    ['8.5.1: to no such account', 'no account', 'bare', []],
    ['8.5.2.2.2: to an account without resources', [], 'bare', []],
    [
      '8.5.2.1.2: to the account: to every available resource, whatever its priority',
      [1, -1, undefined],
      'bare',
      [0, 1],
    ],
    ['8.5.3.1: to a resource', [1, -1], 'full match', [1]],
    ['8.5.3.2.2: to no such resource', [1], 'full no match', []],
  ] as const) {
    test(`RFC 6121 ${clause}`, async () => {
      const { local, clients } = await account({ resources } as unknown as Condition);
      const bare = `${local}@capulet.lit`;
      const address = { bare, 'full match': clients.at(-1)?.client.jid, 'full no match': `${bare}/gone` }[to];
      for (const type of ['', `type='unavailable'`]) {
        const { got, back } = await send(`<presence to='${address}' ${type}/>`, clients);
        assert.deepEqual({ got, back }, { got: wanted, back: [] });
      }
    });
  }
});

suite('RFC 6121 8.5: IQ', () => {
  test('RFC 6121 8.5.2.1.3: the server answers for the account, whoever is there', async () => {
    const romeo = await server.login('romeo');
    for (const to of ['romeo@capulet.lit', 'juliet@capulet.lit', undefined]) {
      const answer = await juliet.iq('get', `<account xmlns='urn:example:iq'/>`, to);
      assert.equal(answer.attr('type'), 'result');
      assert.equal(answer.attr('from'), to ?? 'juliet@capulet.lit');
    }
    await romeo.send(`<message to='${romeo.jid}' id='own'/>`);
    await romeo.receives(`<message id='own'/>`);
  });

  test('RFC 6121 8.5.2.1.3: what it cannot answer is service-unavailable', async () => {
    assert.equal(
      conditionOf(await juliet.iq('get', `<none xmlns='urn:example:iq'/>`, 'romeo@capulet.lit')),
      'service-unavailable',
    );
  });

  test('RFC 6121 2.3.3: what is for the owner alone is forbidden to others', async () => {
    const self = `<self xmlns='urn:example:iq'/>`;
    assert.equal((await juliet.iq('get', self)).attr('type'), 'result');
    assert.equal((await juliet.iq('get', self, 'juliet@capulet.lit')).attr('type'), 'result');
    assert.equal(conditionOf(await juliet.iq('get', self, 'romeo@capulet.lit')), 'forbidden');
  });

  test('RFC 6121 8.5.1: no such account is service-unavailable, whatever others answer; and forbidden is no hint either', async () => {
    for (const name of ['account', 'none']) {
      const answer = await juliet.iq('get', `<${name} xmlns='urn:example:iq'/>`, 'nobody@capulet.lit');
      assert.equal(conditionOf(answer), 'service-unavailable');
    }
    const answer = await juliet.iq('get', `<self xmlns='urn:example:iq'/>`, 'nobody@capulet.lit');
    assert.equal(conditionOf(answer), 'forbidden');
  });

  test('RFC 6121 8.5.3.1: a request to a resource is for its client, which answers; presence does not matter', async () => {
    const nurse = await server.login('nurse', { available: false });
    await juliet.send(`<iq type='get' id='q' to='${nurse.jid}'><x xmlns='urn:example:x'/></iq>`);
    await nurse.receives(`<iq type='get' id='q' from='${juliet.jid}'><x xmlns='urn:example:x'/></iq>`);
    await nurse.send(`<iq type='result' id='q' to='${juliet.jid}'/>`);
    await juliet.receives(`<iq type='result' id='q' from='${nurse.jid}'/>`);
    await juliet.send(`<iq type='set' id='e' to='${nurse.jid}'><x xmlns='urn:example:x'/></iq>`);
    await nurse.receives(`<iq type='set' id='e'/>`);
    await nurse.send(`<iq type='error' id='e' to='${juliet.jid}'><error type='cancel'/></iq>`);
    await juliet.receives(`<iq type='error' id='e' from='${nurse.jid}'/>`);
  });

  test('RFC 6121 8.5.3.2.3: to no such resource it is service-unavailable, and the request comes back', async () => {
    for (const to of ['romeo@capulet.lit/gone', 'nobody@capulet.lit/gone']) {
      const answer = await juliet.iq('get', `<account xmlns='urn:example:iq'/>`, to);
      assert.equal(conditionOf(answer), 'service-unavailable');
      assert.equal(answer.attr('from'), to);
      assert.equal(answer.firstElement()?.key, '{urn:example:iq}account');
    }
  });

  test('RFC 6120 10.5.1: the server answers for itself; a handler of accounts is not for the host, nor the other way round', async () => {
    assert.equal((await juliet.iq('get', `<host xmlns='urn:example:iq'/>`, 'capulet.lit')).attr('type'), 'result');
    for (const [name, to] of [
      ['account', 'capulet.lit'],
      ['self', 'capulet.lit'],
      ['host', 'juliet@capulet.lit'],
      ['host', 'romeo@capulet.lit'],
    ] as const) {
      const condition = conditionOf(await juliet.iq('get', `<${name} xmlns='urn:example:iq'/>`, to));
      assert.equal(condition, 'service-unavailable', `${name} at ${to}`);
    }
  });
});

suite('RFC 6121 8.3 and 8.4, RFC 6120 10.4 and 10.5: other addresses', () => {
  test('RFC 6121 8.3, RFC 6120 10.4: another domain is remote-server-not-found, where no other servers are spoken to', async () => {
    for (const to of ['romeo@montague.lit', 'montague.lit', 'romeo@montague.lit/orchard', 'romeo@sub.capulet.lit']) {
      for (const name of ['message', 'presence'] as const) {
        const { back } = await send(`<${name} to='${to}' id='x'/>`, []);
        assert.deepEqual(back, ['remote-server-not-found']);
      }
      assert.equal(conditionOf(await juliet.iq('get', `<x xmlns='urn:example:x'/>`, to)), 'remote-server-not-found');
    }
  });

  test('RFC 6120 10.5.1, 10.5.2: a message to the server is service-unavailable where nothing takes it, presence is dropped', async () => {
    for (const to of ['capulet.lit', 'capulet.lit/x']) {
      assert.deepEqual((await send(`<message to='${to}'/>`, [])).back, ['service-unavailable']);
      assert.deepEqual((await send(`<presence to='${to}'/>`, [])).back, []);
      assert.deepEqual((await send(`<presence to='${to}' type='unavailable'/>`, [])).back, []);
    }
  });

  test('RFC 6120 10.5.2: a request to a resource of the server is answered as one to the server', async () => {
    const answer = await juliet.iq('get', `<host xmlns='urn:example:iq'/>`, 'capulet.lit/announce');
    assert.equal(answer.attr('type'), 'result');
    assert.equal(answer.attr('from'), 'capulet.lit/announce');
  });
});
