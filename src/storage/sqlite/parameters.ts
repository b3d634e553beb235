/** `$1` as SQLite numbers parameters: its own `$1` is a name, not a number. */
import { rewrite } from '../sql-text.ts';

export function numberedParameters(text: string): string {
  return rewrite(text, (token) => (token.kind === 'parameter' ? `?${token.text.slice(1)}` : undefined));
}
