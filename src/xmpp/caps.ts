/** XEP-0115: entity capabilities, a hash that stands for all that disco#info would tell. */
import { createHash } from 'node:crypto';
import { clark, type Element } from '../xml/element.ts';
import type { DiscoInfo, Identity } from './disco.ts';
import type { Form, FormField } from './forms.ts';
import { NS } from './ns.ts';

/** Hash functions by their names in the IANA registry; SHA-1 is mandatory (section 9.1). */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-1', 'sha1'],
  ['sha-224', 'sha224'],
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
]);

const IDENTITY = clark(NS.discoInfo, 'identity');
const FEATURE = clark(NS.discoInfo, 'feature');
const X = clark(NS.dataForms, 'x');
const FIELD = clark(NS.dataForms, 'field');
const VALUE = clark(NS.dataForms, 'value');

/** Whether verification strings of this hash can be made here. */
export function isKnownHash(hash: string): boolean {
  return HASHES.has(hash);
}

/** The verification string of section 5.1. Throws a TypeError for a hash that is not known. */
export function verificationString(info: DiscoInfo, hash = 'sha-1'): string {
  const algorithm = HASHES.get(hash);
  if (algorithm === undefined) throw new TypeError(`not a known hash: ${hash}`);
  return createHash(algorithm).update(hashedText(info)).digest('base64');
}

/**
 * Reads the payload of a disco#info result as section 5.4 step 3 wants it: undefined when it is ill-formed, without those
 * forms that have no hidden FORM_TYPE. Refused, too, is what could be another entity's capabilities in disguise: the
 * hashed text has no marks between features and forms (section 9.3), so features could be passed off as a form.
 */
export function readCapabilities(query: Element): DiscoInfo | undefined {
  const identities: Identity[] = [];
  const features: string[] = [];
  const forms: Form[] = [];
  for (const child of query.elements()) {
    if (child.key === IDENTITY) identities.push(readIdentity(child));
    else if (child.key === FEATURE) features.push(child.attr('var') ?? '');
    else if (child.key === X) {
      const form = readTypedForm(child);
      if (form === 'ill-formed') return undefined;
      if (form !== undefined) forms.push(form);
    }
  }
  const info = { identities, features, forms };
  return isWellFormed(info) && !isAmbiguous(info) ? info : undefined;
}

function readIdentity(element: Element): Identity {
  const name = element.attr('name');
  const lang = element.attr('xml:lang');
  return {
    category: element.attr('category') ?? '',
    type: element.attr('type') ?? '',
    ...(name === undefined ? {} : { name }),
    ...(lang === undefined ? {} : { lang }),
  };
}

/** Undefined when there is no hidden FORM_TYPE: such a form is ignored. */
function readTypedForm(x: Element): Form | 'ill-formed' | undefined {
  const fields: FormField[] = [];
  let formType: string | undefined;
  for (const field of x.elements()) {
    if (field.key !== FIELD) continue;
    const values = field
      .elements()
      .filter((it) => it.key === VALUE)
      .map((it) => it.text());
    const name = field.attr('var') ?? '';
    if (name !== 'FORM_TYPE') fields.push({ var: name, values });
    else if (new Set(values).size > 1) return 'ill-formed';
    else if (field.attr('type') === 'hidden') formType = values[0];
  }
  return formType === undefined ? undefined : { type: 'result', formType, fields };
}

/** Section 5.4 steps 3.3 to 3.5, and XEP-0030 section 3.1: at least one identity and one feature. */
function isWellFormed({ identities, features, forms }: DiscoInfo): boolean {
  return (
    areUnique(identities.map(identityText)) &&
    areUnique(features) &&
    areUnique(forms.map((it) => it.formType)) &&
    identities.length > 0 &&
    features.length > 0
  );
}

function areUnique(list: readonly (string | undefined)[]): boolean {
  return new Set(list).size === list.length;
}

/** Whether the same hashed text can be read in another way. */
function isAmbiguous({ identities, features, forms }: DiscoInfo): boolean {
  const isPlain = ({ category, type, lang = '' }: Identity): boolean =>
    category !== '' && type !== '' && !`${category}${type}${lang}`.includes('/');
  const fields = forms.flatMap((it) => it.fields);
  const texts = [
    ...identities.map(identityText),
    ...features,
    ...forms.map((it) => it.formType ?? ''),
    ...fields.flatMap((it) => [it.var, ...(it.values ?? [])]),
  ];
  if (!identities.every(isPlain) || texts.some((it) => it.includes('<'))) return true;
  if (forms.some((it) => it.fields.length === 0)) return true;
  const first = sorted(forms, (it) => it.formType ?? '')[0];
  if (first === undefined) return false;
  // Features go up in order: a form that goes on like that may be the rest of the list.
  const last = sorted(features, (it) => it).at(-1) ?? '';
  const next = sorted(first.fields, (it) => it.var)[0]?.var ?? '';
  return octetOrder(last, first.formType ?? '') < 0 && octetOrder(first.formType ?? '', next) < 0;
}

/** The text S of section 5.1. */
function hashedText({ identities, features, forms }: DiscoInfo): string {
  const parts = identities
    .toSorted(
      (a, b) =>
        octetOrder(a.category, b.category) || octetOrder(a.type, b.type) || octetOrder(a.lang ?? '', b.lang ?? ''),
    )
    .map(identityText);
  parts.push(...sorted(features, (it) => it));
  for (const { formType, fields } of sorted(forms, (it) => it.formType ?? '')) {
    parts.push(formType ?? '');
    for (const field of sorted(fields, (it) => it.var)) {
      parts.push(field.var, ...sorted(field.values ?? [], (it) => it));
    }
  }
  return parts.map((it) => `${it}<`).join('');
}

function identityText({ category, type, lang = '', name = '' }: Identity): string {
  return `${category}/${type}/${lang}/${name}`;
}

function sorted<T>(list: readonly T[], textOf: (item: T) => string): T[] {
  return list.toSorted((a, b) => octetOrder(textOf(a), textOf(b)));
}

/** The collation i;octet (RFC 4790 section 9.3): by the bytes of UTF-8, which is not the order of UTF-16. */
function octetOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
