/** What the tests of client states say again and again. */
import assert from 'node:assert/strict';
import { jid, Router, Stanza } from '#api';
import type { TestClient } from '../../support/client.ts';
import type { TestServer } from '../../support/parley.ts';
import { parseXml } from '../../support/xml.ts';

export const ACTIVE = `<active xmlns='urn:xmpp:csi:0'/>`;
export const INACTIVE = `<inactive xmlns='urn:xmpp:csi:0'/>`;
const EVENT = 'http://jabber.org/protocol/pubsub#event';

export class Verona {
  readonly server: TestServer;
  readonly phone: TestClient;
  readonly romeo: TestClient;

  constructor(server: TestServer, phone: TestClient, romeo: TestClient) {
    this.server = server;
    this.phone = phone;
    this.romeo = romeo;
  }

  /** Juliet's phone and Romeo, who see each other's presence. */
  static async open(server: TestServer): Promise<Verona> {
    const phone = await server.login('juliet', { resource: 'phone' });
    const romeo = await server.login('romeo', { resource: 'orchard' });
    await romeo.send(`<presence type='subscribe' to='juliet@capulet.lit'/>`);
    await phone.send(`<presence type='subscribe' to='romeo@capulet.lit'/>`);
    for (const client of [romeo, phone]) await client.drain();
    await phone.send(`<presence type='subscribed' to='romeo@capulet.lit'/>`);
    await romeo.send(`<presence type='subscribed' to='juliet@capulet.lit'/>`);
    for (const client of [phone, romeo, phone]) await client.drain();
    return new Verona(server, phone, romeo);
  }

  /** The same with a phone that nobody looks at. */
  static async inactive(server: TestServer): Promise<Verona> {
    const verona = await Verona.open(server);
    await verona.phone.send(INACTIVE);
    return verona;
  }

  /** A stanza comes to the phone from somewhere. */
  async arrives(xml: string, client: TestClient = this.phone): Promise<void> {
    const element = parseXml(xml);
    const stanza = new Stanza(element, jid(element.attr('from') ?? ''), jid(client.jid));
    await this.server.service(Router).route(stanza);
  }

  /** Romeo's status, as his clients broadcast it. */
  async says(...statuses: readonly string[]): Promise<void> {
    for (const it of statuses) {
      await this.romeo.send(status(it));
      await this.romeo.receives(status(it));
    }
  }

  /** Nothing comes to the phone because of this. */
  async quietly(happens: () => Promise<void>): Promise<void> {
    const before = this.phone.texts.length;
    await happens();
    await settled(this.romeo);
    assert.deepEqual(this.phone.texts.slice(before), []);
  }
}

/** The content of a notification that items of a node were published. */
export function event(node: string, ...items: readonly string[]): string {
  return `<event xmlns='${EVENT}'><items node='${node}'>${items.join('')}</items></event>`;
}

export function item(text: string, id?: string): string {
  return `<item xmlns='${EVENT}'${id === undefined ? '' : ` id='${id}'`}><it xmlns='urn:example:it'>${text}</it></item>`;
}

export function headline(from: string, content: string): string {
  return `<message from='${from}' type='headline'>${content}</message>`;
}

export function status(text: string): string {
  return `<presence><status>${text}</status></presence>`;
}

/** Waits until the server has handled all that a client has sent. */
export async function settled(client: TestClient): Promise<void> {
  await client.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, client.host);
}
