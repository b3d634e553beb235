/** The hats of rooms and who wears them: few, and read and written as a whole. */
import { query } from '#api';

export const hatsMigrations = [
  {
    id: 'muc-002-hats',
    up: `
create table muc_hats (
  domain text not null,
  local text not null,
  hats text not null,
  primary key (domain, local)
)`,
  },
];

export const hatsStatements = {
  hats: query<[domain: string, local: string], { hats: string }>(
    'select hats from muc_hats where domain = $1 and local = $2',
  ),
  saveHats: query<[domain: string, local: string, hats: string]>(
    `insert into muc_hats (domain, local, hats) values ($1, $2, $3)
     on conflict (domain, local) do update set hats = excluded.hats`,
  ),
  forgetHats: query<[domain: string, local: string]>('delete from muc_hats where domain = $1 and local = $2'),
};
