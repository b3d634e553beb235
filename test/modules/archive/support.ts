/** What the tests of archives share: queries, as clients ask them. */
import assert from 'node:assert/strict';
import type { TestClient } from '../../support/client.ts';
import { conditionOf as condition } from '../../support/condition.ts';
import type { Element } from '../../support/xml.ts';

export const MAM = 'urn:xmpp:mam:2';
const RSM = 'http://jabber.org/protocol/rsm';
const BODY = '{jabber:client}body';
const RESULT = `{${MAM}}result`;

export interface Query {
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** What is in the RSM `<set/>`. */
  readonly set?: string;
  readonly queryId?: string;
  readonly flip?: boolean;
  /** Whose archive is asked; one's own, without an address, unless it is said. */
  readonly to?: string;
}

export interface Found {
  /** `<message/>` around each result. */
  readonly results: readonly Element[];
  /** Messages that came meanwhile. */
  readonly others: readonly Element[];
  readonly ids: readonly string[];
  readonly bodies: readonly string[];
  /** What was forwarded. */
  readonly messages: readonly Element[];
  readonly fin: Element;
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly index: string | undefined;
  readonly count: string | undefined;
  readonly complete: boolean;
}

export function queryXml({ fields, set, queryId, flip }: Query): string {
  const field = ([name, values]: [string, string | readonly string[]]): string =>
    `<field var='${name}'>${[values]
      .flat()
      .map((it) => `<value>${it}</value>`)
      .join('')}</field>`;
  const form =
    fields === undefined
      ? ''
      : `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>${MAM}</value></field>${Object.entries(fields).map(field).join('')}</x>`;
  const page = set === undefined ? '' : `<set xmlns='${RSM}'>${set}</set>`;
  const id = queryId === undefined ? '' : ` queryid='${queryId}'`;
  return `<query xmlns='${MAM}'${id}>${form}${page}${flip === true ? '<flip-page/>' : ''}</query>`;
}

/** Asks, and collects the messages that come until the answer. */
export async function ask(client: TestClient, query: Query = {}): Promise<Found> {
  const answer = await client.iq('set', queryXml(query), query.to);
  assert.equal(answer.attr('type'), 'result', answer.toString());
  const all = (await client.drain()).filter((it) => it.name === 'message');
  const results = all.filter((it) => it.child(RESULT) !== undefined);
  const messages = results.map(forwarded);
  const fin = answer.child(`{${MAM}}fin`);
  assert.ok(fin, `no fin in ${answer}`);
  const set = fin.child(`{${RSM}}set`);
  assert.ok(set, `no set in ${answer}`);
  const first = set.child(`{${RSM}}first`);
  return {
    results,
    others: all.filter((it) => it.child(RESULT) === undefined),
    messages,
    fin,
    ids: results.map((it) => result(it).attr('id') ?? ''),
    bodies: messages.map((it) => it.childText(BODY) ?? ''),
    first: first?.text(),
    index: first?.attr('index'),
    last: set.childText(`{${RSM}}last`),
    count: set.childText(`{${RSM}}count`),
    complete: fin.attr('complete') === 'true',
  };
}

/** Asks in vain; resolves to the condition of the error. */
export async function refused(client: TestClient, query: Query): Promise<string> {
  return conditionOf(await client.iq('set', queryXml(query), query.to));
}

/** The condition of an answer that must be an error. */
export function conditionOf(answer: Element): string {
  assert.equal(answer.attr('type'), 'error', answer.toString());
  return condition(answer) ?? '';
}

export function result(message: Element): Element {
  const found = message.child(RESULT);
  assert.ok(found, `no result in ${message}`);
  return found;
}

export function forwarded(message: Element): Element {
  const found = result(message).child('{urn:xmpp:forward:0}forwarded')?.child('{jabber:client}message');
  assert.ok(found, `no message in ${message}`);
  return found;
}

export function stampOf(message: Element): string {
  const delay = result(message).child('{urn:xmpp:forward:0}forwarded')?.child('{urn:xmpp:delay}delay');
  return delay?.attr('stamp') ?? '';
}

/** Says something, and takes it from the other side. */
export async function say(
  from: TestClient,
  to: TestClient,
  text: string,
  attributes = `type='chat'`,
): Promise<Element> {
  await from.send(`<message to='${to.jid.split('/')[0]}' ${attributes}><body>${text}</body></message>`);
  return to.receives(`<message from='${from.jid}'><body>${text}</body></message>`);
}

/** Waits for what happens in the background. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, 'it does not happen');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
