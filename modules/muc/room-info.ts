/** What a room tells of itself beyond its features: the form of XEP-0045 section 15.5.4, in the fields that clients read. */
import type { Form, FormField } from '#api';
import { hashOf } from './hats.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { RoomRequest } from './requests.ts';
import type { Room } from './room.ts';
import { mayRead, maySee } from './rooms.ts';
import { SUBJECT } from './subject.ts';
import { NS_MUC } from './vocabulary.ts';

/** Owners that are named as those to turn to. */
const MAX_CONTACTS = 20;

/** Section 15.3: what kind of room it is. */
export function traitsOf({ config }: Room): readonly string[] {
  return [
    config.membersOnly ? 'muc_membersonly' : 'muc_open',
    config.moderated ? 'muc_moderated' : 'muc_unmoderated',
    config.whois === 'anyone' ? 'muc_nonanonymous' : 'muc_semianonymous',
    config.password === '' ? 'muc_unsecured' : 'muc_passwordprotected',
    config.persistent ? 'muc_persistent' : 'muc_temporary',
    config.public ? 'muc_public' : 'muc_hidden',
  ];
}

/** `hashes` are those of the pictures in the room's card (XEP-0486 section 3.3). */
export function roomInfoForm(request: RoomRequest, hashes: readonly string[]): Form {
  const { config } = request.room;
  const fields = [
    ...whatItIsAbout(request, hashes),
    field('muc#roominfo_lang', 'Language of the conversation', config.lang),
    toggle('muc#roominfo_subjectmod', 'Participants may change the subject', config.changeSubject),
    field('muc#roomconfig_roomname', 'Name', config.name),
    toggle('muc#roomconfig_changesubject', 'Participants may change the subject', config.changeSubject),
    toggle('muc#roomconfig_allowinvites', 'Members may invite others', config.allowInvites),
    field('muc#roomconfig_allowpm', 'Who may send private messages', config.privateMessages),
    field('muc#maxhistoryfetch', 'Messages that newcomers are sent', String(config.historyLength)),
    field('muc#roominfo_slow_mode_duration', 'Seconds between two messages', String(config.slowModeSeconds)),
  ];
  const { hats } = request.room;
  if (hats.hats.size > 0) fields.push(field('hats#hash', 'Hats hash', hashOf(hats)));
  return { type: 'result', formType: `${NS_MUC}#roominfo`, fields };
}

/** Section 14.4: some of it is for those alone who may know what is said there. */
function whatItIsAbout({ muc, room, stanza, occupant }: RoomRequest, hashes: readonly string[]): FormField[] {
  const { config, occupants, subject } = room;
  const isInside = occupant !== undefined || muc.isAdmin(stanza.from) || mayRead(room, stanza.from);
  const fields: FormField[] = [];
  if (isInside || maySee(room, stanza.from)) {
    fields.push(field('muc#roominfo_description', 'Description', config.description));
    fields.push(field('muc#roominfo_occupants', 'Number of occupants', String(occupants.size)));
    if (hashes.length > 0) fields.push({ ...field('muc#roominfo_avatarhash', 'Avatar hash'), ...several(hashes) });
  }
  if (!isInside) return fields;
  fields.push(field('muc#roominfo_subject', 'Subject', subject?.element.childText(SUBJECT) ?? ''));
  const contacts = config.whois === 'anyone' ? contactsOf(room) : [];
  if (contacts.length > 0) {
    fields.push({ ...field('muc#roominfo_contactjid', 'Whom to turn to'), type: 'jid-multi', values: contacts });
  }
  return fields;
}

/** Its owners; where addresses are nobody's secret. */
function contactsOf(room: Room): readonly string[] {
  const contacts: string[] = [];
  for (const [address, { affiliation }] of room.memberships) {
    if (affiliationAtLeast(affiliation, 'owner') && contacts.push(address) === MAX_CONTACTS) break;
  }
  return contacts;
}

const several = (values: readonly string[]) => ({ type: 'text-multi', values });

function field(name: string, label: string, value?: string): FormField {
  return { var: name, type: 'text-single', label, values: value === undefined ? [] : [value] };
}

function toggle(name: string, label: string, value: boolean): FormField {
  return { var: name, type: 'boolean', label, values: [value ? '1' : '0'] };
}
