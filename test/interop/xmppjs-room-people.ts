/** People in rooms, for xmppjs-rooms.ts: clients of the library `@xmpp/client` that keep what rooms send them. */
import assert from 'node:assert/strict';
import { client } from '@xmpp/client';
import {
  ADMIN,
  bareOf,
  DISCO_INFO,
  DISCO_ITEMS,
  describe,
  MUC,
  OWNER,
  type Stanza,
  submission,
  USER,
  xml,
} from './xmppjs-room-stanzas.ts';

export const SERVICE = 'conference.localhost';
const PATIENCE_MS = 6000;

type Attrs = Readonly<Record<string, string>>;
export type UseCase = (people: People) => Promise<void>;

interface Client {
  readonly jid: { toString(): string };
  readonly iqCaller: { request(stanza: Stanza, timeoutMs: number): Promise<Stanza> };
  readonly iqCallee: { get(ns: string, name: string, answer: (context: { element: Stanza }) => Stanza): void };
  on(event: 'stanza', listener: (stanza: Stanza) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  send(stanza: Stanza): Promise<void>;
  write(text: string): Promise<void>;
}

/** Fails unless the answer is a refusal of that kind. */
export async function refused(answer: Promise<unknown>, condition: string): Promise<void> {
  await assert.rejects(answer, (error: Error & { condition?: string }) => {
    assert.equal(error.condition ?? error.message, condition);
    return true;
  });
}

export class Person {
  readonly nick: string;
  readonly #client: Client;
  #inbox: Stanza[] = [];
  #listeners: ((stanza: Stanza) => void)[] = [];

  constructor(jid: string, nick: string, service: string, password: string) {
    this.nick = nick;
    const [username, domain, resource] = jid.split(/[@/]/) as [string, string, string];
    this.#client = client({ service, domain, username, password, resource }) as Client;
    // The library listens for the server's header only after its own header's write has completed; over TLS on loopback
    // the answer comes first, and is missed. Nothing else about the library is changed.
    const { write } = this.#client;
    this.#client.write = (text) => {
      write.call(this.#client, text).catch(() => undefined);
      return Promise.resolve();
    };
    this.#client.on('error', (error) => {
      throw error;
    });
    this.#client.on('stanza', (stanza) => this.#keep(stanza));
    this.#answerDisco();
  }

  #answerDisco(): void {
    this.#client.iqCallee.get(DISCO_INFO, 'query', () =>
      xml('query', DISCO_INFO, xml('identity', { category: 'client', type: 'pc' }), xml('feature', { var: MUC })),
    );
    const room = xml('item', { jid: `coven@${SERVICE}`, name: this.nick });
    this.#client.iqCallee.get(DISCO_ITEMS, 'query', ({ element }) =>
      xml('query', { xmlns: DISCO_ITEMS, node: element.attrs['node'] as string }, room),
    );
  }

  #keep(stanza: Stanza): void {
    if (stanza.name !== 'iq') this.#inbox.push(stanza);
    for (const listener of this.#listeners) listener(stanza);
  }

  /** The full address; the server makes it of the tag of the device (XEP-0386). */
  get jid(): string {
    return String(this.#client.jid);
  }

  async start(): Promise<void> {
    await this.#client.start();
    await this.send(xml('presence'));
  }

  send(stanza: Stanza): Promise<void> {
    return this.#client.send(stanza);
  }

  /** The next stanza that fits; it is kept, too. */
  next(fits: (stanza: Stanza) => boolean, what: string): Promise<Stanza> {
    return new Promise((resolve, reject) => {
      const listener = (stanza: Stanza): void => {
        if (!fits(stanza)) return;
        stop();
        resolve(stanza);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${what} did not come`));
      }, PATIENCE_MS);
      const stop = (): void => {
        clearTimeout(timer);
        this.#listeners = this.#listeners.filter((it) => it !== listener);
      };
      this.#listeners.push(listener);
    });
  }

  /** All that the room has sent by now. */
  async received(room: string): Promise<readonly Stanza[]> {
    await this.ask('get', SERVICE, xml('ping', 'urn:xmpp:ping'));
    const received = this.#inbox.filter((it) => bareOf(it) === room);
    this.#inbox = this.#inbox.filter((it) => bareOf(it) !== room);
    return received;
  }

  /** The same in words. */
  async seen(room: string): Promise<readonly string[]> {
    return (await this.received(room)).map(describe);
  }

  /** Waits for something that the room sends, and forgets it. */
  async hears(room: string, words: string): Promise<Stanza> {
    const fits = (it: Stanza) => bareOf(it) === room && describe(it) === words;
    const found = this.#inbox.find(fits) ?? (await this.next(fits, words));
    this.#inbox = this.#inbox.filter((it) => it !== found);
    return found;
  }

  ask(type: 'get' | 'set', to: string, payload: Stanza): Promise<Stanza> {
    return this.#client.iqCaller.request(xml('iq', { type, to }, payload), PATIENCE_MS);
  }

  async disco(ns: string, to: string, attrs: Attrs = {}, ...children: Stanza[]): Promise<Stanza> {
    const answer = await this.ask('get', to, xml('query', { xmlns: ns, ...attrs }, ...children));
    return answer.getChild('query', ns) as Stanza;
  }

  /** Enters, and waits for the subject, which is the last of what newcomers are sent. */
  async enter(room: string, nick: string = this.nick, ...inside: Stanza[]): Promise<void> {
    const end = this.next(
      (it) =>
        bareOf(it) === room &&
        (it.attrs['type'] === 'error' || (it.getChildText('subject') !== null && it.getChildText('body') === null)),
      'a subject',
    );
    await this.send(xml('presence', { to: `${room}/${nick}` }, xml('x', MUC, ...inside)));
    const condition = (await end).getChild('error')?.getChildElements()[0]?.name;
    if (condition !== undefined) throw Object.assign(new Error(condition), { condition });
  }

  /** Sets options of a room; names without # lack what all have in common. */
  configure(room: string, values: Attrs): Promise<Stanza> {
    const nameOf = (name: string) => (name.includes('#') ? name : `muc#roomconfig_${name}`);
    const named = Object.entries(values).map(([name, value]) => [nameOf(name), value]);
    const form = submission(Object.fromEntries(named), 'roomconfig');
    return this.ask('set', room, xml('query', OWNER, form));
  }

  say(to: string, body: string, type = 'groupchat'): Promise<void> {
    return this.send(xml('message', { to, type }, xml('body', {}, body)));
  }

  setSubject(room: string, subject: string): Promise<void> {
    return this.send(xml('message', { to: room, type: 'groupchat' }, xml('subject', {}, subject)));
  }

  note(room: string, payload: Stanza): Promise<void> {
    return this.send(xml('message', { to: room }, payload));
  }

  invite(room: string, to: string, reason = ''): Promise<void> {
    const why = reason === '' ? [] : [xml('reason', {}, reason)];
    return this.note(room, xml('x', USER, xml('invite', { to }, ...why)));
  }

  change(room: string, ...items: (Attrs & { reason?: string })[]): Promise<Stanza> {
    const list = items.map(({ reason, ...attrs }) =>
      xml('item', attrs, ...(reason === undefined ? [] : [xml('reason', {}, reason)])),
    );
    return this.ask('set', room, xml('query', ADMIN, ...list));
  }

  setRole(room: string, nick: string, role: string): Promise<Stanza> {
    return this.change(room, { nick, role });
  }

  setRank(room: string, name: string, affiliation: string): Promise<Stanza> {
    return this.change(room, { jid: `${name}@localhost`, affiliation });
  }

  /** What the items of a list of the room are called by, in order. */
  async list(room: string, kind: 'affiliation' | 'role', value: string): Promise<readonly string[]> {
    const answer = await this.ask('get', room, xml('query', ADMIN, xml('item', { [kind]: value })));
    const items = answer.getChild('query', ADMIN)?.getChildren('item') ?? [];
    for (const { attrs } of items) assert.equal(attrs[kind], value);
    return items.map(({ attrs }) => attrs[kind === 'role' ? 'nick' : 'jid']?.replace('@localhost', '') ?? '').sort();
  }

  register(room: string, values: Attrs): Promise<Stanza> {
    return this.ask('set', room, xml('query', 'jabber:iq:register', submission(values, 'register')));
  }
}

type Name = 'wicca' | 'hag' | 'phone' | 'hecate';

/** The crone owns the rooms; the others are nobody in them, until it changes that. The phone is the hag's, too. */
export class People {
  readonly crone: Person;
  readonly wicca: Person;
  readonly hag: Person;
  readonly phone: Person;
  readonly hecate: Person;

  constructor(service: string, password: string) {
    const person = (jid: string, nick: string) => new Person(jid, nick, service, password);
    this.crone = person('crone1@localhost/desktop', 'firstwitch');
    this.wicca = person('wiccarocks@localhost/laptop', 'secondwitch');
    this.hag = person('hag66@localhost/pda', 'thirdwitch');
    this.phone = person('hag66@localhost/phone', 'thirdwitch');
    this.hecate = person('hecate@localhost/broom', 'hecate');
  }

  async start(): Promise<void> {
    for (const person of [this.crone, this.wicca, this.hag, this.phone, this.hecate]) await person.start();
  }

  /** A room of the crone's, set up that way, with guests in it who have read all that they were sent. */
  async gather(section: string, guests: readonly Name[] = [], values: Attrs = {}): Promise<string> {
    const room = `coven-${section.replaceAll('.', '-')}@${SERVICE}`;
    await this.crone.enter(room);
    await this.crone.configure(room, values);
    for (const name of guests) await this[name].enter(room);
    await this.settle(room, 'crone', ...guests);
    return room;
  }

  /** They read all that they were sent. */
  async settle(room: string, ...names: ('crone' | Name)[]): Promise<void> {
    for (const name of names) await this[name].seen(room);
  }
}
