/** Says in words what may stand at an option: for error messages and for the comments of the example. */
import { z } from 'zod';
import { type OptionShape, shapeOf } from './option-shape.ts';

export function expectation(schema: z.ZodType): string {
  const shape = shapeOf(schema);
  return shape.meta.expected ?? describe(shape);
}

function describe({ kind, core, item, choices }: OptionShape): string {
  if (kind === 'map' || kind === 'entries') return 'a mapping of names to values';
  if (kind === 'list') return `a list, each item ${expectation(item!)}`;
  if (kind === 'choice') return unique(choices.map(expectation)).join(' or ');
  if (core instanceof z.ZodBoolean) return 'true or false';
  if (core instanceof z.ZodEnum) return oneOf(core.options.map(String));
  if (core instanceof z.ZodLiteral) return oneOf([...core.values].map(String));
  if (core instanceof z.ZodNumber) return numberText(core);
  if (core instanceof z.ZodString) return textText(core);
  return 'something else';
}

/** The words that may stand at an option, for suggestions: the values of enumerations. */
export function wordsOf(schema: z.ZodType): readonly string[] {
  const { core, choices } = shapeOf(schema);
  if (core instanceof z.ZodEnum) return core.options.map(String);
  return choices.flatMap(wordsOf);
}

function numberText(core: z.ZodNumber): string {
  const whole = core.format === 'safeint' || core.format === 'int32' || core.format === 'uint32';
  const min = bound(core.minValue, Number.MIN_SAFE_INTEGER);
  const max = bound(core.maxValue, Number.MAX_SAFE_INTEGER);
  return `${whole ? 'a whole number' : 'a number'}${range(min, max)}`;
}

/** The bounds alone, for the example: `from 1 to 10`, `one of debug, info`. Undefined where there are none. */
export function boundsText(schema: z.ZodType): string | undefined {
  const { meta, core, kind, item } = shapeOf(schema);
  if (meta.range) return meta.range;
  if (kind === 'list') {
    const words = wordsOf(item!);
    return words.length > 0 ? `any of ${words.join(', ')}` : undefined;
  }
  if (core instanceof z.ZodNumber) return numberText(core).replace(/^.*?number( of)? ?/, '') || undefined;
  const words = wordsOf(schema);
  return words.length > 0 ? `one of ${words.join(', ')}` : undefined;
}

function textText(core: z.ZodString): string {
  const { minLength: min, maxLength: max } = core;
  if (min === 1 && max === null) return 'a text that is not empty';
  const of = range(min ?? undefined, max ?? undefined);
  return of === '' ? 'a text' : `a text with${of} characters`;
}

/** zod reports the limits of whole numbers as bounds; people need not read those. */
function bound(value: number | null, trivial: number): number | undefined {
  return value === null || value === trivial || !Number.isFinite(value) ? undefined : value;
}

function range(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}
