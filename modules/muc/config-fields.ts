/** The fields of the configuration form: XEP-0045 section 15.5.3, and the names that other servers gave to some of them. */
import { type Element, el, type FormField } from '#api';
import { ROLES, type Role } from './ranks.ts';
import { HISTORY_FOR, PRIVATE_MESSAGES, REGISTRATION, type RoomConfig, WHOIS } from './room-config.ts';

/** What a value means for the set-up; undefined when it is none that the field may have. */
type Reading = Partial<RoomConfig> | undefined;

interface ConfigField {
  readonly var: string;
  readonly type: string;
  readonly label: string;
  readonly options?: readonly string[];
  readonly validate?: Element;
  write(config: RoomConfig): readonly string[];
  read(values: readonly string[], before: RoomConfig): Reading;
}

type Switch = { [K in keyof RoomConfig]: RoomConfig[K] extends boolean ? K : never }[keyof RoomConfig];
type Text = 'name' | 'description' | 'lang' | 'password';

const PREFIX = 'muc#roomconfig_';
const NS_VALIDATE = 'http://jabber.org/protocol/xdata-validate';
/** A day. */
const MAX_PAUSE = 86_400;
/** XEP-0500 section 3.1. */
const PAUSES = el(NS_VALIDATE, 'range', { min: '0', max: String(MAX_PAUSE) });

export function readBoolean([value = '']: readonly string[] = []): boolean | undefined {
  if (value === '1' || value === 'true') return true;
  return value === '0' || value === 'false' ? false : undefined;
}

function toggle(name: string, label: string, key: Switch): ConfigField {
  return {
    var: name,
    type: 'boolean',
    label,
    write: (config) => [config[key] ? '1' : '0'],
    read: (values) => {
      const value = readBoolean(values);
      return value === undefined ? undefined : { [key]: value };
    },
  };
}

function text(name: string, label: string, key: Text, maxLength: number, type = 'text-single'): ConfigField {
  return {
    var: name,
    type,
    label,
    write: (config) => [config[key]],
    read: ([value = '']) => (value.length > maxLength ? undefined : { [key]: value }),
  };
}

function number(
  name: string,
  label: string,
  key: 'historyLength' | 'slowModeSeconds' | 'maxUsers',
  max: number,
): ConfigField {
  return {
    var: name,
    type: 'text-single',
    label,
    write: (config) => [String(config[key])],
    read: ([value = '']) => {
      if (key === 'maxUsers' && (value === '' || value === 'none' || value === 'unlimited')) return { maxUsers: 0 };
      if (value === '') return {};
      const count = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
      return count <= max ? { [key]: count } : undefined;
    },
  };
}

function choice<K extends 'whois' | 'privateMessages' | 'historyFor' | 'registration'>(
  name: string,
  label: string,
  key: K,
  options: readonly RoomConfig[K][],
): ConfigField {
  return {
    var: name,
    type: 'list-single',
    label,
    options,
    write: (config) => [config[key]],
    read: ([value = '']) => (options.includes(value as RoomConfig[K]) ? { [key]: value } : undefined),
  };
}

function roles(name: string, label: string, key: 'presenceBroadcast' | 'memberList'): ConfigField {
  const options: readonly Role[] = ROLES.filter((it) => it !== 'none').reverse();
  return {
    var: name,
    type: 'list-multi',
    label,
    options,
    write: (config) => config[key],
    read: (values) =>
      values.every((it) => it === 'none' || options.includes(it as Role))
        ? { [key]: options.filter((it) => values.includes(it)) }
        : undefined,
  };
}

const FIELDS: readonly ConfigField[] = [
  text(`${PREFIX}roomname`, 'Name', 'name', 256),
  text(`${PREFIX}roomdesc`, 'Description', 'description', 4096),
  text(`${PREFIX}lang`, 'Language of the conversation', 'lang', 35),
  toggle(`${PREFIX}persistentroom`, 'The room stays when the last one has left', 'persistent'),
  toggle(`${PREFIX}publicroom`, 'The room is listed', 'public'),
  toggle(`${PREFIX}membersonly`, 'Only members may enter', 'membersOnly'),
  toggle(`${PREFIX}moderatedroom`, 'Newcomers may only listen', 'moderated'),
  {
    var: `${PREFIX}passwordprotectedroom`,
    type: 'boolean',
    label: 'A password is needed to enter',
    write: (config) => [config.password === '' ? '0' : '1'],
    read: (values) => {
      const isProtected = readBoolean(values);
      if (isProtected === undefined) return undefined;
      return isProtected ? {} : { password: '' };
    },
  },
  text(`${PREFIX}roomsecret`, 'The password', 'password', 256, 'text-private'),
  choice(`${PREFIX}whois`, 'Who sees the addresses of occupants', 'whois', WHOIS),
  toggle(`${PREFIX}changesubject`, 'Participants may change the subject', 'changeSubject'),
  toggle(`${PREFIX}allowinvites`, 'Members may invite others', 'allowInvites'),
  choice('{urn:parley:muc}registration', 'Whether those who register become members', 'registration', REGISTRATION),
  choice(`${PREFIX}allowpm`, 'Who may send private messages', 'privateMessages', PRIVATE_MESSAGES),
  toggle(`${PREFIX}allowvoicerequests`, 'Those without voice may ask for it', 'voiceRequests'),
  {
    ...number(`${PREFIX}maxusers`, 'Occupants at most', 'maxUsers', 1_000_000),
    type: 'list-single',
    options: ['none', '10', '20', '30', '50', '100', '200', '500', '1000', '5000'],
    write: ({ maxUsers }) => [maxUsers === 0 ? 'none' : String(maxUsers)],
  },
  roles(`${PREFIX}presencebroadcast`, 'Whose presence is shown to others', 'presenceBroadcast'),
  roles(`${PREFIX}getmemberlist`, 'Who may see the list of members', 'memberList'),
  toggle(`${PREFIX}enablearchiving`, 'Messages are archived', 'archive'),
  number('muc#maxhistoryfetch', 'Messages that newcomers are sent', 'historyLength', 200),
  choice(
    '{urn:parley:muc}history',
    'Whose history reaches back to before they became members',
    'historyFor',
    HISTORY_FOR,
  ),
  {
    ...number(
      `${PREFIX}slow_mode_duration`,
      'Seconds between two messages of one person',
      'slowModeSeconds',
      MAX_PAUSE,
    ),
    validate: el(NS_VALIDATE, 'validate', { datatype: 'xs:integer' }, PAUSES),
  },
];

/** Names of other servers: what is given under the field's own name counts for more, and later ones for more than earlier. */
const ALIASES: readonly ConfigField[] = [
  toggle(`${PREFIX}allowmemberinvites`, '', 'allowInvites'),
  toggle('{http://prosody.im/protocol/muc}roomconfig_allowmemberinvites', '', 'allowInvites'),
  // Conversations turns this off, and turns the archive on by all of its names.
  toggle(`${PREFIX}enablelogging`, '', 'archive'),
  toggle(`${PREFIX}mam`, '', 'archive'),
  toggle('mam', '', 'archive'),
  number(`${PREFIX}historylength`, '', 'historyLength', 200),
];

/** The form's fields as they are now. */
export function configFormFields(config: RoomConfig): FormField[] {
  return FIELDS.map((field) => {
    const values = field.write(config);
    const { validate } = field;
    const shown = { var: field.var, type: field.type, label: field.label, values, ...(validate && { validate }) };
    if (field.options === undefined) return shown;
    return { ...shown, options: [...new Set([...field.options, ...values])].map((value) => ({ value })) };
  });
}

/** A field that cannot be empty was not filled in. */
function isLeftOut({ type }: ConfigField, given: readonly string[]): boolean {
  return given.length === 0 && (type === 'boolean' || type === 'list-single');
}

/** The set-up that a submitted form leads to; the name of the first field that has a value which it cannot have. */
export function readConfigForm(
  values: ReadonlyMap<string, readonly string[]>,
  before: RoomConfig,
): RoomConfig | { readonly wrong: string } {
  let config: RoomConfig = before;
  for (const field of [...ALIASES, ...FIELDS]) {
    const given = values.get(field.var);
    if (given === undefined || isLeftOut(field, given)) continue;
    const reading = field.read(given, before);
    if (reading === undefined) return { wrong: field.var };
    config = { ...config, ...reading };
  }
  // A password without protection is none; protection without a password is a mistake.
  const [isProtected] = values.get('muc#roomconfig_passwordprotectedroom') ?? [];
  if (isProtected === '0' || isProtected === 'false') config = { ...config, password: '' };
  const wantsPassword = isProtected === '1' || isProtected === 'true';
  if (wantsPassword && config.password === '') return { wrong: 'muc#roomconfig_roomsecret' };
  return Object.freeze(config);
}
