/** What the program is, for those who tell others. */
import { service } from '../kernel/service.ts';

export interface Program {
  readonly name: string;
  readonly version: string;
  /** When it was started; milliseconds since 1970. */
  readonly startedAt: number;
  /** It is about to end, and sessions end for no other reason. */
  readonly isStopping: boolean;
}
export const Program = service<Program>('program');
