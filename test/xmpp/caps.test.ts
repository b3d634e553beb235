/** XEP-0115: verification strings by the examples, and what must not be believed. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isKnownHash, readCapabilities, verificationString } from '../../src/xmpp/caps.ts';
import { type DiscoInfo, writeDiscoInfo } from '../../src/xmpp/disco.ts';
import { parseXml } from '../support/xml.ts';

const query = (inner: string) => parseXml(`<query xmlns='http://jabber.org/protocol/disco#info'>${inner}</query>`);
const read = (inner: string): DiscoInfo | undefined => readCapabilities(query(inner));
const verOf = (inner: string, hash?: string): string | undefined => {
  const info = read(inner);
  return info && verificationString(info, hash);
};

const EXODUS = `<identity category='client' name='Exodus 0.9.1' type='pc'/>
  <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/caps'/>
  <feature var='http://jabber.org/protocol/muc'/><feature var='http://jabber.org/protocol/disco#info'/>`;

const PSI_FORM = `<x xmlns='jabber:x:data' type='result'>
  <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
  <field var='software_version'><value>0.11</value></field><field var='software'><value>Psi</value></field>
  <field var='os'><value>Mac</value></field><field var='os_version'><value>10.5.1</value></field>
  <field var='ip_version' type='text-multi'><value>ipv6</value><value>ipv4</value></field></x>`;

const PSI = `<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
  <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
  <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>
  <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>`;

suite('the verification string', () => {
  test('XEP-0115 5.2: the simple example', () => {
    assert.equal(verOf(EXODUS), 'QgayPKawpkPSDYmwT/WM94uAlu0=');
  });

  test('XEP-0115 5.3: the complex example, with languages and a form, in whatever order they come', () => {
    assert.equal(verOf(PSI + PSI_FORM), 'q07IKJEyjvHSyhy//CH0CxmKi8w=');
  });

  test('XEP-0115 5.1: sorted by the bytes of UTF-8, where a supplementary character comes after U+FFFD', () => {
    const info = (features: readonly string[]): DiscoInfo => ({
      identities: [{ category: 'client', type: 'pc' }],
      features,
      forms: [],
    });
    const ver = verificationString(info(['\u{1F3AD}', '\uFFFD']));
    assert.equal(ver, verificationString(info(['\uFFFD', '\u{1F3AD}'])));
    // echo -n 'client/pc//<�<🎭<' | openssl dgst -binary -sha1 | openssl enc -base64
    assert.equal(ver, '/Y2dBqLj38OqICMR5eP7JgJGbf8=');
  });

  test('XEP-0115 9.1: SHA-1 is known, and newer hashes give other strings', () => {
    assert.ok(isKnownHash('sha-1') && isKnownHash('sha-256') && !isKnownHash('md5') && !isKnownHash('sha1'));
    assert.equal(Buffer.from(verOf(EXODUS, 'sha-256') ?? '', 'base64').length, 32);
    const info = read(EXODUS) as DiscoInfo;
    assert.throws(() => verificationString(info, 'md5'), TypeError);
  });

  test('what is written reads back as it was', () => {
    const info = read(PSI + PSI_FORM) as DiscoInfo;
    const written = writeDiscoInfo(info, 'node');
    assert.equal(written.attr('node'), 'node');
    assert.equal(verificationString(readCapabilities(written) as DiscoInfo), 'q07IKJEyjvHSyhy//CH0CxmKi8w=');
  });
});

suite('what is ill-formed', () => {
  const form = (formType: string, field: string): string =>
    `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>${formType}</field>${field}</x>`;
  const field = `<field var='a'><value>1</value></field>`;

  test('XEP-0115 5.4 step 3.3: the same identity twice', () => {
    const twice = `<identity category='client' type='pc' name='A'/>`;
    assert.equal(read(twice + twice + `<feature var='urn:f'/>`), undefined);
    assert.ok(read(twice + `<identity category='client' type='pc' name='A' xml:lang='el'/><feature var='urn:f'/>`));
  });

  test('XEP-0115 5.4 step 3.4: the same feature twice', () => {
    assert.equal(read(`${EXODUS}<feature var='http://jabber.org/protocol/muc'/>`), undefined);
  });

  test('XEP-0115 5.4 step 3.5: two forms of one FORM_TYPE, or two values of a FORM_TYPE', () => {
    const one = form('<value>urn:t</value>', field);
    assert.ok(read(EXODUS + one));
    assert.equal(read(EXODUS + one + one), undefined);
    assert.equal(read(EXODUS + form('<value>urn:t</value><value>urn:u</value>', field)), undefined);
    assert.ok(read(EXODUS + form('<value>urn:t</value><value>urn:t</value>', field)));
  });

  test('XEP-0115 5.4 step 3.6: a form without a hidden FORM_TYPE is ignored, and the rest counts', () => {
    const open = `<x xmlns='jabber:x:data'><field var='FORM_TYPE'><value>urn:t</value></field>${field}</x>`;
    assert.equal(verOf(EXODUS + open), 'QgayPKawpkPSDYmwT/WM94uAlu0=');
    assert.equal(verOf(`${EXODUS}<x xmlns='jabber:x:data'>${field}</x>`), 'QgayPKawpkPSDYmwT/WM94uAlu0=');
  });

  test('XEP-0030 3.1: without an identity or without a feature', () => {
    assert.equal(read(''), undefined);
    assert.equal(read(`<feature var='urn:f'/>`), undefined);
    assert.equal(read(`<identity category='client' type='pc'/>`), undefined);
  });
});

suite('what has the hash of somebody else (XEP-0115 9.3)', () => {
  const identity = `<identity category='client' name='Exodus 0.9.1' type='pc'/>`;
  const features = ['caps', 'disco#info', 'disco#items', 'muc'].map((it) => `http://jabber.org/protocol/${it}`);
  const feature = (it: string | undefined): string => `<feature var='${it?.replace('<', '&lt;')}'/>`;
  const disguise = (type: string | undefined, inner: string): string =>
    `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>${type}</value></field>${inner}</x>`;

  test('features in a form', () => {
    const [caps, info, items, muc] = features;
    const first = identity + feature(caps) + feature(info);
    assert.equal(read(first + disguise(items, `<field var='${muc}'/>`)), undefined);
    assert.equal(
      read(identity + feature(caps) + disguise(info, `<field var='${items}'><value>${muc}</value></field>`)),
      undefined,
    );
    assert.equal(read(first + feature(items) + disguise(muc, '')), undefined);
  });

  test('two features in one', () => {
    const [caps, info, items, muc] = features;
    assert.equal(read(identity + feature(`${caps}<${info}`) + feature(items) + feature(muc)), undefined);
  });

  test('a feature as an identity', () => {
    const [caps, ...rest] = features;
    const [category, type, lang, ...name] = (caps as string).split('/');
    const fake = `<identity category='${category}' type='${type}' xml:lang='${lang}' name='${name.join('/')}'/>`;
    assert.equal(read(identity + fake + rest.map(feature).join('')), undefined);
  });
});
