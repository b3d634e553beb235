/**
 * Memory of idle rooms: `node test/bench/rooms-idle.ts [rooms] [members]`, 10,000 rooms of 5 members unless told
 * otherwise. Measured are rooms in which all members are, just now and when they have come to rest, and the same rooms
 * empty and asleep. Clients are sessions that take everything and keep nothing; they are there before anything is measured,
 * as are the caches of bounded size.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jid } from '../../src/jid/jid.ts';
import { ClientSession, type Outlet } from '../../src/session/session.ts';
import { el } from '../../src/xml/element.ts';
import { stanza } from '../../src/xmpp/stanza.ts';
import { startParley } from '../support/parley.ts';

const MUC = 'http://jabber.org/protocol/muc';
const SERVICE = 'conference.capulet.lit';
/** Each is in many rooms. */
const ACCOUNTS = 500;
/** So many rooms fill the caches that addresses and allowances have. */
const WARM_UP = 8000;
const HOUR_MS = 3_600_000;
const UNLIMITED = 1_000_000;

const [rooms = 10_000, members = 5] = process.argv.slice(2).map(Number);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const nowhere: Outlet = {
  transport: 'tcp',
  secure: true,
  remoteAddress: '192.0.2.1',
  trusted: false,
  congested: false,
  write: () => undefined,
  nonza: () => undefined,
  yieldSession: () => Promise.resolve(),
  end: () => undefined,
  drained: () => Promise.resolve(),
  flushed: () => Promise.resolve(true),
};

const server = await startParley({
  settings: { pingIntervalMs: 24 * HOUR_MS },
  modules: {
    muc: { creationsPerHour: UNLIMITED, maxRoomsPerAccount: UNLIMITED, defaults: { persistent: true }, lockNew: false },
  },
});
const { host, engine, clock } = server;
const people = Array.from({ length: ACCOUNTS }, (_, i) => {
  const session = new ClientSession(host, jid(`user${i}@capulet.lit/phone`), nowhere, { clock });
  host.sessions.add(session);
  return session;
});

interface Place {
  readonly session: ClientSession;
  readonly room: string;
  readonly nick: string;
}

function* places(prefix: string, count: number): Iterable<Place> {
  for (let room = 0; room < count; room++) {
    for (let i = 0; i < members; i++) {
      const session = people[(room * 7 + i * 31) % ACCOUNTS] as ClientSession;
      yield { session, room: `${prefix}-${room}@${SERVICE}`, nick: `person${i}` };
    }
  }
}

const caps = el('http://jabber.org/protocol/caps', 'c', {
  hash: 'sha-1',
  node: 'https://client.example',
  ver: 'QgayPKawpkPSDYmwT/WM94uAlu0=',
});

async function enterAll(prefix: string, count: number): Promise<void> {
  for (const { session, room, nick } of places(prefix, count)) {
    const head = { from: session.jid, to: jid(`${room}/${nick}`) };
    await engine.router.route(stanza('presence', head, caps, el(MUC, 'x')));
  }
}

/** The first one of each room owns it, and makes the others members. */
async function admitAll(prefix: string, count: number): Promise<void> {
  let owner: ClientSession | undefined;
  for (const { session, room, nick } of places(prefix, count)) {
    if (nick === 'person0') owner = session;
    else {
      const item = el(`${MUC}#admin`, 'item', { affiliation: 'member', jid: session.account.bare });
      const head = { from: (owner as ClientSession).jid, to: jid(room), type: 'set', id: 'a' };
      await engine.router.route(stanza('iq', head, el(`${MUC}#admin`, 'query', null, item)));
    }
  }
}

async function speak(prefix: string, count: number): Promise<void> {
  for (const { session, room, nick } of places(prefix, count)) {
    if (nick !== 'person0') continue;
    const head = { from: session.jid, to: jid(room), type: 'groupchat', id: 'm' };
    await engine.router.route(stanza('message', head, el('jabber:client', 'body', null, 'Good evening to all of you')));
  }
}

async function leaveAll(prefix: string, count: number): Promise<void> {
  for (const { session, room, nick } of places(prefix, count)) {
    const head = { from: session.jid, to: jid(`${room}/${nick}`), type: 'unavailable' };
    await engine.router.route(stanza('presence', head));
  }
}

/** What was begun is done, and what nobody needs is gone. */
async function heap(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    await new Promise((done) => setTimeout(done, 50));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

for (const step of [enterAll, admitAll, speak, leaveAll]) await step('warm', WARM_UP);
clock.advance(HOUR_MS);
const before = await heap();

async function report(what: string): Promise<void> {
  const used = (await heap()) - before;
  const mebibytes = (used / 1024 / 1024).toFixed(1).padStart(6);
  console.log(`${what.padEnd(32)} ${mebibytes} MiB of heap, ${(used / 1024 / rooms).toFixed(2)} KiB a room`);
}

for (const step of [enterAll, admitAll, speak]) await step('idle', rooms);
await report(`${rooms} rooms, ${members} in each, all busy`);
clock.advance(120_000 + rooms * members);
await report('quiet for minutes');
clock.advance(HOUR_MS);
await report('idle');
await leaveAll('idle', rooms);
clock.advance(HOUR_MS);
await report('empty and asleep');
process.exit();
