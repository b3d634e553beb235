"""XEP-0045 sections 7.3 to 7.14: what occupants do."""
import asyncio

from slixmpp_room_people import ET, MUC, PATIENCE, SERVICE, USER, equal, fields, find, holds, refused, use_case

HAG = 'thirdwitch none/participant'


@use_case('7.3')
async def change_subject_as_occupant(people):
    room = await people.gather('7.3', 'hag', changesubject='0')
    people.hag.muc.set_subject(room, 'Hags')
    equal(await people.hag.seen(room), ['room !forbidden'])
    await people.crone.configures(room, {'changesubject': '1'})
    people.hag.muc.set_subject(room, 'Hags')
    await people.hag.hears(room, 'thirdwitch# Hags')
    await people.crone.hears(room, 'thirdwitch# Hags')


@use_case('7.4')
async def say_to_all(people):
    room = await people.gather('7.4', 'hag phone wicca')
    message = people.hag.make_message(mto=room, mbody="Harpier cries: 'tis time", mtype='groupchat')
    message['id'] = 'hysf1v37'
    message.send()
    for person in (people.hag, people.phone, people.wicca, people.crone):
        reflected = await person.hears(room, "thirdwitch: Harpier cries: 'tis time")
        equal((reflected['id'], str(reflected['to'])), ('hysf1v37', person.boundjid.full))
    people.hecate.say(room, 'Let me in')
    equal(await people.hecate.seen(room), ['room !not-acceptable'])
    await people.crone.muc.set_role(room, 'thirdwitch', 'visitor')
    await people.hag.seen(room)
    people.hag.say(room, 'I have no voice')
    equal(await people.hag.seen(room), ['room !forbidden'])
    equal([it for it in await people.crone.seen(room) if ': ' in it], [])


@use_case('7.5')
async def say_to_one(people):
    room = await people.gather('7.5', 'hag wicca')
    people.wicca.say(room + '/thirdwitch', "I'll give thee a wind.", mtype='chat')
    heard = await people.hag.hears(room, "secondwitch> I'll give thee a wind.")
    equal(heard['type'], 'chat')
    holds(find(heard.xml, 'x') is not None, 'a private message is not marked: %s' % heard)
    people.wicca.say(room + '/thirdwitch', 'For all')
    people.wicca.say(room + '/nobody', 'Hello?', mtype='chat')
    equal(await people.wicca.seen(room), ['thirdwitch !bad-request', 'nobody !item-not-found'])
    people.hecate.say(room + '/thirdwitch', 'Let me in', mtype='chat')
    equal(await people.hecate.seen(room), ['thirdwitch !not-acceptable'])
    equal((await people.hag.seen(room), await people.crone.seen(room)), ([], []))


@use_case('7.6')
async def change_nickname(people):
    room = await people.gather('7.6', 'hag wicca')
    people.hag.send_presence(pto=room + '/oldhag')
    gone, there = '-' + HAG, '+oldhag none/participant'
    mine = ' jid=hag66/pda'
    equal(await people.hag.seen(room), [gone + mine + ' nick=oldhag 110 303', there + mine + ' 110'])
    equal(await people.crone.seen(room), [gone + mine + ' nick=oldhag 303', there + mine])
    equal(await people.wicca.seen(room), [gone + ' nick=oldhag 303', there])
    people.hag.send_presence(pto=room + '/secondwitch')
    equal(await people.hag.seen(room), ['secondwitch !conflict'])
    await people.crone.muc.set_affiliation(room, 'member', jid='hecate@localhost', nick='hecate')
    await people.hag.seen(room)
    people.hag.send_presence(pto=room + '/hecate')
    equal(await people.hag.seen(room), ['hecate !conflict'])


@use_case('7.7')
async def change_availability(people):
    room = await people.gather('7.7', 'hag wicca')
    people.hag.send_presence(pto=room + '/thirdwitch', pshow='xa', pstatus='gone where the goblins go')
    said = ' xa gone where the goblins go'
    equal(await people.hag.seen(room), ['+' + HAG + ' jid=hag66/pda 110' + said])
    equal(await people.crone.seen(room), ['+' + HAG + ' jid=hag66/pda' + said])
    equal(await people.wicca.seen(room), ['+' + HAG + said])


@use_case('7.8.1')
async def invite_directly(people):
    room = await people.gather('7.8.1', passwordprotectedroom='1', roomsecret='cauldronburn')
    got = asyncio.get_running_loop().create_future()
    with people.hecate.event_handler('groupchat_direct_invite', got.set_result):
        people.crone['xep_0249'].send_invitation('hecate@localhost', room, password='cauldronburn', reason='Hey')
        invitation = (await asyncio.wait_for(got, PATIENCE))['groupchat_invite']
    equal((str(invitation['jid']), invitation['reason']), (room, 'Hey'))
    await people.hecate.enter(room, password=invitation['password'])


@use_case('7.8.2')
async def invite_through_the_room(people):
    room = await people.gather('7.8.2', 'hag', passwordprotectedroom='0', membersonly='0')
    await people.crone.configures(room, {'passwordprotectedroom': '1', 'roomsecret': 'burn'})
    people.hag.muc.invite(room, 'hecate@localhost', reason='Good witches only')
    invited = 'room invite from=hag66@localhost reason=Good witches only password=burn'
    await people.hecate.hears(room, invited)
    people.hecate.muc.decline(room, 'hag66@localhost', reason='Too busy')
    await people.hag.hears(room, 'room decline from=hecate@localhost reason=Too busy')
    people.hag.muc.invite(room, 'nobody@localhost')
    await people.hag.hears(room, 'room !item-not-found')
    people.wicca.muc.invite(room, 'hecate@localhost')
    await people.wicca.hears(room, 'room !not-acceptable')


@use_case('7.9')
async def continue_a_chat(people):
    thread, room = 'e0ffe42b28561960c6b12b944a092794b9683a38', await people.gather('7.9', whois='anyone')
    message = people.crone.make_message(mto=room, mbody="Thrice the brinded cat hath mew'd.", mtype='groupchat')
    message['thread'] = thread
    message.send()
    invitation = ET.Element('{%s}x' % USER)
    for guest in ('wiccarocks@localhost/laptop', 'hag66@localhost'):
        invite = ET.SubElement(invitation, '{%s}invite' % USER, {'to': guest})
        ET.SubElement(invite, '{%s}reason' % USER).text = 'This coven needs both.'
        ET.SubElement(invite, '{%s}continue' % USER, {'thread': thread})
    people.crone.note(room, invitation)
    invited = 'room invite from=crone1@localhost reason=This coven needs both. thread=' + thread
    for guest in (people.wicca, people.hag):
        await guest.hears(room, invited)
        await guest.enter(room)
        past = await guest.hears(room, "firstwitch: Thrice the brinded cat hath mew'd. late")
        equal(past['thread'], thread)


@use_case('7.10')
async def register(people):
    room, xep_0077 = await people.gather('7.10', 'hag'), people.hag['xep_0077']
    await refused(xep_0077.get_registration(jid='no-such-room@' + SERVICE, timeout=PATIENCE), 'item-not-found')
    answer = await xep_0077.get_registration(jid=room, timeout=PATIENCE)
    equal(fields(answer.xml)['FORM_TYPE'], [MUC + '#register'])
    holds('muc#register_roomnick' in fields(answer.xml), 'the form asks for no nickname')
    await refused(people.hag.registers(room, {}), 'bad-request')
    await people.hag.registers(room, {'muc#register_roomnick': 'thirdwitch'})
    equal(await people.crone.seen(room), ['+thirdwitch member/participant jid=hag66/pda'])
    await refused(people.hecate.registers(room, {'muc#register_roomnick': 'thirdwitch'}), 'conflict')
    answer = await xep_0077.get_registration(jid=room, timeout=PATIENCE)
    equal((answer['register']['registered'], answer['register']['username']), (True, 'thirdwitch'))
    await people.crone.muc.set_affiliation(room, 'outcast', jid='hecate@localhost')
    await refused(people.hecate['xep_0077'].get_registration(jid=room, timeout=PATIENCE), 'not-allowed')


@use_case('7.11')
async def get_member_list(people):
    room = await people.gather('7.11', 'hag', whois='anyone', getmemberlist='participant')
    await people.crone.muc.set_affiliation(room, 'member', jid='hecate@localhost')
    await people.crone.muc.set_affiliation(room, 'member', jid='hag66@localhost')
    equal(sorted(await people.hag.muc.get_affiliation_list(room, 'member')), ['hag66@localhost', 'hecate@localhost'])
    await people.crone.configures(room, {'whois': 'moderators'})
    await refused(people.hag.muc.get_affiliation_list(room, 'member'), 'forbidden')


@use_case('7.12')
async def find_reserved_nickname(people):
    room = await people.gather('7.12')

    async def name():
        info = (await people.hag['xep_0030'].get_info(jid=room, node='x-roomuser-item'))['disco_info']
        return [(it[0], it[1], it[3]) for it in info['identities']]

    equal(await name(), [])
    await people.crone.muc.set_affiliation(room, 'member', jid='hag66@localhost', nick='oldhag')
    equal(await name(), [('conference', 'text', 'oldhag')])
    await people.hag.enter(room)
    equal(await name(), [('conference', 'text', 'oldhag')])
    await refused(people.wicca.enter(room, 'oldhag'), 'conflict')


@use_case('7.13')
async def request_voice(people):
    room = await people.gather('7.13', 'hag wicca', moderatedroom='1')
    people.hag.muc.request_voice(room, 'participant')
    request = fields((await people.crone.hears(room, 'room form')).xml)
    about = [request[it] for it in ('FORM_TYPE', 'muc#role', 'muc#jid', 'muc#roomnick', 'muc#request_allow')]
    equal(about[:4], [[MUC + '#request'], ['participant'], ['hag66@localhost/pda'], ['thirdwitch']])
    holds(about[4] in (['0'], ['false']), 'the form grants voice by itself')
    equal(await people.wicca.seen(room), [])
    equal(await people.hag.seen(room), [])


@use_case('7.14')
async def exit_rooms(people):
    room = await people.gather('7.14', 'hag hecate wicca')
    people.hag.muc.leave_muc(room, 'thirdwitch', 'gone where the goblins go')
    equal(await people.hag.seen(room), ['-thirdwitch none/none jid=hag66/pda 110 gone where the goblins go'])
    equal(await people.crone.seen(room), ['-thirdwitch none/none jid=hag66/pda gone where the goblins go'])
    equal(await people.wicca.seen(room), ['-thirdwitch none/none gone where the goblins go'])
    people.hecate.send_presence(ptype='unavailable')
    await people.wicca.hears(room, '-hecate none/none')
    people.hecate.send_presence()
    people.crone.muc.leave_muc(room, 'firstwitch')
    people.wicca.muc.leave_muc(room, 'secondwitch')
    equal((await people.wicca.seen(room))[-1], '-secondwitch none/none jid=wiccarocks/laptop 110')
    # Nobody is left, so the room is no more; who comes now founds another one.
    pres, *_ = await people.hag.enter(room)
    holds(201 in pres['muc']['status_codes'], 'the room has outlived its occupants')
