/** What a zod schema says about an option: its kind, its parts, its default, and how to say what may stand there. */
import { z } from 'zod';
import type { OptionMeta } from '../../kernel/config-schema.ts';

type OptionKind =
  /** A mapping with known keys. */
  | 'map'
  /** A mapping with free keys, such as domains. */
  | 'entries'
  | 'list'
  /** One of several schemas, such as `false` or a map. */
  | 'choice'
  | 'value';

export interface OptionShape {
  readonly kind: OptionKind;
  /** Of a map. */
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /** Of a map: other keys are allowed, too. */
  readonly open: boolean;
  /** Of a list or of entries. */
  readonly item: z.ZodType | undefined;
  /** Of a choice. */
  readonly choices: readonly z.ZodType[];
  /** The schema without defaults and transformations around it. */
  readonly core: z.ZodType;
  /** The default as a person would write it; undefined when there is none. */
  readonly fallback: unknown;
  readonly required: boolean;
  readonly meta: OptionMeta;
}

interface Peeled {
  readonly core: z.ZodType;
  readonly metas: readonly OptionMeta[];
  readonly fallback: { readonly value: unknown; readonly isOutput: boolean } | undefined;
  readonly required: boolean;
}

export function shapeOf(schema: z.ZodType): OptionShape {
  const { core, metas, fallback, required } = peel(schema);
  // The outermost word counts, as in `duration().describe('...')`.
  const meta: OptionMeta = Object.assign({}, ...metas.toReversed());
  const written = fallback?.isOutput && typeof fallback.value === 'number' && meta.format;
  return {
    ...partsOf(core),
    core,
    required,
    meta,
    fallback: written ? meta.format!(fallback.value as number) : fallback?.value,
  };
}

/** Takes off defaults, `optional` and transformations, layer by layer. */
function peel(schema: z.ZodType): Peeled {
  const metas: OptionMeta[] = [];
  let fallback: Peeled['fallback'];
  let required = true;
  let core = schema;
  for (;;) {
    metas.push((core.meta() ?? {}) as OptionMeta);
    if (core instanceof z.ZodDefault || core instanceof z.ZodPrefault) {
      fallback ??= { value: core.def.defaultValue, isOutput: core instanceof z.ZodDefault };
      required = false;
      core = core.def.innerType as z.ZodType;
    } else if (core instanceof z.ZodOptional || core instanceof z.ZodCatch) {
      required = false;
      core = core.def.innerType as z.ZodType;
    } else if (core instanceof z.ZodNullable || core instanceof z.ZodReadonly || core instanceof z.ZodNonOptional) {
      core = core.def.innerType as z.ZodType;
    } else if (core instanceof z.ZodPipe) {
      core = (core.def.in instanceof z.ZodTransform ? core.def.out : core.def.in) as z.ZodType;
    } else {
      return { core, metas, fallback, required };
    }
  }
}

type Parts = Pick<OptionShape, 'kind' | 'fields' | 'open' | 'item' | 'choices'>;
const NO_PARTS: Omit<Parts, 'kind'> = { fields: {}, open: false, item: undefined, choices: [] };

function partsOf(core: z.ZodType): Parts {
  if (core instanceof z.ZodObject) {
    const rest: unknown = core.def.catchall;
    const open = rest !== undefined && !(rest instanceof z.ZodNever);
    return { ...NO_PARTS, kind: 'map', fields: core.shape as Record<string, z.ZodType>, open };
  }
  if (core instanceof z.ZodRecord) return { ...NO_PARTS, kind: 'entries', item: core.def.valueType as z.ZodType };
  if (core instanceof z.ZodArray) return { ...NO_PARTS, kind: 'list', item: core.element as z.ZodType };
  if (core instanceof z.ZodUnion) return { ...NO_PARTS, kind: 'choice', choices: core.options as readonly z.ZodType[] };
  return { ...NO_PARTS, kind: 'value' };
}

/** Follows a choice down to the schema that a value of this form is meant for; other schemas are returned as they are. */
export function shapeFor(schema: z.ZodType, value: unknown): OptionShape {
  const shape = shapeOf(schema);
  if (shape.kind !== 'choice') return shape;
  const fitting = shape.choices.map((it) => shapeFor(it, value)).find((it) => it.kind === formOf(value));
  return fitting ? { ...fitting, meta: { ...fitting.meta, ...shape.meta } } : shape;
}

function formOf(value: unknown): OptionKind {
  if (Array.isArray(value)) return 'list';
  return isMapping(value) ? 'map' : 'value';
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema at a path, as far as `value` leads; undefined where the schema knows no such place. */
export function schemaAt(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): z.ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const shape = shapeFor(schema, value);
  const next = shape.kind === 'map' ? shape.fields[String(key)] : shape.item;
  if (next === undefined) return undefined;
  const inner = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  return schemaAt(next, inner, rest);
}
