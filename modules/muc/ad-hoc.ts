/** XEP-0050: commands of one form, which is shown and then filled in. Nothing is remembered between the two. */
import { clark, type Element, el, type Form, NS, randomToken, readForm, refusals, StanzaError, writeForm } from '#api';
import type { RoomRequest, Values } from './requests.ts';

export const NS_COMMANDS = 'http://jabber.org/protocol/commands';
export const COMMAND = clark(NS_COMMANDS, 'command');

export interface AdHoc {
  readonly name: string;
  /** Who may use it. */
  isFor(request: RoomRequest): boolean;
  /** What has to be filled in; undefined for a command that needs nothing. */
  form?(request: RoomRequest): Form;
  run(request: RoomRequest, values: Values): Promise<StanzaError | Element | undefined>;
}

/** Section 4.4. */
const malformedAction = refuse('bad-request', 'malformed-action');
const badAction = refuse('bad-request', 'bad-action');
const badPayload = refuse('bad-request', 'bad-payload');

function refuse(condition: 'bad-request', application: string): StanzaError {
  return new StanzaError(condition, undefined, { application: el(NS_COMMANDS, application) });
}

/** One step of a command; `nodes` are those that there are. */
export async function stepCommand(
  request: RoomRequest,
  nodes: Readonly<Record<string, AdHoc>>,
): Promise<StanzaError | Element> {
  const { payload } = request;
  const command = Object.hasOwn(nodes, payload.attr('node') ?? '') ? nodes[payload.attr('node') as string] : undefined;
  if (command === undefined) return refusals.itemNotFound;
  if (!command.isFor(request)) return refusals.forbidden;
  const action = payload.attr('action') ?? 'execute';
  if (action === 'cancel') return answer(payload, 'canceled');
  if (action === 'prev' || action === 'next') return badAction;
  if (action !== 'execute' && action !== 'complete') return malformedAction;
  const filledIn = readForm(payload);
  if (filledIn?.type === 'cancel') return answer(payload, 'canceled');
  if (filledIn === undefined && command.form !== undefined) {
    const actions = el(NS_COMMANDS, 'actions', { execute: 'complete' }, el(NS_COMMANDS, 'complete'));
    return answer(payload, 'executing', actions, writeForm(command.form(request)));
  }
  if (filledIn !== undefined && filledIn.type !== 'submit') return badPayload;
  const outcome = await command.run(request, filledIn?.values ?? new Map());
  return outcome instanceof StanzaError ? outcome : answer(payload, 'completed', outcome);
}

function answer(command: Element, status: string, ...children: readonly (Element | undefined)[]): Element {
  const sessionid = command.attr('sessionid') ?? randomToken();
  return el(NS_COMMANDS, 'command', { node: command.attr('node'), sessionid, status }, ...children);
}

/** XEP-0004 section 3.4: a form that tells of many things. */
export function writeTable(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): Element {
  const name = (text: string): Element => el(NS.dataForms, 'field', { var: text });
  const cell = (text: string, at: number): Element =>
    el(NS.dataForms, 'field', { var: columns[at] }, el(NS.dataForms, 'value', null, text));
  return el(
    NS.dataForms,
    'x',
    { type: 'result' },
    el(NS.dataForms, 'title', null, title),
    el(NS.dataForms, 'reported', null, ...columns.map(name)),
    ...rows.map((row) => el(NS.dataForms, 'item', null, ...row.map(cell))),
  );
}
