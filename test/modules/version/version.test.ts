/** XEP-0092 and XEP-0202: what software this is, and what time. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type } from 'node:os';
import { test } from 'node:test';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley } from '../../support/parley.ts';

const VERSION = `<query xmlns='jabber:iq:version'/>`;
const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

test('XEP-0092 2: name and version are told', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { available: false });
  for (const to of ['capulet.lit', undefined]) {
    const answer = await juliet.iq('get', VERSION, to);
    const expected = `<iq type='result'><query xmlns='jabber:iq:version'>
      <name>Parley</name><version>${version}</version></query></iq>`;
    assert.equal(mismatch(answer, pattern(expected)), undefined);
  }
});

test('XEP-0092 5: the operating system is told only where the operator wants it', async (t) => {
  for (const showOs of [false, true]) {
    const server = await startParley({ modules: { version: { showOs } } });
    t.after(() => server.stop());
    const juliet = await server.login('juliet', { available: false });
    const answer = await juliet.iq('get', VERSION, 'capulet.lit');
    const os = answer.firstElement()?.childText('{jabber:iq:version}os');
    assert.equal(os?.split(' ')[0], showOs ? type() : undefined);
  }
});

test('XEP-0092 4: support is told by disco', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { available: false });
  const info = await juliet.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'capulet.lit');
  for (const feature of ['jabber:iq:version', 'jabber:iq:last', 'urn:xmpp:time']) {
    assert.match(info.toString(), new RegExp(`var='${feature}'`));
  }
});
