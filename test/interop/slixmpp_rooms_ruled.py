"""XEP-0045 sections 8 and 9: what moderators and admins do."""
from slixmpp_room_people import MUC, equal, fields, form_of, holds, refused, use_case

HAG = 'thirdwitch none/participant'


async def all_see(people, room, change):
    """The crone, a moderator, sees the address, too; the hag knows that it is her."""
    equal(await people.crone.seen(room), [change % ' jid=hag66/pda'])
    equal(await people.wicca.seen(room), [change % ''])
    own, *others = await people.hag.seen(room)
    equal(own, change % ' jid=hag66/pda' + ' 110')
    # Who becomes a moderator is shown who the others are.
    equal([it for it in others if ' jid=' not in it], [])


@use_case('8.1')
async def modify_the_subject(people):
    room = await people.gather('8.1', 'hag wicca')
    people.crone.muc.set_subject(room, 'Fire Burn and Cauldron Bubble!')
    await people.hag.hears(room, 'firstwitch# Fire Burn and Cauldron Bubble!')
    people.crone.clears_subject(room)
    await people.hag.hears(room, 'firstwitch# ')
    people.hag.muc.set_subject(room, 'Hags')
    equal(await people.hag.seen(room), ['room !forbidden'])
    people.crone.send_message(mto=room, msubject='No subject', mbody='but a message', mtype='groupchat')
    await people.wicca.hears(room, 'firstwitch: but a message')
    _, subject, *_ = await people.hecate.enter(room)
    equal(subject['subject'], '')


@use_case('8.2')
async def kick(people):
    room = await people.gather('8.2', 'hag wicca')
    await people.crone.muc.set_role(room, 'secondwitch', 'moderator')
    for person in (people.crone, people.hag, people.wicca):
        await person.seen(room)
    await people.crone.muc.set_role(room, 'thirdwitch', 'none', reason='Avaunt!')
    gone = '-thirdwitch none/none jid=hag66/pda by=firstwitch reason=Avaunt!'
    equal(await people.hag.seen(room), [gone + ' 110 307'])
    equal(await people.wicca.seen(room), [gone + ' 307'])
    equal(await people.crone.seen(room), [gone + ' 307'])
    await refused(people.wicca.muc.set_role(room, 'firstwitch', 'none'), 'not-allowed')
    await people.hag.enter(room)
    await refused(people.hag.muc.set_role(room, 'secondwitch', 'none'), 'forbidden')


@use_case('8.3')
async def grant_voice(people):
    room = await people.gather('8.3', 'hag wicca', moderatedroom='1')
    people.hag.say(room, 'mute')
    equal(await people.hag.seen(room), ['room !forbidden'])
    await people.crone.muc.set_role(room, 'thirdwitch', 'participant', reason='A worthy witch indeed!')
    await all_see(people, room, '+' + HAG + '%s by=firstwitch reason=A worthy witch indeed!')
    people.hag.say(room, 'no more')
    await people.wicca.hears(room, 'thirdwitch: no more')


@use_case('8.4')
async def revoke_voice(people):
    room = await people.gather('8.4', 'hag wicca')
    await people.crone.muc.set_role(room, 'thirdwitch', 'visitor')
    await all_see(people, room, '+thirdwitch none/visitor%s by=firstwitch')
    people.hag.say(room, 'mute')
    equal(await people.hag.seen(room), ['room !forbidden'])
    await people.crone.muc.set_affiliation(room, 'admin', jid='wiccarocks@localhost')
    await refused(people.crone.muc.set_role(room, 'secondwitch', 'visitor'), 'not-allowed')
    await refused(people.wicca.muc.set_role(room, 'firstwitch', 'visitor'), 'not-allowed')
    # Nor is it for a moderator of lower standing to silence a member.
    await people.hecate.enter(room)
    await people.crone.muc.set_role(room, 'hecate', 'moderator')
    await people.crone.muc.set_affiliation(room, 'member', jid='hag66@localhost')
    await refused(people.hecate.muc.set_role(room, 'thirdwitch', 'visitor'), 'not-allowed')


@use_case('8.5')
async def modify_voices(people):
    room = await people.gather('8.5', 'hag wicca hecate', moderatedroom='1')
    await people.crone.changes(room, "nick='thirdwitch' role='participant'", "nick='hecate' role='participant'")
    voices = [
        'affiliation=none jid=hag66@localhost/pda nick=thirdwitch role=participant',
        'affiliation=none jid=hecate@localhost/broom nick=hecate role=participant',
    ]
    equal(await people.crone.lists(room, "role='participant'"), voices)
    await people.wicca.seen(room)
    await people.crone.changes(room, "nick='thirdwitch' role='visitor'", "nick='secondwitch' role='participant'")
    mine = '+secondwitch none/participant jid=wiccarocks/laptop by=firstwitch 110'
    equal(await people.wicca.seen(room), ['+thirdwitch none/visitor by=firstwitch', mine])
    both = ["nick='hecate' role='visitor'", "nick='firstwitch' role='visitor'"]
    await refused(people.crone.changes(room, *both), 'not-allowed')
    equal(await people.wicca.seen(room), [])
    await refused(people.hag.lists(room, "role='participant'"), 'forbidden')


@use_case('8.6')
async def approve_voice(people):
    room = await people.gather('8.6', 'hag wicca', moderatedroom='1')
    people.hag.muc.request_voice(room, 'participant')
    form = fields((await people.crone.hears(room, 'room form')).xml)
    values = {name: value[0] for name, value in form.items() if name != 'FORM_TYPE'}
    people.wicca.note(room, form_of({**values, 'muc#request_allow': 'true'}, 'request'))
    equal(await people.wicca.seen(room), ['room !forbidden'])
    people.crone.note(room, form_of({**values, 'muc#request_allow': 'true'}, 'request'))
    await people.wicca.hears(room, '+' + HAG + ' by=firstwitch')
    people.hag.say(room, 'I have a voice')
    await people.wicca.hears(room, 'thirdwitch: I have a voice')


@use_case('9.1')
async def ban(people):
    room = await people.gather('9.1', 'hag wicca')
    await people.crone.muc.set_affiliation(room, 'admin', jid='wiccarocks@localhost')
    for person in (people.crone, people.hag, people.wicca):
        await person.seen(room)
    await people.wicca.muc.set_affiliation(room, 'outcast', jid='hag66@localhost', reason='Treason')
    gone = '-thirdwitch outcast/none jid=hag66/pda by=secondwitch reason=Treason'
    equal(await people.hag.seen(room), [gone + ' 110 301'])
    equal(await people.crone.seen(room), [gone + ' 301'])
    await refused(people.hag.enter(room), 'forbidden')
    await refused(people.wicca.muc.set_affiliation(room, 'outcast', jid='crone1@localhost'), 'not-allowed')
    await refused(people.wicca.muc.set_affiliation(room, 'outcast', jid='wiccarocks@localhost'), 'conflict')
    await people.hecate.enter(room)
    await refused(people.hecate.muc.set_affiliation(room, 'outcast', jid='crone1@localhost'), 'forbidden')


@use_case('9.2')
async def modify_bans(people):
    room = await people.gather('9.2', 'hag wicca')
    await people.crone.muc.set_affiliation(room, 'admin', jid='wiccarocks@localhost')
    both = [('hag66@localhost', 'outcast'), ('hecate@localhost', 'outcast')]
    await people.wicca.muc.send_affiliation_list(room, both)
    banned = sorted(await people.wicca.muc.get_affiliation_list(room, 'outcast'))
    equal(banned, ['hag66@localhost', 'hecate@localhost'])
    equal((await people.hag.seen(room))[-1], '-thirdwitch outcast/none jid=hag66/pda by=secondwitch 110 301')
    neither = [('hag66@localhost', 'none'), ('crone1@localhost', 'outcast')]
    await refused(people.wicca.muc.send_affiliation_list(room, neither), 'not-allowed')
    equal(sorted(await people.wicca.muc.get_affiliation_list(room, 'outcast')), banned)
    await people.wicca.muc.send_affiliation_list(room, [('hag66@localhost', 'none')])
    await people.hag.enter(room)
    await refused(people.hag.muc.get_affiliation_list(room, 'outcast'), 'forbidden')


@use_case('9.3')
async def grant_membership(people):
    room = await people.gather('9.3', 'hag wicca')
    await people.crone.muc.set_affiliation(room, 'member', jid='hag66@localhost', reason='A worthy witch indeed!')
    await all_see(people, room, '+thirdwitch member/participant%s by=firstwitch reason=A worthy witch indeed!')
    await refused(people.hag.muc.set_affiliation(room, 'member', jid='wiccarocks@localhost'), 'forbidden')


@use_case('9.4')
async def revoke_membership(people):
    room = await people.gather('9.4', 'hag wicca')
    for affiliation in ('member', 'none'):
        await people.crone.muc.set_affiliation(room, affiliation, jid='hag66@localhost')
        await all_see(people, room, '+thirdwitch ' + affiliation + '/participant%s by=firstwitch')
    both = [('hag66@localhost', 'member'), ('wiccarocks@localhost', 'member')]
    await people.crone.muc.send_affiliation_list(room, both)
    await people.crone.configures(room, {'membersonly': '1'})
    for person in (people.crone, people.hag, people.wicca):
        await person.seen(room)
    await people.crone.muc.set_affiliation(room, 'none', jid='hag66@localhost')
    gone = '-thirdwitch none/none'
    equal(await people.hag.seen(room), [gone + ' jid=hag66/pda by=firstwitch 110 321'])
    equal(await people.wicca.seen(room), [gone + ' by=firstwitch 321'])


@use_case('9.5')
async def modify_members(people):
    room = await people.gather('9.5', membersonly='1', passwordprotectedroom='1', roomsecret='burn')
    await people.crone.muc.send_affiliation_list(room, [('hecate@localhost', 'member'), ('hag66@localhost', 'member')])
    for guest in (people.hecate, people.hag):
        await guest.hears(room, 'room invite from=crone1@localhost password=burn')
    equal(sorted(await people.crone.muc.get_affiliation_list(room, 'member')), ['hag66@localhost', 'hecate@localhost'])
    await people.hecate.enter(room, password='burn')
    await people.crone.configures(room, {'allowinvites': '0'})
    await people.hecate.seen(room)
    people.hecate.muc.invite(room, 'wiccarocks@localhost')
    await people.hecate.hears(room, 'room !forbidden')
    await people.crone.configures(room, {'allowinvites': '1'})
    people.hecate.muc.invite(room, 'wiccarocks@localhost')
    await people.wicca.hears(room, 'room invite from=hecate@localhost password=burn')
    await people.wicca.enter(room, password='burn')
    await people.crone.muc.send_affiliation_list(room, [('hecate@localhost', 'none')])
    await people.hecate.hears(room, '-hecate none/none jid=hecate/broom by=firstwitch 110 321')
    await refused(people.hecate.enter(room, password='burn'), 'registration-required')


@use_case('9.6')
async def grant_moderator_status(people):
    room = await people.gather('9.6', 'hag wicca')
    await refused(people.hag.muc.set_role(room, 'thirdwitch', 'moderator'), 'forbidden')
    await people.crone.muc.set_role(room, 'thirdwitch', 'moderator')
    await all_see(people, room, '+thirdwitch none/moderator%s by=firstwitch')
    await refused(people.hag.muc.set_role(room, 'secondwitch', 'moderator'), 'forbidden')


@use_case('9.7')
async def revoke_moderator_status(people):
    room = await people.gather('9.7', 'hag wicca')
    await people.crone.muc.set_role(room, 'thirdwitch', 'moderator')
    for person in (people.crone, people.hag, people.wicca):
        await person.seen(room)
    await people.crone.muc.set_role(room, 'thirdwitch', 'participant')
    await all_see(people, room, '+' + HAG + '%s by=firstwitch')
    await people.crone.muc.set_affiliation(room, 'admin', jid='wiccarocks@localhost')
    await refused(people.wicca.muc.set_role(room, 'firstwitch', 'participant'), 'not-allowed')
    await refused(people.crone.muc.set_role(room, 'secondwitch', 'participant'), 'not-allowed')


@use_case('9.8')
async def modify_moderators(people):
    room = await people.gather('9.8', 'hag hecate wicca')
    await people.crone.muc.set_affiliation(room, 'admin', jid='wiccarocks@localhost')
    await people.wicca.changes(room, "nick='thirdwitch' role='moderator'")
    await people.wicca.changes(room, "nick='thirdwitch' role='participant'", "nick='hecate' role='moderator'")
    moderators = sorted(await people.wicca.muc.get_roles_list(room, 'moderator'))
    equal(moderators, ['firstwitch', 'hecate', 'secondwitch'])
    await people.hecate.hears(room, '+hecate none/moderator jid=hecate/broom by=secondwitch 110')
    both = ["nick='hecate' role='participant'", "nick='firstwitch' role='participant'"]
    await refused(people.wicca.changes(room, *both), 'not-allowed')
    await refused(people.hag.muc.get_roles_list(room, 'moderator'), 'forbidden')


@use_case('9.9')
async def approve_registration(people):
    room = await people.gather('9.9', membersonly='1')
    query = "<query xmlns='jabber:iq:register'/>"
    form = fields((await people.hag.iq('get', room, query)).xml)
    holds('muc#register_roomnick' in form, 'the form asks for no nickname')
    await people.hag.registers(room, {'muc#register_roomnick': 'thirdwitch'})
    form = fields((await people.crone.hears(room, 'room form')).xml)
    equal((form['FORM_TYPE'], form['muc#register_roomnick']), ([MUC + '#register'], ['thirdwitch']))
    await refused(people.hag.enter(room), 'registration-required')
    values = {name: value[0] for name, value in form.items() if name != 'FORM_TYPE'}
    people.hag.note(room, form_of({**values, 'muc#register_allow': '1'}, 'register'))
    await people.hag.hears(room, 'room !forbidden')
    people.crone.note(room, form_of({**values, 'muc#register_allow': '1'}, 'register'))
    await people.hag.hears(room, 'room invite from=crone1@localhost')
    await people.hag.enter(room)
