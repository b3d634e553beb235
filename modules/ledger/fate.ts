/** What became of a message, in one word and in one sentence, by the steps that were noted. */
import type { Jid, Step } from '#api';
import type { Story, StoryStep } from './stories.ts';

/**
 * - `delivered`: on a device: it has acknowledged it, or it is not one that does;
 * - `sent`: to a device that has not acknowledged it yet;
 * - `waiting`: for a device whose connection is lost;
 * - `offline`: in offline storage;
 * - `archived`: in the archive of its recipient, for whoever asks for it, and nowhere else;
 * - `relayed`: to another domain;
 * - `blocked`, `bounced`, `dropped`: nobody gets it; of the last its sender does not hear;
 * - `lost`: it was on its way to a device that is gone, and nobody kept it;
 * - `underway`: something is still being done with it.
 */
type State =
  | 'delivered'
  | 'sent'
  | 'waiting'
  | 'offline'
  | 'archived'
  | 'relayed'
  | 'blocked'
  | 'bounced'
  | 'dropped'
  | 'lost'
  | 'underway';

interface Fate {
  readonly state: State;
  readonly text: string;
}

type DeviceState = 'delivered' | 'sent' | 'waiting' | 'held' | 'lost';

/** What a step makes of a message at a device. `written` depends on whether the device acknowledges. */
const AT_DEVICE: Partial<Record<Step, DeviceState>> = {
  held: 'held',
  queued: 'waiting',
  resent: 'sent',
  acknowledged: 'delivered',
  lost: 'lost',
};

/** What the steps come to. */
interface Sum {
  /** By address; those that are to have a copy apart. */
  readonly devices: Map<string, DeviceState>;
  readonly copies: Map<string, DeviceState>;
  /** The last step of each kind, since the message was last sent. */
  readonly last: Map<Step, StoryStep>;
  /** Where it was stored; what is fetched from there stays until it has arrived. */
  stored: Jid | undefined;
  archived: boolean;
}

/** Written to a device that says what it has. */
const MANAGED = 'managed';

export function fateOf(story: Story): Fate {
  const sum = sumUp(story);
  const copies = [...sum.copies].filter(([, it]) => it !== 'lost' && it !== 'held').map(([device]) => device);
  const { state, text } = mainFate(story, sum);
  return { state, text: copies.length === 0 ? text : `${text}; copied to ${copies.join(', ')}` };
}

function mainFate({ to }: Story, sum: Sum): Fate {
  const { last, stored, archived } = sum;
  const blocked = last.get('blocked');
  const bounced = last.get('bounced');
  const tail = bounced === undefined ? '' : `, and returned to its sender: ${bounced.detail}`;
  if (blocked !== undefined) return { state: 'blocked', text: `blocked by ${blocked.where}${tail}` };
  if (bounced !== undefined) return { state: 'bounced', text: `returned to its sender: ${reasonOf(bounced, last)}` };
  const onDevices = fateOnDevices(sum.devices);
  if (onDevices !== undefined) return onDevices;
  if (stored !== undefined) return { state: 'offline', text: `waits in the offline storage of ${stored}` };
  if (archived) return { state: 'archived', text: `in the archive of ${to.bare}` };
  const relayed = last.get('relayed');
  if (relayed !== undefined) return { state: 'relayed', text: `handed over to ${relayed.detail}` };
  const dropped = last.get('dropped');
  if (dropped !== undefined) return { state: 'dropped', text: `dropped: ${dropped.detail}` };
  if (sum.devices.size > 0) return { state: 'lost', text: `lost with ${[...sum.devices.keys()].join(', ')}` };
  return { state: 'underway', text: 'on its way' };
}

/** Of each state that a device can leave a message in, the state of the message and what is said of the devices. */
const ON_DEVICES: readonly (readonly [DeviceState, State, (devices: string) => string])[] = [
  ['delivered', 'delivered', (devices) => `delivered to ${devices}`],
  ['sent', 'sent', (devices) => `sent to ${devices}, not acknowledged yet`],
  ['waiting', 'waiting', (devices) => `waits for ${devices} to come back`],
  ['held', 'waiting', (devices) => `held back from ${devices}, which nobody looks at`],
];

/** The best of what became of it on the devices, and all of it; undefined where it is on none. */
function fateOnDevices(devices: ReadonlyMap<string, DeviceState>): Fate | undefined {
  const found = ON_DEVICES.flatMap(([at, state, say]) => {
    const names = [...devices].filter(([, it]) => it === at).map(([name]) => name);
    return names.length === 0 ? [] : [{ state, text: say(names.join(', ')) }];
  });
  return found[0] && { state: found[0].state, text: found.map((it) => it.text).join('; ') };
}

function reasonOf({ detail }: StoryStep, last: Sum['last']): string {
  const why = last.get('untaken')?.detail;
  return why === undefined ? `${detail}` : `${detail} (${why})`;
}

function sumUp({ to, steps }: Story): Sum {
  const sum: Sum = { devices: new Map(), copies: new Map(), last: new Map(), stored: undefined, archived: false };
  for (const it of steps) take(sum, it, to);
  return sum;
}

function take(sum: Sum, it: StoryStep, to: Jid): void {
  const { step, where, detail } = it;
  if (step === 'received') sum.last.clear();
  sum.last.set(step, it);
  if (where === undefined) return;
  if (step === 'archived') sum.archived ||= where.bare === to.bare;
  else if (step === 'stored') sum.stored = where;
  else if (step === 'fetched' && detail !== undefined) sum.stored = undefined;
  else if (step === 'copied') sum.copies.set(where.full, 'lost');
  const state = step === 'written' ? (detail === MANAGED ? 'sent' : 'delivered') : AT_DEVICE[step];
  if (state !== undefined) (sum.copies.has(where.full) ? sum.copies : sum.devices).set(where.full, state);
}
