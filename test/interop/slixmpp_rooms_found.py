"""XEP-0045 section 6: how rooms are found."""
from slixmpp_room_people import MUC, SERVICE, equal, fields, holds, refused, use_case

ITEMS = 'http://jabber.org/protocol/disco#items'


@use_case('6.1')
async def discover_the_service(people):
    answer = await people.hag['xep_0030'].get_items(jid='localhost')
    holds(SERVICE in [str(jid) for jid, *_ in answer['disco_items']['items']], 'the service is not among the items')


@use_case('6.2')
async def discover_its_features(people):
    info = (await people.hag['xep_0030'].get_info(jid=SERVICE))['disco_info']
    equal([identity[:2] for identity in info['identities']], [('conference', 'text')])
    equal({MUC, MUC + '#stable_id'} - set(info['features']), set())


@use_case('6.3')
async def discover_rooms(people):
    first = await people.gather('6.3', roomname='A Dark Cave')
    second = await people.gather('6.3.1')
    hidden = await people.gather('6.3.2', publicroom='0')
    answer = await people.hag['xep_0030'].get_items(jid=SERVICE)
    names = {str(jid): name for jid, _, name in answer['disco_items']['items']}
    equal(names.get(first), 'A Dark Cave')
    holds(second in names and hidden not in names, 'saw %r' % names)

    async def page(after):
        wish = "<set xmlns='http://jabber.org/protocol/rsm'><max>1</max>%s</set>" % after
        answer = await people.hag.iq('get', SERVICE, "<query xmlns='%s'>%s</query>" % (ITEMS, wish))
        return [it.get('jid') for it in answer.xml.iter('{%s}item' % ITEMS)]

    rooms = await page('')
    while next_ones := await page('<after>%s</after>' % rooms[-1]):
        equal(len(next_ones), 1)
        rooms += next_ones
    equal(rooms, sorted(names))


@use_case('6.4')
async def ask_a_room(people):
    room = await people.gather(
        '6.4', roomname='A Dark Cave', roomdesc='The place for all good witches!', whois='anyone', publicroom='0',
        moderatedroom='1', membersonly='1', passwordprotectedroom='1', roomsecret='cauldronburn', lang='en',
    )  # fmt: skip
    people.crone.muc.set_subject(room, 'Spells')
    await people.crone.hears(room, 'firstwitch# Spells')
    answer = await people.hag['xep_0030'].get_info(jid=room)
    info = answer['disco_info']
    equal([(it[0], it[1], it[3]) for it in info['identities']], [('conference', 'text', 'A Dark Cave')])
    traits = 'passwordprotected hidden temporary membersonly moderated nonanonymous'
    equal({MUC, MUC + '#stable_id', *('muc_' + it for it in traits.split())} - set(info['features']), set())
    # What it is about is for those who may know what is said there.
    form = fields((await people.crone['xep_0030'].get_info(jid=room)).xml)
    equal(form['FORM_TYPE'], [MUC + '#roominfo'])
    about = [form['muc#roominfo_' + it] for it in ('description', 'subject', 'occupants', 'lang')]
    equal(about, [['The place for all good witches!'], ['Spells'], ['1'], ['en']])


@use_case('6.5')
async def ask_who_is_there(people):
    room = await people.gather('6.5', membersonly='1')
    await people.crone.muc.set_affiliation(room, 'member', jid='hag66@localhost')
    await people.hag.enter(room)

    async def occupants(person):
        return [it[0] for it in (await person['xep_0030'].get_items(jid=room))['disco_items']['items']]

    equal(sorted(await occupants(people.hag)), [room + '/firstwitch', room + '/thirdwitch'])
    equal(await occupants(people.hecate), [])


@use_case('6.6')
async def ask_an_occupant(people):
    room = await people.gather('6.6', 'hag')
    answer = await people.hag['xep_0030'].get_info(jid=room + '/firstwitch')
    equal(str(answer['from']), room + '/firstwitch')
    holds(MUC in answer['disco_info']['features'], 'it is not the client that answered: %s' % answer)
    await refused(people.hecate['xep_0030'].get_info(jid=room + '/firstwitch'), 'bad-request')


@use_case('6.7')
async def ask_a_contact(people):
    disco, contact = people.hag['xep_0030'], people.crone.boundjid.full
    holds(MUC in (await disco.get_info(jid=contact))['disco_info']['features'], 'no support for MUC')
    node = MUC + '#rooms'
    await people.crone['xep_0030'].add_item(jid='coven@' + SERVICE, name='firstwitch', node=node, ijid=contact)
    items = (await disco.get_items(jid=contact, node=node))['disco_items']['items']
    equal([(str(it[0]), it[2]) for it in items], [('coven@' + SERVICE, 'firstwitch')])
