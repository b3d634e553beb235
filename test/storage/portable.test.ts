/** The guard of the SQL subset that both engines understand alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SqlError } from '../../src/kernel/sql.ts';
import { assertPortable, assertPortableMigration } from '../../src/storage/portable.ts';

const PORTABLE = [
  'select id, label from item where owner = $1 and id > $2 order by id desc limit $3 offset $4',
  'SELECT COUNT(*) AS count FROM item WHERE a <> $1 OR b != $2',
  'insert into item (id, n) values ($1, $2) on conflict (id) do nothing returning id',
  'insert into item (id, n) values ($1, $2) on conflict (id) do update set n = item.n + excluded.n where item.n < $3',
  'insert into copy (id) select id from item where n * $1 > 2 * n',
  'update item set n = coalesce($2, n), label = replace(label, $3, $4) where id = $1 returning n',
  "select id from item where label = 'now() ? like -> json :x' and lower(label) in ($1, $2) -- now() ?",
  'delete from item where id in (select id from item where expires < $1 order by expires limit 100)',
  'with old as (select id from item where n < $1) delete from part where item in (select id from old)',
  "select case when n > 0 then 'a' else 'b' end as kind, length(body) as length, a || b as both from item where c is null",
  'select i.id from item i left join part p on p.item = i.id where exists (select 1 from part) and i.like = 1',
  'select count(*) as count, sum(n) as total from item where $1 = $1 /* why? */',
  'select "userId" from item where "Order" = $1',
];

/** Text and what the error names. */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['select id from item where id = ?', /\? /],
  ['select id from item where id = ?1', /\? /],
  ['select id from item where id = :id', /: /],
  ['select id from item where id = @id', /@ /],
  ['select id from item where id = $id', /\$ /],
  ['select id from item where id = $2', /\$1 /],
  ['select id from item where id = $1 and n = $3', /\$2 /],
  ['select now() as now', /now /],
  ['select NOW() as now', /NOW /],
  ['insert into item (at) values (current_timestamp)', /current_timestamp /],
  ["select strftime('%s') as now", /strftime /],
  ['select random() as r', /random /],
  ["select data->'a' as a from item", /-> /],
  ["select data->>'a' as a from item", /->> /],
  ["select data #> '{a}' as a from item", /#> /],
  ['select id from item where data @> $1', /@> /],
  ["select json_extract(data, '$.a') as a from item", /json_extract /],
  ['select jsonb_agg(id) as ids from item', /jsonb_agg /],
  ['select group_concat(id) as ids from item', /group_concat /],
  ['select n::text as n from item', /:: /],
  ['select id from item where label like $1', /like /],
  ['select id from item where label ilike $1', /ilike /],
  ['select id from item where label glob $1', /glob /],
  ['select id from item where label ~ $1', /~ /],
  ['select id from item where n == $1', /== /],
  ['select rowid from item', /rowid /],
  ['select ctid from item', /ctid /],
  ['select id from item where flag = true', /true /],
  ['insert or replace into item (id) values ($1)', /replace /],
  ['replace into item (id) values ($1)', /replace /],
  ['select id from item for update', /for /],
  ['select * from item', /\* /],
  ['select distinct * from item', /\* /],
  ['select i.* from item i', /\* /],
  ['select id, * from item', /\* /],
  ['delete from item returning *', /\* /],
  ['select id as userId from item', /userId /],
  ['select [id] from item', /\[ /],
  ['select `id` from item', /` /],
  ['select id from item; delete from item', /; /],
  ['pragma synchronous', /pragma /],
  ["select nextval('s') as n", /nextval /],
  ['create table t (id bigint primary key autoincrement)', /autoincrement /],
  ['create table t (id serial primary key)', /serial /],
  ['create table t (id bigint generated always as identity)', /generated /],
  ['create table t (id text references u (id) deferrable initially deferred)', /deferrable /],
  ['create table t (id text) strict', /strict /],
];

for (const text of PORTABLE) {
  test(`portable: ${text}`, () => assertPortable(text));
}

for (const [text, named] of REFUSED) {
  test(`not portable: ${text}`, () => {
    assert.throws(
      () => assertPortable(text),
      (error) => error instanceof SqlError && named.test(error.message.replace('Not portable: ', '')),
    );
  });
}

test('a migration declares columns of the four types only', () => {
  assertPortableMigration(`create table if not exists item (
    id text not null, -- the key, now
    size bigint default 0 check (size in (0, 1)),
    ratio double precision,
    body bytea,
    primary key (id),
    unique (size, ratio),
    foreign key (id) references other (id) on delete cascade
  );
  create index item_size on item (size) where size > 0;
  alter table item add column more text not null default '';
  alter table item rename column more to less;
  drop table other;
  update item set size = 1;`);
  const types = [
    'integer',
    'int',
    'boolean',
    'timestamp',
    'jsonb',
    'uuid',
    'blob',
    'real',
    'varchar(20)',
    'double',
    'numeric',
  ];
  for (const type of types) {
    assert.throws(() => assertPortableMigration(`create table item (id text primary key, x ${type});`), /a column is/);
    assert.throws(() => assertPortableMigration(`alter table item add column x ${type};`), /a column is/);
    assert.throws(() => assertPortableMigration(`alter table item add x ${type};`), /a column is/);
  }
  assert.throws(() => assertPortableMigration('create table item (id);'), /a column is/);
  assert.throws(() => assertPortableMigration('create table a (id text);\ninsert into a (id) values (now());'), /now/);
});
