/** XEP-0045 section 7.2: getting into a room. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { gather, MUC, ROOM } from './room.ts';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

before(async () => {
  server = await startParley();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone, secondwitch: hag });
});
after(() => server.stop());

test('7.2.2: a newcomer sees who is there, then itself with 110, then the subject', async () => {
  const wiccarocks = await server.login('wiccarocks');
  await wiccarocks.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
  await wiccarocks.receives(
    `<presence from='${ROOM}/firstwitch'><x xmlns='${MUC}#user'><item affiliation='owner' role='moderator'/></x></presence>`,
  );
  await wiccarocks.receives(`<presence from='${ROOM}/secondwitch'/>`);
  const self = await wiccarocks.receives(
    `<presence from='${ROOM}/thirdwitch'><x xmlns='${MUC}#user'><item affiliation='none' role='participant'/><status code='110'/></x></presence>`,
  );
  assert.ok(self);
  await wiccarocks.receives(`<message from='${ROOM}' type='groupchat'><subject/></message>`);
  await crone.receives(
    `<presence from='${ROOM}/thirdwitch'><x xmlns='${MUC}#user'><item jid='${wiccarocks.jid}'/></x></presence>`,
  );
});
