"""People in rooms, for slixmpp_rooms.py: slixmpp clients that keep what rooms send them, and put it into words.

+nick and -nick is presence, `nick: text` is for all, `nick> text` for one, `nick# text` a subject,
`nick !condition` an error.
"""
import asyncio

import slixmpp
from slixmpp.exceptions import IqError, PresenceError
from slixmpp.xmlstream import ET

SERVICE = 'conference.localhost'
MUC = 'http://jabber.org/protocol/muc'
USER, ADMIN, OWNER = MUC + '#user', MUC + '#admin', MUC + '#owner'
FORM = 'jabber:x:data'
PLUGINS = ('xep_0004', 'xep_0030', 'xep_0045', 'xep_0077', 'xep_0082', 'xep_0199', 'xep_0203', 'xep_0249')
CASES = {}
# In seconds; nothing takes so long that arrives.
PATIENCE = 6


def use_case(section):
    """What the function does is the use case of that section."""

    def keep(function):
        CASES[section] = function
        return function

    return keep


def equal(seen, expected):
    if seen != expected:
        raise AssertionError('saw %r where %r was expected' % (seen, expected))


def holds(fact, what):
    if not fact:
        raise AssertionError(what)


async def refused(answer, condition):
    try:
        await answer
    except (IqError, PresenceError) as error:
        equal(error.condition, condition)
    else:
        raise AssertionError('was allowed, where %s was expected' % condition)


def find(xml, name, ns=USER):
    return None if xml is None else xml.find('{%s}%s' % (ns, name))


def text(xml, name, ns=USER):
    child = find(xml, name, ns)
    return None if child is None else child.text or ''


def fields(xml):
    """The fields of a form, anywhere in there."""
    form = next(xml.iter('{%s}x' % FORM))
    return {
        field.get('var'): [value.text or '' for value in field.findall('{%s}value' % FORM)]
        for field in form.findall('{%s}field' % FORM)
    }


def form_of(values, kind):
    form = ET.Element('{%s}x' % FORM, {'type': 'submit'})
    for name, value in {'FORM_TYPE': MUC + '#' + kind, **values}.items():
        ET.SubElement(ET.SubElement(form, '{%s}field' % FORM, {'var': name}), '{%s}value' % FORM).text = value
    return form


def about_item(item):
    words = ['%s/%s' % (item.get('affiliation'), item.get('role'))]
    words += ['%s=%s' % (name, item.get(name).replace('@localhost', '')) for name in ('jid', 'nick') if item.get(name)]
    actor = find(item, 'actor')
    if actor is not None:
        words.append('by=' + actor.get('nick'))
    if text(item, 'reason'):
        words.append('reason=' + text(item, 'reason'))
    return words


def about_x(x):
    words = [] if find(x, 'item') is None else about_item(find(x, 'item'))
    for name in ('invite', 'decline', 'destroy'):
        child = find(x, name)
        if child is not None:
            words += [name, *('%s=%s' % it for it in child.items())]
            words += ['%s=%s' % (it, text(child, it)) for it in ('reason', 'password') if text(child, it)]
            words += ['thread=' + it.get('thread') for it in child.findall('{%s}continue' % USER)]
    if text(x, 'password'):
        words.append('password=' + text(x, 'password'))
    return words + sorted(status.get('code') for status in x.findall('{%s}status' % USER))


def describe(stanza):
    xml, nick = stanza.xml, stanza['from'].resource or 'room'
    if stanza['type'] == 'error':
        return '%s !%s' % (nick, stanza['error']['condition'])
    x = find(xml, 'x')
    words = [] if x is None else about_x(x)
    if stanza.name == 'presence':
        sign = '-' if stanza['type'] == 'unavailable' else '+'
        said = [it for it in (text(xml, 'show', 'jabber:client'), text(xml, 'status', 'jabber:client')) if it]
        return ' '.join([sign + nick, *words, *said])
    if stanza.xml.find('{%s}x' % FORM) is not None:
        words.append('form')
    late = [' late'] if find(xml, 'delay', 'urn:xmpp:delay') is not None and stanza['type'] == 'groupchat' else []
    body, subject = text(xml, 'body', 'jabber:client'), text(xml, 'subject', 'jabber:client')
    if body is not None:
        return ''.join([nick, ': ' if stanza['type'] == 'groupchat' else '> ', body, *late])
    if subject is not None:
        return ''.join([nick, '# ', subject, *late])
    return ' '.join([nick, *words])


class Person(slixmpp.ClientXMPP):
    def __init__(self, address, nick, password, ca_file):
        super().__init__(address, password)
        self.ca_certs = ca_file
        self.my_nick = nick
        self.online = asyncio.Event()
        self.inbox = []
        self.news = asyncio.Event()
        for name in PLUGINS:
            self.register_plugin(name)
        self.muc = self['xep_0045']
        self.add_filter('in', self.keep)
        self.add_event_handler('session_start', self.begin)

    async def begin(self, _):
        await self.get_roster()
        self.send_presence()
        self.online.set()

    def keep(self, stanza):
        if stanza.name in ('message', 'presence'):
            self.inbox.append(stanza)
            self.news.set()
        return stanza

    def take(self, fits):
        taken = [it for it in self.inbox if fits(it)]
        self.inbox = [it for it in self.inbox if not fits(it)]
        return taken

    async def seen(self, room):
        """All that the room has sent by now, in words."""
        await self['xep_0199'].send_ping(SERVICE)
        return [describe(it) for it in self.take(lambda it: it['from'].bare == room)]

    async def hears(self, room, words):
        """Waits for something that the room sends, and forgets it."""

        async def wait():
            while not (found := self.take(lambda it: it['from'].bare == room and describe(it) == words)):
                self.news.clear()
                await self.news.wait()
            return found[0]

        try:
            return await asyncio.wait_for(wait(), PATIENCE)
        except asyncio.TimeoutError:
            others = [describe(it) for it in self.inbox if it['from'].bare == room]
            raise AssertionError('%r did not come, but %r' % (words, others)) from None

    def enter(self, room, nick=None, **options):
        return self.muc.join_muc_wait(room, nick or self.my_nick, timeout=PATIENCE, **options)

    async def opens(self, room, values=()):
        """Creates a room, and sets it up; names of fields without # lack what all have in common."""
        await self.enter(room)
        await self.configures(room, dict(values))

    async def configures(self, room, values):
        form = self['xep_0004'].make_form('submit')
        form.add_field(var='FORM_TYPE', ftype='hidden', value=MUC + '#roomconfig')
        for name, value in values.items():
            form.add_field(var=name if '#' in name else 'muc#roomconfig_' + name, value=value)
        await self.muc.set_room_config(room, form)

    def say(self, room, body, **attributes):
        self.send_message(mto=room, mbody=body, **{'mtype': 'groupchat', **attributes})

    def iq(self, kind, to, payload):
        iq = self.make_iq(ito=to)
        iq['type'] = kind
        iq.append(ET.fromstring(payload) if isinstance(payload, str) else payload)
        return iq.send(timeout=PATIENCE)

    def note(self, room, payload):
        """A message to the room with a payload of its own."""
        message = self.make_message(mto=room)
        message.append(ET.fromstring(payload) if isinstance(payload, str) else payload)
        message.send()

    def clears_subject(self, room):
        """The library drops a subject that is empty."""
        message = self.make_message(mto=room, mtype='groupchat')
        ET.SubElement(message.xml, '{jabber:client}subject')
        message.send()

    def registers(self, room, values):
        query = ET.Element('{jabber:iq:register}query')
        query.append(form_of(values, 'register'))
        return self.iq('set', room, query)

    async def lists(self, room, what):
        """The items of one of the lists of the room, in words."""
        answer = await self.iq('get', room, "<query xmlns='%s'><item %s/></query>" % (ADMIN, what))
        items = answer.xml.findall('{%s}query/{%s}item' % (ADMIN, ADMIN))
        return sorted(' '.join('%s=%s' % it for it in sorted(item.items())) for item in items)

    def changes(self, room, *items):
        list_of = ''.join('<item %s/>' % it for it in items)
        return self.iq('set', room, "<query xmlns='%s'>%s</query>" % (ADMIN, list_of))


class People:
    """The crone owns the rooms; the others are nobody in them, until it changes that. The phone is the hag's, too."""

    def __init__(self, password, ca_file):
        self.crone = Person('crone1@localhost/desktop', 'firstwitch', password, ca_file)
        self.wicca = Person('wiccarocks@localhost/laptop', 'secondwitch', password, ca_file)
        self.hag = Person('hag66@localhost/pda', 'thirdwitch', password, ca_file)
        self.phone = Person('hag66@localhost/phone', 'thirdwitch', password, ca_file)
        self.hecate = Person('hecate@localhost/broom', 'hecate', password, ca_file)

    async def start(self, port):
        for person in vars(self).values():
            person.connect(('127.0.0.1', port))
        for person in vars(self).values():
            await asyncio.wait_for(person.online.wait(), 10)

    async def gather(self, section, guests='', **values):
        """A room of the crone's, set up that way, with guests in it who have read all that they were sent."""
        room = 'coven-%s@%s' % (section.replace('.', '-'), SERVICE)
        await self.crone.opens(room, values)
        for name in guests.split():
            await getattr(self, name).enter(room)
        for name in ['crone', *guests.split()]:
            await getattr(self, name).seen(room)
        return room
