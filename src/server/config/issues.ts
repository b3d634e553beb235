/** Turns what zod reports into findings: which option, what it is now, what may stand there. */
import type { z } from 'zod';
import { suggest } from '../../util/suggest.ts';
import { expectation, wordsOf } from './expectation.ts';
import { type Finding, type Path, pathText, valueText } from './finding.ts';
import { isMapping, schemaAt, shapeOf } from './option-shape.ts';

type Issue = z.core.$ZodIssue;

/** Where the issues come from. */
interface Subject {
  readonly schema: z.ZodType;
  /** What was parsed. */
  readonly value: unknown;
  /** Turns a path within `value` into one within the whole configuration. */
  at(steps: Path): Path;
}

export function findingsOf(issues: readonly Issue[], subject: Subject): readonly Finding[] {
  return issues.flatMap((issue) => findingOf(issue, subject));
}

function findingOf(issue: Issue, subject: Subject): readonly Finding[] {
  const steps = issue.path as Path;
  // Unknown keys are found by walking the tree, in schemas that are not strict as well.
  if (issue.code === 'unrecognized_keys') return [];
  if (issue.code === 'invalid_union') {
    const inner = armOf(issue.errors);
    if (inner)
      return findingsOf(
        inner.map((it) => ({ ...it, path: [...steps, ...it.path] })),
        subject,
      );
  }
  const path = subject.at(steps);
  if (issue.code === 'invalid_key') {
    const key = String(steps.at(-1));
    return [{ path, at: 'key', what: `${JSON.stringify(key)} does not fit`, expected: keyExpectation(issue) }];
  }
  return [describe(issue, subject, path)];
}

function describe(issue: Issue, subject: Subject, path: Path): Finding {
  const steps = issue.path as Path;
  const schema = schemaAt(subject.schema, subject.value, steps);
  const value = valueAt(subject.value, steps);
  const params = issue.code === 'custom' ? issue.params : undefined;
  const expected = (params?.['expected'] as string | undefined) ?? (schema && expectation(schema));
  const name = pathText(path);
  if (value === undefined) return { path, at: 'key', what: `${name} is missing`, expected };
  if (Array.isArray(value) && value.length === 0 && issue.code === 'too_small')
    return { path, at: 'value', what: `${name} is empty`, expected: 'at least one' };
  if (issue.code === 'custom' && issue.message !== 'invalid') {
    return {
      path,
      at: 'value',
      what: `${name} ${issue.message}`,
      expected: params?.['expected'] as string | undefined,
    };
  }
  const meta = schema && shapeOf(schema).meta;
  const shown = meta?.secret || meta?.hidden ? 'not usable' : valueText(value);
  const words = schema ? wordsOf(schema) : [];
  const suggestion = typeof value === 'string' ? suggest(value, words) : undefined;
  return { path, at: 'value', what: `${name} is ${shown}`, expected, suggestion };
}

/** The alternative of a union that was probably meant: the one that got furthest into the value. */
function armOf(arms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return arms.find((issues) => issues.length > 0 && issues.every((it) => it.path.length > 0));
}

function keyExpectation(issue: z.core.$ZodIssueInvalidKey): string | undefined {
  const inner = issue.issues[0];
  return inner?.code === 'custom' ? (inner.params?.['expected'] as string | undefined) : undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (!isMapping(found) && !Array.isArray(found)) return undefined;
    found = (found as Record<string | number, unknown>)[step];
  }
  return found;
}
