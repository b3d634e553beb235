/** What a query asks for, as a form: XEP-0313 section 4.1. */
import {
  type ArchiveFilter,
  Element,
  el,
  parseDateTime,
  parseJid,
  readForm,
  refusals,
  StanzaError,
  writeForm,
} from '#api';
import { NS_MAM } from './preference-requests.ts';

const FIELDS = new Set(['FORM_TYPE', 'with', 'start', 'end', 'before-id', 'after-id', 'ids', 'include-groupchat']);
const NS_VALIDATE = 'http://jabber.org/protocol/xdata-validate';
const BOOLEAN = /^(?:true|false|0|1)$/;

export const MAX_IDS = 1_000;

const badForm = new StanzaError('bad-request', `the form is not one of the type ${NS_MAM}`);
const badTime = new StanzaError('bad-request', 'a time is not written as XEP-0082 says');
const badAddress = new StanzaError('jid-malformed');
const badBoolean = new StanzaError('bad-request', 'include-groupchat is true or false');
const tooMany = new StanzaError('policy-violation', `no more than ${MAX_IDS} messages can be asked for by their ids`);
const unknownField = new StanzaError('feature-not-implemented', 'the form has a field that is not supported');

/** The filter of a query. */
export function readFilter(payload: Element): ArchiveFilter | StanzaError {
  // Section 6.1.3: the attribute is for the archives of publish-subscribe nodes.
  if (payload.attr('node') !== undefined) return refusals.notImplemented;
  const form = readForm(payload);
  if (form === undefined) return {};
  if (form.formType !== NS_MAM || form.type !== 'submit') return badForm;
  for (const name of form.values.keys()) if (!FIELDS.has(name)) return unknownField; // section 4.1.5
  const groupchat = first(form.values, 'include-groupchat');
  // No account keeps what was said in rooms: with or without it the answer is the same.
  if (groupchat !== undefined && !BOOLEAN.test(groupchat)) return badBoolean;
  return readFields(form.values);
}

function readFields(values: ReadonlyMap<string, readonly string[]>): ArchiveFilter | StanzaError {
  const filter: { -readonly [K in keyof ArchiveFilter]: ArchiveFilter[K] } = {};
  const peer = first(values, 'with');
  if (peer !== undefined) {
    const address = parseJid(peer);
    if (address === undefined) return badAddress;
    filter.with = address;
  }
  for (const name of ['start', 'end'] as const) {
    const text = first(values, name);
    if (text === undefined) continue;
    const ms = parseDateTime(text);
    if (ms === undefined) return badTime;
    filter[name] = ms;
  }
  const [after, before] = [first(values, 'after-id'), first(values, 'before-id')];
  if (after !== undefined) filter.after = after;
  if (before !== undefined) filter.before = before;
  const ids = values.get('ids');
  if (ids !== undefined) filter.ids = [...new Set(ids)];
  return filter.ids !== undefined && filter.ids.length > MAX_IDS ? tooMany : filter;
}

/** A field without a value says nothing. */
function first(values: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const value = values.get(name)?.[0]?.trim();
  return value === '' ? undefined : value;
}

/** Section 4.1.5: the fields that can be used. */
export function queryForm(): Element {
  const form = writeForm({
    type: 'form',
    formType: NS_MAM,
    fields: [
      { var: 'with', type: 'jid-single', label: 'The address of the other side' },
      { var: 'start', type: 'text-single', label: 'No messages before this time' },
      { var: 'end', type: 'text-single', label: 'No messages after this time' },
      { var: 'before-id', type: 'text-single', label: 'Messages before the one with this id' },
      { var: 'after-id', type: 'text-single', label: 'Messages after the one with this id' },
      { var: 'ids', type: 'list-multi', label: 'Only the messages with these ids' },
      { var: 'include-groupchat', type: 'boolean', label: 'Messages of rooms, too' },
    ],
  });
  return el(NS_MAM, 'query', null, new Element(form.ns, form.name, form.attrs, form.children.map(openList)));
}

/** The list of ids is open: nobody wants to read all of them there. */
function openList(field: Element | string): Element | string {
  if (typeof field === 'string' || field.attr('var') !== 'ids') return field;
  return field.append(el(NS_VALIDATE, 'validate', { datatype: 'xs:string' }, el(NS_VALIDATE, 'open')));
}
