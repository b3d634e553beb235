/** XEP-0317: hats, which say who somebody is in a room besides its role and affiliation. A value that is replaced, never changed. */
import { createHash } from 'node:crypto';
import { type Element, el, type Jid } from '#api';

export const NS_HATS = 'urn:xmpp:hats:0';

export interface Hat {
  readonly uri: string;
  readonly title: string;
  /** An angle of 0 to 360, '' for none. */
  readonly hue: string;
  /** The language of the title, '' where it is not known. */
  readonly lang: string;
}

export interface Hats {
  /** By URI. */
  readonly hats: ReadonlyMap<string, Hat>;
  /** URIs by the bare address of who wears them; none of them is empty. */
  readonly wearers: ReadonlyMap<string, readonly string[]>;
}

export const NO_HATS: Hats = Object.freeze({ hats: new Map(), wearers: new Map() });

/** What is shown of an account (section 3.1); undefined where it wears none. */
export function shownHats({ hats, wearers }: Hats, { bare }: Jid): Element | undefined {
  const worn = wearers.get(bare);
  return worn && el(NS_HATS, 'hats', null, ...worn.map((uri) => showHat(hats.get(uri))));
}

function showHat(hat: Hat | undefined): Element | undefined {
  if (hat === undefined) return undefined;
  const { title, uri, hue, lang } = hat;
  return el(NS_HATS, 'hat', { title, uri, hue: hue || undefined, 'xml:lang': lang || undefined });
}

/** There is one more hat, or it looks different. */
export function addHat({ hats, wearers }: Hats, hat: Hat): Hats {
  return { hats: new Map(hats).set(hat.uri, hat), wearers };
}

/** Nobody wears it any more. */
export function removeHat(before: Hats, uri: string): Hats {
  let { wearers } = before;
  for (const address of wearersOf(before, uri)) wearers = without(wearers, address, uri);
  const hats = new Map(before.hats);
  hats.delete(uri);
  return { hats, wearers };
}

export function putOn({ hats, wearers }: Hats, address: string, uri: string): Hats {
  const worn = wearers.get(address) ?? [];
  return worn.includes(uri) ? { hats, wearers } : { hats, wearers: new Map(wearers).set(address, [...worn, uri]) };
}

export function takeOff({ hats, wearers }: Hats, address: string, uri: string): Hats {
  return { hats, wearers: without(wearers, address, uri) };
}

/** Somebody wears none any more. */
export function undress({ hats, wearers }: Hats, address: string): Hats {
  const left = new Map(wearers);
  left.delete(address);
  return { hats, wearers: left };
}

export function wearersOf({ wearers }: Hats, uri: string): readonly string[] {
  return [...wearers].filter(([, worn]) => worn.includes(uri)).map(([address]) => address);
}

function without(wearers: Hats['wearers'], address: string, uri: string): Hats['wearers'] {
  const left = (wearers.get(address) ?? []).filter((it) => it !== uri);
  const after = new Map(wearers);
  if (left.length === 0) after.delete(address);
  else after.set(address, left);
  return after;
}

/** Tells one list of hats from another (section 2). */
export function hashOf(hats: Hats): string {
  return createHash('sha1').update(writeHats(hats)).digest('hex');
}

export function writeHats({ hats }: Hats): string {
  return JSON.stringify([...hats.values()]);
}

export function readHats(text: string): Hats['hats'] {
  return new Map((JSON.parse(text) as Hat[]).map((it) => [it.uri, it]));
}
