/** Streams for tests: headers, sample stanzas, and what a parser makes of bytes that come in given packets. */
import type { Element } from '../../src/xml/element.ts';
import { DEFAULT_LIMITS, XmlError, type XmlLimits } from '../../src/xml/error.ts';
import { CLOSE, type ParserOptions, StreamParser } from '../../src/xml/parser.ts';
import { type Tree, treeOf } from './tree.ts';

export const STREAMS = 'http://etherx.jabber.org/streams';
export const HEADER = `<stream:stream to='example.com' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`;
export const DECLARATION = `<?xml version='1.0' encoding='UTF-8'?>`;

const base64 = (length: number): string => Buffer.alloc(length, 'QUJDREVGabcdef0123+/').toString();

export const CHAT =
  "<message from='juliet@example.com/balcony' to='romeo@example.net' type='chat' id='5b5e7a1c-6d1f'>" +
  '<body>Wherefore art thou, Romeo? Deny thy father and refuse thy name</body>' +
  "<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>" +
  "<origin-id xmlns='urn:xmpp:sid:0' id='5b5e7a1c-6d1f'/></message>";

/** An OMEMO bundle: many small elements. */
function bundle(preKeys: number): string {
  const keys = Array.from({ length: preKeys }, (_, i) => `<preKeyPublic preKeyId='${i}'>${base64(44)}</preKeyPublic>`);
  return (
    "<iq type='set' id='b1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>" +
    "<publish node='eu.siacs.conversations.axolotl.bundles:31415'><item id='current'>" +
    `<bundle xmlns='eu.siacs.conversations.axolotl'><signedPreKeyPublic signedPreKeyId='1'>${base64(44)}` +
    `</signedPreKeyPublic><signedPreKeySignature>${base64(88)}</signedPreKeySignature>` +
    `<identityKey>${base64(44)}</identityKey><prekeys>${keys.join('')}</prekeys></bundle></item></publish></pubsub></iq>`
  );
}

export const BUNDLE = bundle(100);

/** An avatar: one long text. */
export const AVATAR =
  "<iq type='set' id='a1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:avatar:data'>" +
  "<item id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f'>" +
  `<data xmlns='urn:xmpp:avatar:data'>${base64(48_000)}</data></item></publish></pubsub></iq>`;

/** Stanzas that use what XML allows. */
export const SAMPLES: Readonly<Record<string, string>> = {
  chat: CHAT,
  presence:
    "<presence><show>dnd</show><priority>-1</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/></presence>",
  roster: "<iq type='get' id='r1'><query xmlns='jabber:iq:roster' ver=''/></iq>",
  'beyond ASCII': "<message to='ромео@example.net'><body>Зачем же ты, Ромео? 名前 😀\u{10ffff}</body></message>",
  references:
    "<message id='&lt;&amp;&#10;&#x1F600;'><body>a &lt; b &amp;&amp; c &gt; d &quot;&apos;&#65;&#x41;</body></message>",
  CDATA: '<message><body><![CDATA[1 < 2 & ]] > 3]]> and <![CDATA[]]></body></message>',
  prefixes: `<message xmlns:x='urn:x' x:a='1' xml:lang='de'><x:y stream:z='2'><z xmlns='urn:z' xmlns:x='urn:x2' x:a='3'/></x:y></message>`,
  'white space': '<message\n\tid = "a"\r\n  to=\'b\' >\n <body >\r\nline\rline\n</body\n>\t</message >',
  'text between elements': '<message>before<a/>between<b/>after</message>',
  'stream error': '<stream:error><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>',
  bundle: bundle(8),
};

export interface Outcome {
  /** Header, children and end of the stream, as far as they came. */
  readonly events: readonly (Tree | 'close')[];
  /** What the stream was ended with. */
  readonly condition: string | undefined;
}

export function outcomeOf(
  packets: Iterable<Buffer>,
  limits: XmlLimits = DEFAULT_LIMITS,
  options: ParserOptions = {},
): Outcome {
  const parser = new StreamParser(limits, options);
  const events: (Tree | 'close')[] = [];
  try {
    for (const packet of packets) {
      // Overwritten after the call, as a transport may do with its buffer.
      const reused = Buffer.from(packet);
      parser.push(reused);
      for (let event = parser.next(); event !== undefined; event = parser.next()) events.push(nameOf(event));
      reused.fill('#');
    }
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return { events, condition: error.condition };
  }
  return { events, condition: undefined };
}

function nameOf(event: Element): Tree | 'close' {
  return event === CLOSE ? 'close' : treeOf(event);
}

/** The same bytes in two packets, cut at each place in turn. */
export function* cuts(bytes: Buffer): Generator<[Buffer, Buffer]> {
  for (let i = 1; i < bytes.length; i++) yield [bytes.subarray(0, i), bytes.subarray(i)];
}

export function packetsOf(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}
