/** Durations as people write them: `10m`, `1h30m`, `7d`. In the program they are milliseconds. */

/** Milliseconds, largest unit first, which is also the order of writing. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const FOREVER = 'forever';
const WHOLE = new RegExp(`^${UNITS.map(([unit]) => `(?:(\\d{1,15})${unit} ?)?`).join('')}$`);

/**
 * Milliseconds of `250ms`, `10m`, `1h30m` or `2w 3d`: whole numbers, larger units first, each at most once. `0` needs no
 * unit. `forever` is Infinity, where it is allowed. Anything else is undefined.
 */
export function parseDuration(text: string, options: { forever?: boolean } = {}): number | undefined {
  const trimmed = text.trim();
  if (trimmed === FOREVER) return options.forever === true ? Infinity : undefined;
  if (trimmed === '0') return 0;
  const match = WHOLE.exec(trimmed);
  if (match === null || trimmed === '') return undefined;
  let totalMs = 0;
  UNITS.forEach(([, ms], i) => {
    totalMs += Number(match[i + 1] ?? 0) * ms;
  });
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** The shortest text that `parseDuration` reads as this number of milliseconds, without weeks: `7d`, `1h30m`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return FOREVER;
  let text = '';
  let rest = Math.round(ms);
  for (const [unit, unitMs] of UNITS) {
    if (unit === 'w' || rest < unitMs) continue;
    text += Math.floor(rest / unitMs) + unit;
    rest %= unitMs;
  }
  return text === '' ? '0s' : text;
}
