/** XEP-0202: the time at the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley } from '../../support/parley.ts';

test('XEP-0202 2: the time is told in UTC by XEP-0082, with an offset that gives no place away', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { available: false });
  server.clock.advance(61_500);
  const answer = await juliet.iq('get', `<time xmlns='urn:xmpp:time'/>`, 'capulet.lit');
  const expected = `<iq type='result' from='capulet.lit'><time xmlns='urn:xmpp:time'>
    <tzo>+00:00</tzo><utc>2030-01-01T00:01:01.500Z</utc></time></iq>`;
  const difference = mismatch(answer, pattern(expected));
  assert.equal(difference, undefined, difference);
});
