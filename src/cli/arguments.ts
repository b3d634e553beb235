/** Makes commander commands from descriptions, and turns what was typed into the arguments of the command. */
import { Argument, type Command as Commander, InvalidArgumentError, Option } from 'commander';
import type { CommandDescription } from '../server/control.ts';

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Property;
}

/** An argument of this name is never an option: see `password.ts`. */
export const PASSWORD = 'password';
/** Every command has it already. */
const HOST = 'host';

export function propertiesOf({ args }: CommandDescription): Readonly<Record<string, Property>> {
  return (args['properties'] ?? {}) as Readonly<Record<string, Property>>;
}

/** Adds arguments and options to the command of the last word of the name. */
export function declareArguments(target: Commander, description: CommandDescription): void {
  const properties = propertiesOf(description);
  const required = new Set((args(description)['required'] ?? []) as readonly string[]);
  for (const name of description.positional) {
    const { description: text, ...property } = properties[name] ?? {};
    const argument = new Argument(required.has(name) ? `<${name}>` : `[${name}]`, text ?? '');
    target.addArgument(argument.argParser((typed) => convert(property, typed)));
  }
  for (const [name, property] of Object.entries(properties)) {
    if (description.positional.includes(name) || name === HOST) continue;
    if (name === PASSWORD) target.option('--password-stdin', 'read the password from standard input');
    else target.addOption(optionOf(name, property, required.has(name)));
  }
}

/** The arguments of the command from commander's. */
export function collectArguments(
  description: CommandDescription,
  typed: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  description.positional.forEach((name, at) => {
    if (typed[at] !== undefined) result[name] = typed[at];
  });
  for (const name of Object.keys(propertiesOf(description))) {
    if (name === HOST || name === PASSWORD || description.positional.includes(name)) continue;
    if (options[name] !== undefined) result[name] = options[name];
  }
  return result;
}

function args({ args }: CommandDescription): Readonly<Record<string, unknown>> {
  return args;
}

function optionOf(name: string, property: Property, mandatory: boolean): Option {
  const flag = `--${name.replace(/[A-Z]/g, (it) => `-${it.toLowerCase()}`)}`;
  const text = property.description ?? '';
  if (property.type === 'boolean') {
    // An option that is on unless it is said otherwise is turned off by name.
    return property.default === true ? new Option(flag.replace('--', '--no-'), text) : new Option(flag, text);
  }
  const many = property.type === 'array' ? '...' : '';
  const option = new Option(`${flag} <${property.type === 'array' ? 'values' : 'value'}${many}>`, text);
  if (property.enum) option.choices(property.enum.map(String));
  else if (!many) option.argParser((typed) => convert(property, typed));
  if (property.default !== undefined) option.default(undefined, JSON.stringify(property.default));
  return option.makeOptionMandatory(mandatory && property.default === undefined);
}

function convert(property: Property, typed: string): unknown {
  if (property.type !== 'integer' && property.type !== 'number') return typed;
  const value = Number(typed);
  const fits = typed.trim() !== '' && Number.isFinite(value) && (property.type === 'number' || Number.isInteger(value));
  if (!fits)
    throw new InvalidArgumentError(property.type === 'integer' ? 'It is no whole number.' : 'It is no number.');
  return value;
}
