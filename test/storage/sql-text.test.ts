/** SQL text as far as the storage reads it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReadOnly, splitStatements } from '../../src/storage/sql-text.ts';
import { numberedParameters } from '../../src/storage/sqlite/parameters.ts';

test('parameters are renumbered outside of strings, names and comments only', () => {
  assert.equal(
    numberedParameters(`select $1, $12, '$1', 'it''s $2', "$3" -- $4\n/* $5 */ from t where a=$2`),
    `select ?1, ?12, '$1', 'it''s $2', "$3" -- $4\n/* $5 */ from t where a=?2`,
  );
});

test('statements end with a semicolon at the end of a line, and nowhere else', () => {
  const up = `create table a (
  id text, -- the key;
  n text default ';
'
);\r\n
-- only a comment;
insert into a (id) values (';x');  -- done
select 1; select 2; `;
  assert.deepEqual(splitStatements(up), [
    "create table a (\n  id text, -- the key;\n  n text default ';\n'\n)",
    "insert into a (id) values (';x')",
    'select 1; select 2',
  ]);
  assert.deepEqual(splitStatements(' \n-- nothing\n'), []);
});

test('select changes nothing; with does when it holds a change; everything else does', () => {
  const reads = ['select 1', ' \n SELECT 1', '-- why\nselect 1', "with a as (select 'delete') select id from a"];
  const writes = [
    'with a as (select 1) delete from b',
    'insert into a select 1',
    'update a set b = 1',
    'create table a (b text)',
  ];
  for (const text of reads) assert.equal(isReadOnly(text), true, text);
  for (const text of writes) assert.equal(isReadOnly(text), false, text);
});
