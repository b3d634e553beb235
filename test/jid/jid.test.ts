/** Whole addresses: RFC 7622 section 3.1, their equality, and what hostile peers send in their place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cachedAddresses, jid, parseJid } from '../../src/jid/jid.ts';

test('RFC 7622 3.1: the resource starts after the first slash, the domain after the first at-sign before it', () => {
  const parts = (text: string) => {
    const it = parseJid(text);
    return it && [it.local, it.domain, it.resource];
  };
  assert.deepEqual(parts('a@b/c'), ['a', 'b', 'c']);
  assert.deepEqual(parts('a@b/c/d@e'), ['a', 'b', 'c/d@e']);
  assert.deepEqual(parts('b/c@d'), ['', 'b', 'c@d']);
  assert.deepEqual(parts('b/@'), ['', 'b', '@']);
  assert.deepEqual(parts('b//'), ['', 'b', '/']);
  assert.deepEqual(parts('a@[::1]/c'), ['a', '[::1]', 'c']);
});

test('RFC 7622 3.1: a separator without its part, and a second at-sign, make no address', () => {
  for (const text of ['', '@', '/', '@/', 'a@', '@b', '@b/c', 'b/', 'a@b/', 'a@/c', '/c', 'a@@b', 'a@b@c', 'a@b@c/d']) {
    assert.equal(parseJid(text), undefined, JSON.stringify(text));
  }
});

test('RFC 7622 3.3: a full-width at-sign or slash is no separator', () => {
  assert.equal(parseJid('juliet\uFF20example.com'), undefined);
  assert.equal(parseJid('example.com\uFF0Ffoo'), undefined);
  assert.equal(parseJid('a@b/c\uFF0Fd')?.resource, 'c\uFF0Fd');
});

test('an address has its bare and its full text, and knows its kind', () => {
  const full = jid('Juliet@Example.COM/Balcony');
  assert.equal(full.bare, 'juliet@example.com');
  assert.equal(full.full, 'juliet@example.com/Balcony');
  assert.equal(String(full), 'juliet@example.com/Balcony');
  assert.deepEqual([full.isBare, full.isDomain], [false, false]);
  const bare = full.bareJid;
  assert.deepEqual([bare.full, bare.bare, bare.resource], ['juliet@example.com', 'juliet@example.com', '']);
  assert.deepEqual([bare.isBare, bare.isDomain], [true, false]);
  assert.equal(bare.bareJid, bare);
  const domain = jid('example.com');
  assert.deepEqual(
    [domain.full, domain.bare, domain.isBare, domain.isDomain],
    ['example.com', 'example.com', true, true],
  );
  const service = jid('example.com/echo');
  assert.deepEqual([service.bare, service.isBare, service.isDomain], ['example.com', false, false]);
  assert.equal(service.bareJid, domain);
});

test('RFC 7622 4: addresses that are written differently and prepared alike are equal', () => {
  const same = [
    [
      'juliet@example.com',
      'JULIET@EXAMPLE.COM',
      'juliet@example.com.',
      '\uFF2Auliet@example\u3002com',
      'Juliet@exam\uFF50le.com',
    ],
    ['é@faß.de/é', 'E\u0301@xn--fa-hia.de/e\u0301', 'É@FAß.DE./e\u0301'],
    ['a@b/x y', 'A@B/x\u00A0y', 'a@b/x\u3000y'],
    ['a@[::1]', 'a@[0:0:0:0:0:0:0:1]'],
  ];
  for (const [first, ...others] of same) {
    for (const other of others) {
      assert.ok(jid(first!).equals(jid(other)), `${first} and ${other}`);
      assert.equal(jid(first!), jid(other), `${first} and ${other} are interned`);
    }
  }
});

test('RFC 7622 4: addresses that differ in a part are not equal', () => {
  const texts = ['b', 'a@b', 'a@b/c', 'a@b/C', 'b/c', 'c@b', 'a@c', 'ß@b', 'ss@b', 'а@b'];
  for (const one of texts) {
    for (const other of texts) assert.equal(jid(one).equals(jid(other)), one === other, `${one} and ${other}`);
  }
});

test('another resource is prepared like any, and replaces the one that is there', () => {
  const juliet = jid('juliet@example.com/balcony');
  assert.equal(juliet.withResource('e\u0301')?.full, 'juliet@example.com/\u00E9');
  assert.equal(juliet.bareJid.withResource('balcony'), juliet);
  assert.equal(jid('example.com').withResource('x')?.full, 'example.com/x');
  for (const resource of ['', '\0', 'a\nb', '\uD800', 'r'.repeat(1024)]) {
    assert.equal(juliet.withResource(resource), undefined, JSON.stringify(resource));
  }
});

test('an address that must be one is a TypeError when it is none', () => {
  assert.throws(() => jid('@'), TypeError);
  assert.equal(jid('a@b').full, 'a@b');
});

test('hostile: names of object properties are names like any', () => {
  assert.equal(parseJid('__proto__'), undefined);
  assert.equal(parseJid('__proto__@x')?.local, '__proto__');
  assert.equal(parseJid('constructor@x')?.local, 'constructor');
  assert.equal(parseJid('x/__proto__')?.resource, '__proto__');
  assert.equal(parseJid('constructor')?.domain, 'constructor');
  assert.equal(parseJid('tostring@hasownproperty/valueOf')?.full, 'tostring@hasownproperty/valueOf');
});

test('hostile: NUL, controls and lone surrogates make no address in any part', () => {
  for (const char of ['\0', '\x01', '\n', '\x7F', '\uD800', '\uDFFF', '\uFFFE', '\u202E']) {
    for (const text of [`a${char}@b/c`, `a@b${char}/c`, `a@b/c${char}`, char, `${char}/c`]) {
      assert.equal(parseJid(text), undefined, JSON.stringify(text));
    }
  }
});

test('RFC 7622 3.1: the longest address has 3071 bytes', () => {
  const local = 'l'.repeat(1023);
  const domain = 'd'.repeat(63) + `.${'d'.repeat(63)}`.repeat(15);
  const resource = 'r'.repeat(1023);
  const longest = `${local}@${domain}/${resource}`;
  assert.equal(parseJid(longest)?.full, longest);
  assert.equal(longest.length, 3071);
  assert.equal(parseJid(`${local}@${domain}./${resource}`)?.full, longest);
  assert.equal(parseJid(`l${longest}`), undefined);
  assert.equal(parseJid(`${longest}r`), undefined);
});

test('hostile: a text of 10 MB is refused for its length', () => {
  for (const text of ['a'.repeat(10e6), `${'a'.repeat(10e6)}@b/c`, `a@b/${'é'.repeat(10e6)}`, '@'.repeat(10e6)]) {
    assert.equal(parseJid(text), undefined);
  }
});

test('hostile: the cache is bounded in entries and in bytes, and what is in use stays interned', () => {
  const used = jid('in-use@example.com/here');
  for (let i = 0; i < 50_000; i++) {
    assert.ok(parseJid(`u${i}@example.com/r`));
    if (i % 1000 === 0) assert.equal(parseJid('in-use@example.com/here'), used);
  }
  assert.ok(cachedAddresses() <= 2 * 16_384);
  for (let i = 0; i < 10_000; i++) assert.ok(parseJid(`${'l'.repeat(480)}${i}@example.com`));
  assert.ok(cachedAddresses() <= 2 * 3000);
});

test('hostile: spellings of one address, malformed ones and long ones do not fill the cache', () => {
  jid('many@example.com');
  const before = cachedAddresses();
  for (let i = 0; i < 100; i++) assert.equal(parseJid(`many ${i}@example.com`), undefined);
  for (let i = 0; i < 100; i++) assert.ok(parseJid(`a@b/${'r'.repeat(600)}${i}`));
  assert.ok(cachedAddresses() <= before + 2);
});

test('hostile: an address keeps nothing of the stanza that it was cut out of', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const before = process.memoryUsage().heapUsed;
  const kept = [];
  for (let i = 0; i < 64; i++) {
    const stanza = `<message to="slice${i}@long-enough${i}.example.com/to-be-a-slice">${String.fromCharCode(97 + (i % 26)).repeat(1e6)}`;
    kept.push(jid(stanza.slice(13, stanza.indexOf('>') - 1)));
    kept.push(jid(stanza.slice(13, stanza.indexOf('/'))).withResource(stanza.slice(1, 30)));
  }
  collect();
  assert.equal(kept.length, 128);
  assert.ok(process.memoryUsage().heapUsed - before < 8e6);
});
