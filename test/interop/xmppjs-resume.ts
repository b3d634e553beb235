/**
 * A client of the library `@xmpp/client` whose network swallows stanzas and breaks: it resumes its session.
 * Arguments: SERVICE-URL PORT-OF-THE-SERVICE DOMAIN USER PEER PASSWORD COUNT. Prints one JSON object.
 */
import { client, xml } from '@xmpp/client';
import { Pipe } from '../support/pipe.ts';

interface Stanza {
  readonly name: string;
  is(name: string): boolean;
  getChildText(name: string): string | null;
}
interface Client {
  readonly iqCaller: { request(stanza: unknown): Promise<unknown> };
  readonly reconnect: { delay: number };
  readonly streamManagement: {
    readonly id: string;
    readonly outbound_q: readonly unknown[];
    on(event: 'resumed' | 'fail', listener: () => void): void;
  };
  on(event: 'stanza', listener: (stanza: Stanza) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
  send(stanza: unknown): Promise<void>;
  write(text: string): Promise<void>;
}

const [service, port, domain, user, peer, password, wanted] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const count = Number(wanted);
const turn = () => new Promise((done) => setTimeout(done, 5));

/** A client with the bodies that it received, in order. */
class Person {
  readonly client: Client;
  readonly got: string[] = [];
  readonly errors: string[] = [];

  constructor(url: string, username: string) {
    this.client = client({ service: url, domain, username, password }) as unknown as Client;
    // The library listens for the server's header only after its own header's write has completed; over TLS on loopback
    // the answer comes first, and is missed. Nothing else about the library is changed.
    const { write } = this.client;
    this.client.write = (text) => {
      write.call(this.client, text).catch(() => undefined);
      return Promise.resolve();
    };
    this.client.reconnect.delay = 10;
    this.client.on('error', ({ message }) => this.errors.push(message));
    this.client.on('stanza', (stanza) => {
      const body = stanza.is('message') ? stanza.getChildText('body') : null;
      if (body !== null) this.got.push(body);
    });
  }

  /** Asks the server for nothing: the library does not count the answers (its caller of IQs keeps them to itself). */
  async start(): Promise<void> {
    await this.client.start();
    await this.client.send(xml('presence'));
  }

  say(to: string, body: string): Promise<void> {
    return this.client.send(xml('message', { to: `${to}@${domain}`, type: 'chat' }, xml('body', {}, body)));
  }

  async hears(length: number): Promise<void> {
    while (this.got.length < length) await turn();
  }
}

const pipe = await Pipe.to(Number(port));
const juliet = new Person(service.replace(port, String(pipe.port)), user);
const romeo = new Person(service, peer);
await juliet.start();
await romeo.start();
const management = juliet.client.streamManagement;
while (management.id === '') await turn();
const seen = { resumed: 0, failed: 0 };
management.on('resumed', () => seen.resumed++);
management.on('fail', () => seen.failed++);
await romeo.say(user, 'hello');
await juliet.hears(1);
await juliet.say(peer, 'hello');
await romeo.hears(1);
while (management.outbound_q.length > 0) await turn();

pipe.swallow();
for (let i = 0; i < count; i++) {
  await juliet.say(peer, `out ${i}`);
  await romeo.say(user, `in ${i}`);
}
// The server has them all once it has answered what was asked behind them.
await romeo.client.iqCaller.request(xml('iq', { type: 'get' }, xml('query', 'jabber:iq:roster')));
while (management.outbound_q.length < count || pipe.swallowed.up === 0 || pipe.swallowed.down === 0) await turn();
const before = { juliet: juliet.got.length, romeo: romeo.got.length };
pipe.cut();
while (seen.resumed === 0 && seen.failed === 0) await turn();
await Promise.all([juliet.hears(count + 1), romeo.hears(count + 1)]);
// Whatever is behind that comes before this.
await romeo.say(user, 'end');
await juliet.say(peer, 'end');
while (juliet.got.at(-1) !== 'end' || romeo.got.at(-1) !== 'end') await turn();
console.log(JSON.stringify({ ...seen, before, juliet: juliet.got, romeo: romeo.got }));
await romeo.client.stop();
await juliet.client.stop();
process.exit(0);
