/** Lets operators see what became of a message: `parley explain`. */
import {
  accountRemoved,
  CommandError,
  command,
  defineModule,
  duration,
  formatDateTime,
  Ledger,
  observe,
  z,
} from '#api';
import { Book } from './book.ts';
import { fateOf } from './fate.ts';
import { findStories } from './stories.ts';

const TICK_MS = 1000;

export default defineModule({
  name: 'ledger',
  summary: 'Notes what becomes of messages, without what they say, and explains it',
  config: z.strictObject({
    maxEntries: z
      .int()
      .min(1024)
      .max(50_000_000)
      .default(200_000)
      .describe('Steps that are kept in memory, five a message or so, at 60 bytes each; the oldest make room'),
    keep: duration({ min: '1m', max: '7d' }).prefault('6h').describe('How long they are kept at most'),
  }),
  provides: { ledger: Ledger },

  setup({ config, clock, signal }) {
    const book = new Book(clock, { maxEntries: config.maxEntries, keepMs: config.keep });
    signal.addEventListener(
      'abort',
      clock.every(TICK_MS, () => book.tick()),
    );

    function explain(id: string) {
      const stories = findStories(book, id);
      if (stories.length === 0) {
        const since = book.since === undefined ? 'empty' : `complete since ${formatDateTime(book.since)}`;
        throw new CommandError(`there is no message ${id} in the ledger, which is ${since}`);
      }
      return {
        messages: stories.map((story, i) => {
          const { state, text } = fateOf(story);
          return { message: i + 1, from: story.from.full, to: story.to.full, state, fate: text };
        }),
        steps: stories.flatMap(({ steps }, i) =>
          steps.map(({ at, step, where, detail }) => {
            return { message: i + 1, at: formatDateTime(at), step, where: where?.full, detail };
          }),
        ),
      };
    }

    return {
      services: { ledger: book },
      hooks: [observe(accountRemoved, ({ bare }) => book.forget(bare))],
      commands: [
        command({
          name: 'explain',
          summary: 'Print what became of a message',
          args: z.object({
            id: z.string().min(1).describe('Id of the message: its own, its origin id or a stanza id'),
          }),
          positional: ['id'],
          run: ({ id }) => explain(id),
        }),
      ],
    };
  },
});
