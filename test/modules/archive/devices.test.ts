/** Devices that come and go agree about every conversation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { ask } from './support.ts';

/** Reads on behind what a device has, as clients do: by the id of the last message that it has seen. */
async function catchUp(device: TestClient, history: string[], last: string | undefined): Promise<string | undefined> {
  let seen = last;
  for (;;) {
    const page = await ask(device, { set: `<max>7</max>${seen === undefined ? '' : `<after>${seen}</after>`}` });
    history.push(...page.bodies);
    seen = page.last ?? seen;
    if (page.complete) return seen;
  }
}

test('two devices that were away at different times catch up to one history', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const romeo = await server.login('romeo', { resource: 'orchard' });
  let number = 0;
  const chat = async (from: TestClient, to: string, count: number) => {
    for (let i = 0; i < count; i++)
      await from.send(`<message to='${to}' type='chat'><body>${number++}</body></message>`);
    await from.drain();
  };

  const phone: string[] = [];
  const laptop: string[] = [];
  let onPhone = await server.login('juliet', { resource: 'phone' });
  await chat(romeo, 'juliet@capulet.lit', 10);
  let lastOnPhone = await catchUp(onPhone, phone, undefined);
  await onPhone.cut();

  // The phone is away; the laptop is there, and writes too.
  let onLaptop = await server.login('juliet', { resource: 'laptop' });
  await chat(romeo, 'juliet@capulet.lit', 20);
  await chat(onLaptop, 'romeo@capulet.lit', 15);
  const lastOnLaptop = await catchUp(onLaptop, laptop, undefined);
  await onLaptop.close();

  // Nobody is there, and the server restarts.
  await romeo.drain();
  await chat(romeo, 'juliet@capulet.lit', 9);
  await server.restart();
  const romeoAgain = await server.login('romeo', { resource: 'orchard' });

  onPhone = await server.login('juliet', { resource: 'phone', available: false });
  lastOnPhone = await catchUp(onPhone, phone, lastOnPhone);
  await chat(onPhone, 'romeo@capulet.lit', 5);
  await chat(romeoAgain, 'juliet@capulet.lit', 5);
  lastOnPhone = await catchUp(onPhone, phone, lastOnPhone);

  onLaptop = await server.login('juliet', { resource: 'laptop', available: false });
  await catchUp(onLaptop, laptop, lastOnLaptop);
  assert.deepEqual(phone, laptop);
  assert.deepEqual(
    phone,
    Array.from({ length: number }, (_, i) => String(i)),
  );
  const romeos = await ask(romeoAgain, { set: '<max>250</max>' });
  assert.deepEqual(romeos.bodies, phone);
});

test('a device that asks while it is being sent messages gets each of them, here or there', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const romeo = await server.login('romeo', { resource: 'orchard' });
  await server.account('juliet');
  const seen = new Set<string>();
  for (let round = 0; round <= 10; round++) {
    for (let i = 0; i < 20 && round < 10; i++) {
      await romeo.send(`<message to='juliet@capulet.lit' type='chat'><body>${round} ${i}</body></message>`);
    }
    // Only the last time all that was sent has been handled before the device asks.
    if (round === 10) await romeo.drain();
    const juliet = await server.login('juliet', { resource: `r${round}` });
    const before = await juliet.drain();
    const found = await ask(juliet, { set: '<max>250</max>' });
    for (const it of [...before, ...found.others, ...found.messages])
      seen.add(it.childText('{jabber:client}body') ?? '');
    await juliet.close();
  }
  seen.delete('');
  assert.equal(seen.size, 200);
});
