/** XEP-0004: data forms. */
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from './ns.ts';

export interface FormField {
  readonly var: string;
  readonly type?: string;
  readonly label?: string;
  readonly required?: boolean;
  readonly values?: readonly string[];
  /** What values are allowed (XEP-0122). */
  readonly validate?: Element;
  readonly options?: readonly { readonly label?: string; readonly value: string }[];
}

export interface Form {
  readonly type: 'form' | 'submit' | 'result' | 'cancel';
  /** The FORM_TYPE (XEP-0068); comes first, hidden. */
  readonly formType?: string;
  readonly title?: string;
  readonly instructions?: string;
  readonly fields: readonly FormField[];
}

const X = clark(NS.dataForms, 'x');
const FIELD = clark(NS.dataForms, 'field');
const VALUE = clark(NS.dataForms, 'value');

/** `<x xmlns='jabber:x:data'/>`. */
export function writeForm(form: Form): Element {
  const fields = form.formType === undefined ? [] : [writeField(formTypeField(form))];
  return el(
    NS.dataForms,
    'x',
    { type: form.type },
    form.title === undefined ? undefined : el(NS.dataForms, 'title', null, form.title),
    form.instructions === undefined ? undefined : el(NS.dataForms, 'instructions', null, form.instructions),
    ...fields,
    ...form.fields.map(writeField),
  );
}

function formTypeField(form: Form): FormField {
  // XEP-0004 section 3.2: in a form of type submit a field need not repeat its type.
  return { var: 'FORM_TYPE', type: 'hidden', values: [form.formType as string] };
}

function writeField(field: FormField): Element {
  return el(
    NS.dataForms,
    'field',
    { var: field.var, type: field.type, label: field.label },
    field.validate,
    field.required ? el(NS.dataForms, 'required') : undefined,
    ...(field.values ?? []).map((it) => el(NS.dataForms, 'value', null, it)),
    ...(field.options ?? []).map((it) =>
      el(NS.dataForms, 'option', { label: it.label }, el(NS.dataForms, 'value', null, it.value)),
    ),
  );
}

/** The submitted values of a form by field name; undefined when the element holds no form. */
export function readForm(
  parent: Element,
): { type: string; formType: string | undefined; values: Map<string, string[]> } | undefined {
  const x = parent.key === X ? parent : parent.child(X);
  if (x === undefined) return undefined;
  const values = new Map<string, string[]>();
  for (const field of x.elements()) {
    const name = field.attr('var');
    if (field.key !== FIELD || name === undefined) continue;
    values.set(
      name,
      field
        .elements()
        .filter((it) => it.key === VALUE)
        .map((it) => it.text()),
    );
  }
  return { type: x.attr('type') ?? 'form', formType: values.get('FORM_TYPE')?.[0], values };
}
