/**
 * Two clients of the library `@xmpp/client` become contacts, see each other's presence and chat, over one transport.
 * Arguments: SERVICE-URL DOMAIN USER USER PASSWORD. Prints one JSON object.
 */
import { client, xml } from '@xmpp/client';

interface Stanza {
  readonly name: string;
  readonly attrs: Readonly<Record<string, string>>;
  is(name: string): boolean;
  getChildText(name: string): string | null;
}
interface Client {
  readonly jid: { bare(): { toString(): string } };
  readonly iqCaller: { request(stanza: unknown, timeoutMs?: number): Promise<Stanza> };
  on(event: 'stanza', listener: (stanza: Stanza) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
  send(stanza: unknown): Promise<void>;
  write(text: string): Promise<void>;
}

const [service, domain, first, second, password] = process.argv.slice(2) as [string, string, string, string, string];

/** A client with what it received, in order. */
class Person {
  readonly client: Client;
  readonly #received: Stanza[] = [];
  #wake: () => void = () => {};

  constructor(username: string) {
    this.client = client({ service, domain, username, password }) as unknown as Client;
    // The library listens for the server's header only after its own header's write has completed; over TLS on loopback
    // the answer comes first, and is missed. Nothing else about the library is changed.
    const { write } = this.client;
    this.client.write = (text) => {
      write.call(this.client, text).catch(() => undefined);
      return Promise.resolve();
    };
    this.client.on('error', (error) => {
      throw error;
    });
    this.client.on('stanza', (stanza) => {
      this.#received.push(stanza);
      this.#wake();
    });
  }

  async start(): Promise<void> {
    await this.client.start();
    await this.client.iqCaller.request(xml('iq', { type: 'get' }, xml('query', 'jabber:iq:roster')));
    await this.client.send(xml('presence'));
  }

  /** The first stanza that fits; it and what came before are forgotten. */
  async until(fits: (stanza: Stanza) => boolean): Promise<Stanza> {
    for (;;) {
      const at = this.#received.findIndex(fits);
      if (at >= 0) return this.#received.splice(0, at + 1).at(-1) as Stanza;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  presence(type: string | undefined, from: string): Promise<Stanza> {
    return this.until(
      (it) => it.is('presence') && it.attrs['type'] === type && (it.attrs['from'] ?? '').startsWith(from),
    );
  }
}

const juliet = new Person(first);
const romeo = new Person(second);
const [julietJid, romeoJid] = [`${first}@${domain}`, `${second}@${domain}`];
await juliet.start();
await romeo.start();
for (const [asking, asked, address] of [
  [juliet, romeo, romeoJid],
  [romeo, juliet, julietJid],
] as const) {
  await asking.client.send(xml('presence', { to: address, type: 'subscribe' }));
  const request = await asked.presence('subscribe', asking === juliet ? julietJid : romeoJid);
  await asked.client.send(xml('presence', { to: request.attrs['from'] as string, type: 'subscribed' }));
  await asking.presence(undefined, address);
}
await juliet.client.send(xml('message', { to: romeoJid, type: 'chat' }, xml('body', {}, 'Wherefore art thou? ❤ &<>')));
const heard = await romeo.until((it) => it.is('message'));
await romeo.client.send(
  xml('message', { to: heard.attrs['from'] as string, type: 'chat' }, xml('body', {}, 'Call me but love')),
);
const answer = await juliet.until((it) => it.is('message'));
await romeo.client.stop();
const gone = await juliet.presence('unavailable', romeoJid);
await juliet.client.stop();
console.log(
  JSON.stringify({
    heard: heard.getChildText('body'),
    answer: answer.getChildText('body'),
    gone: gone.attrs['from']?.split('/')[0],
  }),
);
