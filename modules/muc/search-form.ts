/** What somebody looks for: the search form of XEP-0433 section 6.1, and what is wrong with one that was submitted. */
import { type Element, el, type Form, readForm, refusals, StanzaError } from '#api';
import { fold } from './directory.ts';

const BASE = 'urn:xmpp:channel-search:0';
export const NS_SEARCH = `${BASE}:search`;
export const NS_SEARCH_ERROR = `${BASE}:error`;
const FORM_TYPE = `${BASE}:search-params`;
const BY_USERS = `{${BASE}:order}nusers`;
const BY_ADDRESS = `{${BASE}:order}address`;
const MUC_TYPE = 'xep-0045';

/** Bounds of one search, in characters and in terms. */
const MAX_LENGTH = 256;
const MAX_TERMS = 16;

export type SearchedPart = 'name' | 'description' | 'address';

export interface Search {
  /** All of them must be found, folded; none for everything. */
  readonly terms: readonly string[];
  readonly parts: readonly SearchedPart[];
  readonly minUsers: number;
  /** Rooms like ours are asked for. */
  readonly wantsRooms: boolean;
  readonly order: 'users' | 'address';
}

/** The fields by which one says where to look; the second name is the one of the example in section 4.2.1. */
const PARTS: readonly (readonly [SearchedPart, label: string, ...names: string[]])[] = [
  ['name', 'Search in name', 'sinname'],
  ['description', 'Search in description', 'sindescription'],
  ['address', 'Search in address', 'sinaddress', 'sinaddr'],
];

export const SEARCH_FORM: Form = {
  type: 'form',
  formType: FORM_TYPE,
  fields: [
    { var: 'q', type: 'text-single', label: 'Search for' },
    { var: 'all', type: 'boolean', label: 'Return all entries (ignore search terms)' },
    ...PARTS.map(([, label, name = '']) => ({ var: name, type: 'boolean', label, values: ['true'] })),
    { var: 'min_users', type: 'text-single', label: 'Minimum number of users', values: ['0'] },
    {
      var: 'types',
      type: 'list-multi',
      label: 'Service types',
      values: [MUC_TYPE],
      options: [{ label: 'Multi-user chats', value: MUC_TYPE }],
    },
    {
      var: 'key',
      type: 'list-single',
      label: 'Sort results by',
      values: [BY_USERS],
      options: [
        { label: 'Number of online users', value: BY_USERS },
        { label: 'Address', value: BY_ADDRESS },
      ],
    },
  ],
};

const unknownKey = new StanzaError('feature-not-implemented', 'results cannot be sorted by this', {
  type: 'modify',
  application: el(NS_SEARCH_ERROR, 'invalid-sort-key'),
});
const noConditions = new StanzaError('bad-request', 'say what to search for', {
  type: 'cancel',
  application: el(NS_SEARCH_ERROR, 'no-search-conditions'),
});
const badTerms = new StanzaError('bad-request', 'search for words with letters or digits, 16 at most', {
  application: el(NS_SEARCH_ERROR, 'invalid-search-terms'),
});
const conflict = new StanzaError('bad-request', 'results cannot be both all entries and those that are searched for', {
  application: el(
    NS_SEARCH_ERROR,
    'conflicting-fields',
    null,
    el(NS_SEARCH_ERROR, 'var', null, 'all'),
    el(NS_SEARCH_ERROR, 'var', null, 'q'),
  ),
});

/** The search that a submitted form asks for; fields that are left out have their default. */
export function readSearch(form: Element): Search | StanzaError {
  const read = readForm(form);
  if (read?.type !== 'submit' || (read.formType !== undefined && read.formType !== FORM_TYPE))
    return refusals.badRequest;
  const { values } = read;
  const all = readBoolean(values.get('all'), false);
  const parts = PARTS.map(([part, , ...names]) => [part, readPart(values, names)] as const);
  const minUsers = values.get('min_users')?.[0] ?? '0';
  if (all === undefined || parts.some(([, it]) => it === undefined) || !/^\d{1,9}$/.test(minUsers)) {
    return refusals.badRequest;
  }
  const order = readOrder(values.get('key')?.[0] ?? BY_USERS);
  if (order === undefined) return unknownKey;
  const terms = readTerms(values.get('q')?.[0], all);
  if (terms instanceof StanzaError) return terms;
  const types = values.get('types') ?? [];
  return {
    terms,
    parts: parts.filter(([, isSearched]) => isSearched).map(([part]) => part),
    minUsers: Number(minUsers),
    wantsRooms: types.length === 0 || types.includes(MUC_TYPE),
    order,
  };
}

function readOrder(key: string): Search['order'] | undefined {
  if (key === BY_USERS) return 'users';
  return key === BY_ADDRESS ? 'address' : undefined;
}

/** Sections 4.2.2.3, 4.2.2.6 and 4.2.2.7. */
function readTerms(q: string | undefined, all: boolean): readonly string[] | StanzaError {
  const text = q?.trim() ?? '';
  if (all) return text === '' ? [] : conflict;
  if (q === undefined) return noConditions;
  if (text.length > MAX_LENGTH) return badTerms;
  const terms = fold(text)
    .split(/\s+/)
    .filter((it) => /[\p{L}\p{N}]/u.test(it));
  return terms.length === 0 || terms.length > MAX_TERMS ? badTerms : terms;
}

function readPart(values: ReadonlyMap<string, readonly string[]>, names: readonly string[]): boolean | undefined {
  return readBoolean(
    names.map((it) => values.get(it)).find((it) => it !== undefined),
    true,
  );
}

function readBoolean(values: readonly string[] | undefined, preset: boolean): boolean | undefined {
  const value = values?.[0];
  if (value === undefined) return preset;
  if (value === '1' || value === 'true') return true;
  return value === '0' || value === 'false' ? false : undefined;
}
