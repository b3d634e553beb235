/** Values as people read them: lists of objects as tables, objects as lines of name and value. */

export function render(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return list(value);
  if (typeof value === 'object') return lines(value as Record<string, unknown>);
  return `${cell(value)}\n`;
}

function list(items: readonly unknown[]): string {
  const rows = items.filter((it) => typeof it === 'object' && it !== null) as Record<string, unknown>[];
  if (rows.length < items.length || rows.length === 0) return items.map((it) => `${cell(it)}\n`).join('');
  return table(rows);
}

/** Columns as wide as their widest cell, the last one as it is. */
export function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = [...new Set(rows.flatMap((it) => Object.keys(it)))];
  const grid = [names.map((it) => it.toUpperCase()), ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, at) => Math.max(...grid.map((row) => row[at]!.length)));
  return grid
    .map(
      (row) =>
        `${row
          .map((text, at) => text.padEnd(widths[at]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function lines(value: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(value).filter(([, it]) => it !== undefined);
  const width = Math.max(0, ...entries.filter(([, it]) => !isTable(it)).map(([name]) => name.length));
  return entries
    .map(([name, it]) =>
      isTable(it) ? `${name}:\n${indent(list(it))}` : `${`${name}:`.padEnd(width + 1)} ${cell(it)}\n`,
    )
    .join('');
}

function isTable(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && typeof value[0] === 'object';
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (Array.isArray(value)) return value.map(cell).join(', ') || '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return clean(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** Names and reasons may come from clients: they must not steer the terminal. */
function clean(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '\ufffd');
}
