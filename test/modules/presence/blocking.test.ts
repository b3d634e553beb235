/** Presence keeps to block lists, whoever provides them: XEP-0191 section 3.3. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { Blocking, defineModule, inbound, on, z } from '#api';
import { startParley } from '../../support/parley.ts';
import { subscribe } from '../roster/people.ts';

/** `owner peer` for each blocked address. */
const blocked = new Set<string>();
/** Whether the list is at hand, or has to be waited for. */
let slow = false;

const blocklist = defineModule({
  name: 'block-list-of-a-test',
  summary: 'Blocks what the test says',
  config: z.object({}),
  provides: { blocking: Blocking },
  setup() {
    const isBlocked = (owner: string, peer: { readonly bare: string }): boolean | Promise<boolean> => {
      const answer = blocked.has(`${owner} ${peer.bare}`);
      return slow ? new Promise((done) => setImmediate(done, answer)) : answer;
    };
    const guard = on(inbound, 'guard', async ({ stanza: { from, to } }) => {
      return (await isBlocked(to.bare, from)) ? 'handled' : undefined;
    });
    return { services: { blocking: { isBlocked } }, hooks: [guard] };
  },
});

const server = await startParley({ modules: { blocking: false }, extra: [blocklist] });
after(() => server.stop());

for (const isSlow of [false, true]) {
  suite(`a contact that is blocked, by a list that is ${isSlow ? 'waited for' : 'at hand'}`, () => {
    const name = (it: string) => `${it}-${isSlow}`;
    const at = (it: string) => `${name(it)}@capulet.lit`;

    test('is not told that the owner comes, changes and goes, nor asked, nor shown', async () => {
      slow = isSlow;
      await subscribe(server, name('ann'), name('abe'));
      await subscribe(server, name('ann'), name('pal'));
      blocked.add(`${at('ann')} ${at('abe')}`);
      const abe = await server.login(name('abe'));
      const pal = await server.login(name('pal'));
      await abe.drain();
      await pal.drain();
      const ann = await server.login(name('ann'));
      await ann.receives(`<presence from='${pal.jid}'/>`);
      await ann.receivesNothing();
      await ann.send('<presence><show>away</show></presence>');
      await ann.close();
      await pal.receives(`<presence from='${ann.jid}'/>`);
      await pal.receives(`<presence from='${ann.jid}'><show>away</show></presence>`);
      await pal.receives(`<presence from='${ann.jid}' type='unavailable'/>`);
      await abe.receivesNothing();
      await abe.send(`<presence type='probe' to='${at('ann')}'/>`);
      await abe.receivesNothing();
    });

    test('cannot tell whether the one who blocks it is there', async () => {
      slow = isSlow;
      await subscribe(server, name('bea'), name('ben'));
      blocked.add(`${at('ben')} ${at('bea')}`);
      const answers: string[] = [];
      const ask = async () => {
        const bea = await server.login(name('bea'), { resource: 'r' });
        answers.push((await bea.drain()).join(''));
        await bea.send(`<presence type='probe' to='${at('ben')}'/>`);
        await bea.receivesNothing();
        await bea.close();
      };
      await ask();
      const ben = await server.login(name('ben'));
      await ben.drain();
      await ask();
      await ben.receivesNothing();
      await ben.close();
      await ask();
      assert.match(answers[0] as string, new RegExp(`from='${at('ben')}'.* type='unavailable'/>$`));
      assert.deepEqual(answers, [answers[0], answers[0], answers[0]]);
    });

    test('has no request delivered that waited', async () => {
      slow = isSlow;
      await server.account(name('cid'));
      const cora = await server.login(name('cora'));
      await cora.send(`<presence to='${at('cid')}' type='subscribe'/>`);
      await cora.receivesNothing();
      blocked.add(`${at('cid')} ${at('cora')}`);
      const cid = await server.login(name('cid'));
      await cid.receivesNothing();
    });
  });
}
