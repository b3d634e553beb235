/** What is wrong with a configuration: every mistake at once, each with its place and what was expected there. */

/** One mistake. */
export interface ConfigProblem {
  /** Where it was made, as printed: `parley.yaml:12:3`, or the name of an environment variable or command-line option. */
  readonly where: string;
  /** One-based; 0 when the value does not come from a file. */
  readonly line: number;
  readonly column: number;
  /** Such as `requireTls in tls is "yess"`. */
  readonly what: string;
  /** What may stand there, such as `true or false`. */
  readonly expected?: string | undefined;
  /** The known word that was probably meant. */
  readonly suggestion?: string | undefined;
}

/** `file:line:column: what is wrong; expected X; did you mean "Y"?` */
export function formatProblem(problem: ConfigProblem): string {
  const { where, what, expected, suggestion } = problem;
  const parts = [what];
  if (expected !== undefined) parts.push(`expected ${expected}`);
  if (suggestion !== undefined) parts.push(`did you mean "${suggestion}"?`);
  return `${where}: ${parts.join('; ')}`;
}

/** Thrown when a configuration cannot be used. The message holds one line a problem, in the order of the file. */
export class ConfigErrors extends Error {
  override readonly name = 'ConfigErrors';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
