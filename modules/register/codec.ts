/** The payloads of XEP-0077: the two fields that we ask for, as plain elements or as a data form (section 4). */
import { clark, type Element, el, type Jid, NS, parseAccount, prepareLocal, readForm, refusals, writeForm } from '#api';

const OOB = 'jabber:x:oob';

export const QUERY = clark(NS.register, 'query');
export const REMOVE = clark(NS.register, 'remove');
const USERNAME = clark(NS.register, 'username');
const PASSWORD = clark(NS.register, 'password');

interface Submission {
  /** Undefined when the field is missing. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** What an unregistered client has to send: the fields for old clients, the form for others. */
export function registrationForm(): Element {
  const instructions = 'Choose a name and a password for your account.';
  return el(
    NS.register,
    'query',
    null,
    el(NS.register, 'instructions', null, instructions),
    el(NS.register, 'username'),
    el(NS.register, 'password'),
    writeForm({
      type: 'form',
      formType: NS.register,
      title: 'Registration',
      instructions,
      fields: [
        { var: 'username', type: 'text-single', label: 'Name', required: true },
        { var: 'password', type: 'text-private', label: 'Password', required: true },
      ],
    }),
  );
}

/** Sends people elsewhere (section 5). */
export function redirection(url: string): Element {
  return el(
    NS.register,
    'query',
    null,
    el(NS.register, 'instructions', null, `To register, visit ${url}`),
    el(OOB, 'x', null, el(OOB, 'url', null, url)),
  );
}

/** What is on file for the one who asks (section 3.1); the password is not told. */
export function registered(local: string): Element {
  return el(
    NS.register,
    'query',
    null,
    el(NS.register, 'registered'),
    el(NS.register, 'instructions', null, 'You are registered. Send a new password to change yours.'),
    el(NS.register, 'username', null, local),
    el(NS.register, 'password'),
  );
}

/** Whether the query asks for removal; throws `bad-request` when it asks for something else as well (section 3.2). */
export function asksRemoval(query: Element): boolean {
  if (query.child(REMOVE) === undefined) return false;
  if (query.elements().length > 1) throw refusals.badRequest;
  return true;
}

/** A form takes precedence over the fields (section 4); throws `bad-request` for one that is not submitted. */
export function readSubmission(query: Element): Submission {
  const form = readForm(query);
  if (form === undefined) return { username: query.childText(USERNAME), password: query.childText(PASSWORD) };
  if (form.type !== 'submit') throw refusals.badRequest;
  return { username: form.values.get('username')?.[0], password: form.values.get('password')?.[0] };
}

/** The prepared localpart of a name, or of a bare address at this host; undefined when it is neither. */
export function localOf(host: Jid, username: string): string | undefined {
  return username.includes('@') ? parseAccount(username, host.domain)?.local : prepareLocal(username);
}
