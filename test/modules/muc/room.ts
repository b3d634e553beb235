/** What tests of rooms do again and again. */
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';

export const MUC = 'http://jabber.org/protocol/muc';
export const SERVICE = 'conference.capulet.lit';
export const ROOM = `coven@${SERVICE}`;

/** Enters a room and reads all that newcomers are sent, up to the subject. */
export async function enter(client: TestClient, nick: string, inner = '', room: string = ROOM): Promise<void> {
  await client.send(`<presence to='${room}/${nick}'><x xmlns='${MUC}'>${inner}</x></presence>`);
  for (;;) {
    const element = await client.receive();
    if (element.attr('type') === 'error') throw new Error(`${nick} may not enter: ${element}`);
    if (element.name === 'message' && element.child('{jabber:client}subject') !== undefined) return;
  }
}

/** Sets options of a room, as its owner: names of fields without `muc#roomconfig_`, to values. */
export async function configure(
  owner: TestClient,
  fields: Readonly<Record<string, string>> = {},
  room: string = ROOM,
): Promise<void> {
  const list = Object.entries(fields).map(
    ([name, value]) =>
      `<field var='${/[#{]/.test(name) ? name : `muc#roomconfig_${name}`}'><value>${value}</value></field>`,
  );
  const form = `<x xmlns='jabber:x:data' type='submit'>${list.join('')}</x>`;
  const answer = await owner.iq('set', `<query xmlns='${MUC}#owner'>${form}</query>`, room);
  if (answer.attr('type') !== 'result') throw new Error(`the room was not configured: ${answer}`);
}

/** The first client creates the room and opens it; the others enter in turn. Nothing is left to be read. */
export async function gather(
  people: Readonly<Record<string, TestClient>>,
  fields: Readonly<Record<string, string>> = {},
  room: string = ROOM,
): Promise<void> {
  const [[owner, founder], ...others] = Object.entries(people) as [[string, TestClient], ...[string, TestClient][]];
  await enter(founder, owner, '', room);
  await configure(founder, fields, room);
  for (const [nick, client] of others) await enter(client, nick, '', room);
  for (const client of Object.values(people)) await client.drain();
}

/** Sends changes of roles and affiliations, `<item/>`s; returns 'result', or the condition of the error. */
export async function administer(client: TestClient, items: string, room: string = ROOM): Promise<string> {
  const answer = await client.iq('set', `<query xmlns='${MUC}#admin'>${items}</query>`, room);
  return conditionOf(answer) ?? (answer.attr('type') as string);
}

/** Asks for a list, such as `role='moderator'`; returns its items as text, or the condition of the error. */
export async function listOf(client: TestClient, wish: string, room: string = ROOM): Promise<readonly string[]> {
  const answer = await client.iq('get', `<query xmlns='${MUC}#admin'><item ${wish}/></query>`, room);
  const condition = conditionOf(answer);
  if (condition !== undefined) return [condition];
  return (answer.firstElement()?.elements() ?? []).map(String);
}
