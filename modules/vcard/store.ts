/** Cards of accounts. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'vcard-001',
    up: `
create table vcard (
  host text not null,
  local text not null,
  xml text not null,
  primary key (host, local)
);`,
  },
];

export const statements = {
  find: query<[host: string, local: string], { xml: string }>('select xml from vcard where host = $1 and local = $2'),
  save: query<[host: string, local: string, xml: string]>(
    `insert into vcard (host, local, xml) values ($1, $2, $3)
     on conflict (host, local) do update set xml = excluded.xml`,
  ),
  erase: query<[host: string, local: string]>('delete from vcard where host = $1 and local = $2'),
};

export type VCardStore = Prepared<typeof statements>;
