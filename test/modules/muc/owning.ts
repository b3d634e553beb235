/** What owners do to their rooms, for tests. */
import assert from 'node:assert/strict';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { MUC, ROOM } from './room.ts';

export function formOf(fields: Readonly<Record<string, string | readonly string[]>>, type = 'submit'): string {
  const list = Object.entries(fields).map(([name, values]) => {
    const texts = typeof values === 'string' ? [values] : values;
    return `<field var='${name}'>${texts.map((it) => `<value>${it}</value>`).join('')}</field>`;
  });
  return `<x xmlns='jabber:x:data' type='${type}'>${list.join('')}</x>`;
}

/** Sends what is in an owner's query; returns 'result', or the condition of the error. */
export async function own(client: TestClient, inner: string, room = ROOM): Promise<string> {
  const answer = await client.iq('set', `<query xmlns='${MUC}#owner'>${inner}</query>`, room);
  return conditionOf(answer) ?? (answer.attr('type') as string);
}

/** The configuration form as its owner reads it. */
export async function readForm(client: TestClient): Promise<Map<string, readonly string[]>> {
  const answer = await client.iq('get', `<query xmlns='${MUC}#owner'/>`, ROOM);
  const form = answer.firstElement()?.firstElement();
  assert.equal(form?.attr('type'), 'form', String(answer));
  return new Map(
    form?.elements().flatMap((field) => {
      const values = field.elements().filter((it) => it.name === 'value');
      return field.name === 'field' ? [[field.attr('var') ?? '', values.map((it) => it.text())] as const] : [];
    }),
  );
}

/** Tries to get in; returns 'in', or the condition of the error. */
export async function tries(client: TestClient, nick: string, inner = ''): Promise<string> {
  await client.send(`<presence to='${ROOM}/${nick}'><x xmlns='${MUC}'>${inner}</x></presence>`);
  const seen = await client.drain();
  const error = seen.find((it) => it.attr('type') === 'error');
  return error === undefined ? 'in' : (conditionOf(error) ?? '');
}

export function statuses(...codes: readonly number[]): string {
  const list = codes.map((it) => `<status code='${it}'/>`).join('');
  return `<message from='${ROOM}' type='groupchat'><x xmlns='${MUC}#user'>${list}</x></message>`;
}
