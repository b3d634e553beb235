/** What a presence says of the capabilities of its sender (XEP-0115 section 4). */
import { clark, type Element, NS } from '#api';

const C = clark(NS.caps, 'c');

const MAX_VER_LENGTH = 128;
const MAX_NODE_LENGTH = 1024;
const MAX_HASH_LENGTH = 32;

export interface Announcement {
  readonly hash: string;
  readonly ver: string;
  readonly node: string;
}

/** Undefined without `<c/>`, with one of the legacy format (section 13), and with one too long to be meant well. */
export function readAnnouncement(presence: Element): Announcement | undefined {
  const c = presence.child(C);
  if (c === undefined) return undefined;
  const hash = c.attr('hash');
  const ver = c.attr('ver');
  const node = c.attr('node');
  if (hash === undefined || ver === undefined || node === undefined) return undefined;
  if (hash.length > MAX_HASH_LENGTH || ver.length > MAX_VER_LENGTH || node.length > MAX_NODE_LENGTH) return undefined;
  return { hash, ver, node };
}
