/** How a command ends badly: a message for the operator, and the exit code. */

/** 1: it did not work; 2: it was called in the wrong way. */
type ExitCode = 1 | 2;

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: ExitCode;
  /** What was printed says it already. */
  readonly isTold: boolean;
  constructor(message: string, exitCode: ExitCode = 1, { isTold = false } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.isTold = isTold;
  }
}

export function usage(message: string): Failure {
  return new Failure(message, 2);
}
