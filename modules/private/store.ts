/** Private elements of accounts, one row each. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'private-001',
    up: `
create table private_xml (
  host text not null,
  local text not null,
  element text not null,
  xml text not null,
  bytes bigint not null,
  primary key (host, local, element)
);`,
  },
];

export const statements = {
  find: query<[host: string, local: string, element: string], { xml: string }>(
    'select xml from private_xml where host = $1 and local = $2 and element = $3',
  ),
  sizes: query<[host: string, local: string], { element: string; bytes: number }>(
    'select element, bytes from private_xml where host = $1 and local = $2',
  ),
  all: query<[host: string, local: string], { xml: string }>(
    'select xml from private_xml where host = $1 and local = $2 order by element',
  ),
  save: query<[host: string, local: string, element: string, xml: string, bytes: number]>(
    `insert into private_xml (host, local, element, xml, bytes) values ($1, $2, $3, $4, $5)
     on conflict (host, local, element) do update set xml = excluded.xml, bytes = excluded.bytes`,
  ),
  drop: query<[host: string, local: string, element: string]>(
    'delete from private_xml where host = $1 and local = $2 and element = $3',
  ),
  erase: query<[host: string, local: string]>('delete from private_xml where host = $1 and local = $2'),
};

export type PrivateStore = Prepared<typeof statements>;
