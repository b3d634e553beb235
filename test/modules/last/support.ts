/** What the tests of last activity do again and again. */
import assert from 'node:assert/strict';
import type { TestClient } from '../../support/client.ts';
import type { TestServer } from '../../support/parley.ts';

export const LAST = `<query xmlns='jabber:iq:last'/>`;
export const JULIET = 'juliet@capulet.lit';

/** Juliet, and Romeo, who may see her presence. */
export async function pair(server: TestServer): Promise<{ juliet: TestClient; romeo: TestClient }> {
  const juliet = await server.login('juliet', { resource: 'balcony' });
  const romeo = await server.login('romeo', { resource: 'orchard' });
  await romeo.send(`<presence type='subscribe' to='${JULIET}'/>`);
  await juliet.receives(`<presence type='subscribe'/>`);
  await juliet.send(`<presence type='subscribed' to='romeo@capulet.lit'/>`);
  await juliet.drain();
  await romeo.drain();
  return { juliet, romeo };
}

export async function secondsAt(
  client: TestClient,
  to: string,
): Promise<[seconds: string | undefined, status: string]> {
  const answer = await client.iq('get', LAST, to);
  assert.equal(answer.attr('type'), 'result', answer.toString());
  await client.drain();
  return [answer.firstElement()?.attr('seconds'), answer.firstElement()?.text() ?? ''];
}
