/** Where a mistake was made: in the file, or in which environment variable. */
import type { ConfigProblem } from '../../kernel/config-error.ts';
import type { ConfigDocument } from './document.ts';
import { type Finding, type Path, pathText } from './finding.ts';

export class Places {
  readonly #document: ConfigDocument | undefined;
  readonly #variables: ReadonlyMap<string, string>;

  /** `variables`: by the text of a path, the variable that set what is there. */
  constructor(document: ConfigDocument | undefined, variables: ReadonlyMap<string, string>) {
    this.#document = document;
    this.#variables = variables;
  }

  problem({ path, at, what, expected, suggestion }: Finding): ConfigProblem {
    const words = { what, expected, suggestion };
    const variable = this.#variableFor(path);
    if (variable !== undefined) return { where: variable, line: 0, column: 0, ...words };
    if (!this.#document) return { where: 'configuration', line: 0, column: 0, ...words };
    const { line, column } = this.#document.place(path, at);
    return { where: `${this.#document.file}:${line}:${column}`, line, column, ...words };
  }

  #variableFor(path: Path): string | undefined {
    for (let length = path.length; length > 0; length--) {
      const found = this.#variables.get(pathText(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
