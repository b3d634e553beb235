/** XEP-0059: what requests for pages say, and what is told of a page. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readPageRequest, writePageFacts } from '../../src/xmpp/rsm.ts';
import { parseXml } from '../support/xml.ts';

const read = (set: string) => readPageRequest(parseXml(`<query xmlns='urn:example'>${set}</query>`));
const set = (inner: string) => read(`<set xmlns='http://jabber.org/protocol/rsm'>${inner}</set>`);

suite('result set management', () => {
  test('a request without a set asks for nothing in particular', () => {
    assert.deepEqual(read(''), {});
    assert.deepEqual(read(`<set xmlns='urn:other'><max>10</max></set>`), {});
  });

  test('XEP-0059 2.1: a request limits the number of items', () => {
    assert.deepEqual(set('<max>10</max>'), { max: 10 });
    assert.deepEqual(set('<max> 10\n</max>'), { max: 10 });
  });

  test('XEP-0059 2.2 and 2.3: a page begins after an item, or ends before one', () => {
    assert.deepEqual(set('<max>10</max><after>peterpan</after>'), { max: 10, after: 'peterpan' });
    assert.deepEqual(set('<max>10</max><before>peter</before>'), { max: 10, before: 'peter' });
    assert.deepEqual(set('<after/>'), {});
  });

  test('XEP-0059 2.5: an empty before asks for the last page', () => {
    assert.deepEqual(set('<max>10</max><before/>'), { max: 10, before: '' });
  });

  test('XEP-0059 2.6: a page begins at a place', () => {
    assert.deepEqual(set('<max>10</max><index>371</index>'), { max: 10, index: 371 });
  });

  test('XEP-0059 2.7: a maximum of zero asks for the number of items', () => {
    assert.deepEqual(set('<max>0</max>'), { max: 0 });
  });

  for (const number of ['', '-1', '+1', '1.5', 'ten', '1e3', '0x10', '99999999999']) {
    test(`a maximum or place of "${number}" is malformed`, () => {
      assert.equal(set(`<max>${number}</max>`), undefined);
      assert.equal(set(`<index>${number}</index>`), undefined);
    });
  }

  test('XEP-0059 2.2: a page tells its ends, its place and the number of all items', () => {
    assert.equal(
      writePageFacts({ first: 'a<', last: 'b', index: 10, count: 800 }).toString(),
      `<set xmlns='http://jabber.org/protocol/rsm'><first index='10'>a&lt;</first><last>b</last><count>800</count></set>`,
    );
  });

  test('XEP-0059 2.2: an empty page has no ends', () => {
    assert.equal(
      writePageFacts({ count: 0 }).toString(),
      `<set xmlns='http://jabber.org/protocol/rsm'><count>0</count></set>`,
    );
    assert.equal(writePageFacts({}).toString(), `<set xmlns='http://jabber.org/protocol/rsm'/>`);
  });
});
