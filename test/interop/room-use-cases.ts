/** The use cases of XEP-0045 sections 6 to 10, by section, which every client goes through; and what a script says of them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';

const USE_CASES: Readonly<Record<string, string>> = {
  '6.1': 'discovering a MUC service: the server names it',
  '6.2': 'discovering the features of a MUC service: a conference, which speaks MUC',
  '6.3': 'discovering rooms: public ones by their names, page by page, and no hidden ones',
  '6.4': 'querying for room information: what kind of room it is, and what it is about',
  '6.5': 'querying for room items: who is there, for those who are there, too',
  '6.6': 'querying a room occupant: occupants get an answer, outsiders are refused',
  '6.7': 'discovering client support for MUC: the client of a contact answers, with its rooms',
  '7.1': 'order of events: the others, oneself, the history, the subject',
  '7.2.1': 'basic MUC protocol: a nickname is needed, and who enters twice is told everything twice',
  '7.2.2': 'presence broadcast: newcomers see all, and all see newcomers',
  '7.2.3': 'non-anonymous rooms: everybody sees addresses, and newcomers are warned',
  '7.2.4': 'semi-anonymous rooms: moderators alone see addresses',
  '7.2.5': 'password-protected rooms: who knows the password enters',
  '7.2.6': 'members-only rooms: members enter',
  '7.2.7': 'banned users: they do not enter',
  '7.2.8': 'nickname conflict: a name is for one person, with all devices',
  '7.2.9': 'max users: a full room has a place for its admins only',
  '7.2.10': 'locked room: others enter when it is configured',
  '7.2.11': 'nonexistent room: it comes into being',
  '7.2.12': 'room logging: who enters is told of it',
  '7.2.13': 'discussion history: what was said comes with the time when it was said',
  '7.2.14': 'managing discussion history: nobody gets more than was asked for',
  '7.2.15': 'room subject: every newcomer is told, even when there is none',
  '7.2.16': 'live messages: none is lost or doubled on the way in, and all come after the subject',
  '7.2.17': 'error conditions: refusals of entry are marked as such, and where no rooms are created it is said',
  '7.2.18': 'groupchat 1.0: who is outside and believes to be inside is told',
  '7.3': 'occupant modification of the room subject: where the room allows it',
  '7.4': 'sending a message to all occupants: all get it under its id, from those who may speak',
  '7.5': 'sending a private message: one occupant gets it',
  '7.6': 'changing nickname: all see who is called what',
  '7.7': 'changing availability status: all see it',
  '7.8.1': 'direct invitation: it reaches the guest, who enters',
  '7.8.2': 'mediated invitation: the room hands it on, and the answer back',
  '7.9': 'converting a one-to-one chat: both are invited with the thread, and find what was said',
  '7.10': 'registering with a room: who does is a member whose nickname is reserved',
  '7.11': 'getting the member list: members may, where addresses are open',
  '7.12': 'discovering reserved room nickname: by its node, before entering and after',
  '7.13': 'requesting voice: moderators get the request',
  '7.14': 'exiting a room: with a message, or by going offline',
  '8.1': 'modifying the room subject: moderators set it, and take it away',
  '8.2': 'kicking an occupant: out, with the reason; not those who stand higher',
  '8.3': 'granting voice to a visitor: all see it, and the visitor speaks',
  '8.4': 'revoking voice from a participant: all see it; not from admins',
  '8.5': 'modifying the voice list: several at once',
  '8.6': 'approving voice requests: the form that comes back gives voice',
  '9.1': 'banning a user: out for good; not those who stand higher, nor oneself',
  '9.2': 'modifying the ban list: several at once, or none',
  '9.3': 'granting membership: all see it',
  '9.4': 'revoking membership: all see it, and from a members-only room it leads out',
  '9.5': 'modifying the member list: who is new in a members-only room is invited',
  '9.6': 'granting moderator status: all see it',
  '9.7': 'revoking moderator status: all see it; not from admins',
  '9.8': 'modifying the moderator list: several at once',
  '9.9': 'approving registration requests: the form that comes back makes a member',
  '10.1.1': 'creating a room: its founder is told, and may change their mind',
  '10.1.2': 'creating an instant room: an empty form opens it',
  '10.1.3': 'creating a reserved room: its form says how it is, and sets how it will be',
  '10.2': 'subsequent room configuration: owners see and change it; strangers leave what becomes members-only',
  '10.2.1': 'notification of configuration changes: by the codes of what has changed',
  '10.3': 'granting owner status: all see it',
  '10.4': 'revoking owner status: all see it; not from the last owner',
  '10.5': 'modifying the owner list: owners alone',
  '10.6': 'granting admin status: all see it',
  '10.7': 'revoking admin status: all see it',
  '10.8': 'modifying the admin list: owners alone',
  '10.9': 'destroying a room: everybody is told once where to go, and why',
};

/** What became of a script: a line `ok 7.4`, or `not ok 7.4 why`, for each use case. */
export class Report {
  readonly #lines = new Map<string, string>();
  #end = '';

  /** Runs the script and reads its lines. */
  async from(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
    const { stdout, end } = await new Promise<{ stdout: string; end: string }>((resolve) => {
      execFile(file, args, { env, timeout: 60_000 }, (error, out, stderr) =>
        resolve({ stdout: out, end: error === null ? '' : `${error.message}\n${stderr}` }),
      );
    });
    this.#end = end;
    for (const line of stdout.split('\n')) {
      const [, verdict, section, why] = /^(ok|not ok) ([\d.]+) ?(.*)$/.exec(line) ?? [];
      if (section !== undefined) this.#lines.set(section, verdict === 'ok' ? 'ok' : String(why));
    }
  }

  /** Makes a test of each use case. */
  tests(): void {
    for (const [section, title] of Object.entries(USE_CASES)) {
      test(`${section} ${title}`, () => {
        assert.equal(this.#lines.get(section) ?? `nothing was said of it. ${this.#end}`, 'ok');
      });
    }
  }
}
