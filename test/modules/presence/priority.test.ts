/** The priority of a resource: RFC 6121 section 4.7.2.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { priorityOf } from '../../../modules/presence/priority.ts';
import { parseXml } from '../../support/xml.ts';

const values: readonly (readonly [string, number | undefined])[] = [
  ['', 0],
  ['<priority/>', 0],
  ['<priority>0</priority>', 0],
  ['<priority>+5</priority>', 5],
  ['<priority> 7 </priority>', 7],
  ['<priority>-128</priority>', -128],
  ['<priority>127</priority>', 127],
  ['<priority>128</priority>', undefined],
  ['<priority>-129</priority>', undefined],
  ['<priority>1.5</priority>', undefined],
  ['<priority>1e1</priority>', undefined],
  ['<priority>high</priority>', undefined],
  [`<priority xmlns='urn:other'>high</priority>`, 0],
];
for (const [children, priority] of values) {
  test(`RFC 6121 4.7.2.3: ${children || 'no priority'} is ${priority ?? 'no priority of a resource'}`, () => {
    assert.equal(priorityOf(parseXml(`<presence>${children}</presence>`)), priority);
  });
}
