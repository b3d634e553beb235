/** Sizes as people write them: `256 KiB`, `100 MB`. In the program they are bytes. */

const UNITS: readonly (readonly [unit: string, bytes: number])[] = [
  ['TiB', 2 ** 40],
  ['TB', 1e12],
  ['GiB', 2 ** 30],
  ['GB', 1e9],
  ['MiB', 2 ** 20],
  ['MB', 1e6],
  ['KiB', 2 ** 10],
  ['kB', 1e3],
  ['B', 1],
];

const SIZE = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]{1,3})?$/i;
const BYTES = new Map(UNITS.map(([unit, bytes]) => [unit.toLowerCase(), bytes]));

/** Bytes of `256 KiB`, `100MB`, `1.5 GiB`, `8192` or a plain number. Undefined for anything else, or a part of a byte. */
export function parseBytes(size: string | number): number | undefined {
  const match = SIZE.exec(String(size).trim());
  if (match === null) return undefined;
  const bytes = BYTES.get((match[2] ?? 'B').toLowerCase());
  const total = bytes === undefined ? Number.NaN : Number(match[1]) * bytes;
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The text with the largest unit that divides the size, so that `parseBytes` reads the same number again. */
export function formatBytes(size: number): string {
  const [unit, bytes] = UNITS.find(([, bytes]) => size >= bytes && size % bytes === 0) ?? ['B', 1];
  return `${size / bytes} ${unit}`;
}
