/** Log lines for people: a JSON line becomes time, level, where, message and the other fields. */

const COLOURS: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31 };
/** These stand before the message, without their names. */
const PLACE = ['host', 'module', 'session'] as const;

/** `line` is one JSON object as pino writes it; anything else is returned as it is. */
export function prettyLine(line: string, colour: boolean): string {
  const entry = parse(line);
  if (!entry) return line;
  const { level, time, msg, err, ...fields } = entry;
  const place = PLACE.map((name) => fields[name]).filter((it) => it !== undefined);
  for (const name of PLACE) delete fields[name];
  const parts = [
    paint(String(time).replace('T', ' ').replace('Z', ''), 90, colour),
    paint(String(level).toUpperCase().padEnd(5), COLOURS[String(level)] ?? 0, colour),
    place.length > 0 ? paint(`[${clean(place.join(' '))}]`, 36, colour) : undefined,
    clean(String(msg ?? '')),
    ...Object.entries(fields).map(([name, value]) => `${name}=${show(value)}`),
  ];
  return `${parts.filter((it) => it !== undefined).join(' ')}${errorLines(err)}\n`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}

function show(value: unknown): string {
  return typeof value === 'string' && /^[\w.:@/+-]+$/.test(value) ? value : clean(JSON.stringify(value));
}

function errorLines(err: unknown): string {
  if (err === undefined) return '';
  const stack = (err as { stack?: unknown }).stack;
  const text = typeof stack === 'string' ? stack : JSON.stringify(err);
  return text
    .split('\n')
    .map((it) => `\n    ${clean(it.trim())}`)
    .join('');
}

/** Text of a client must not steer the operator's terminal. */
function clean(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (it) => `\\x${it.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function paint(text: string, colour: number, wanted: boolean): string {
  return wanted ? `\x1b[${colour}m${text}\x1b[0m` : text;
}
