/** Reads SQL text as far as parameters, statement ends and the kind of a statement go. */

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
}

const TOKEN =
  /(?<skip>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*")|(?<parameter>\$\d+)|(?<number>\d+(?:\.\d+)?)|(?<word>[A-Za-z_][A-Za-z_0-9]*)|(?<symbol>::|->>|->|#>>|#>|@>|<@|\|\||<>|<=|>=|!=|==|[\s\S])/g;

/** The tokens of a text; white space and comments are left out. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const kind = kindOf(match.groups ?? {});
    if (kind !== undefined) tokens.push({ kind, text: match[0], offset: match.index });
  }
  return tokens;
}

function kindOf(groups: Readonly<Record<string, string | undefined>>): TokenKind | undefined {
  for (const kind of ['word', 'symbol', 'parameter', 'string', 'number', 'quoted'] as const) {
    if (groups[kind] !== undefined) return kind;
  }
  return undefined;
}

/** Replaces the tokens for which `replace` has an answer; everything else stays as it was written. */
export function rewrite(text: string, replace: (token: Token) => string | undefined): string {
  let result = '';
  let end = 0;
  for (const token of tokenize(text)) {
    const replacement = replace(token);
    if (replacement === undefined) continue;
    result += text.slice(end, token.offset) + replacement;
    end = token.offset + token.text.length;
  }
  return result + text.slice(end);
}

/** Whether a statement leaves everything as it is. */
export function isReadOnly(text: string): boolean {
  const words = tokenize(text)
    .filter((token) => token.kind === 'word')
    .map((token) => token.text.toLowerCase());
  if (words[0] === 'select') return true;
  return words[0] === 'with' && !words.some((word) => word === 'insert' || word === 'update' || word === 'delete');
}

/** The statements of a migration: they end with a semicolon at the end of a line. */
export function splitStatements(text: string): string[] {
  const tokens = tokenize(text);
  const statements: string[] = [];
  let start: number | undefined;
  for (const { text: what, kind, offset } of tokens) {
    if (kind === 'symbol' && what === ';' && /^;[ \t]*(?:--.*)?(?:\r?\n|$)/.test(text.slice(offset))) {
      if (start !== undefined) statements.push(text.slice(start, offset).trim());
      start = undefined;
    } else {
      start ??= offset;
    }
  }
  if (start !== undefined) statements.push(text.slice(start).trim());
  return statements;
}
