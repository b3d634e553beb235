"""XEP-0045 section 10: what owners do."""
from slixmpp_room_people import FORM, MUC, OWNER, SERVICE, equal, fields, holds, refused, use_case


async def all_see(people, room, rank, actor='firstwitch'):
    """Everybody is told of the hag's rank; she sees addresses when she is a moderator."""
    shown = '+thirdwitch %s jid=hag66/pda by=%s' % (rank, actor)
    equal(await people.crone.seen(room), [shown])
    equal(await people.wicca.seen(room), [shown.replace(' jid=hag66/pda', '')])
    own, *others = await people.hag.seen(room)
    equal(own, shown + ' 110')
    # Who becomes a moderator is shown who the others are.
    equal([it for it in others if ' jid=' not in it], [])


@use_case('10.1.1')
async def create(people):
    room = 'created@' + SERVICE
    founded = ['+firstwitch owner/moderator jid=crone1/desktop 110 170 201', 'room# ']
    await people.crone.enter(room)
    equal(await people.crone.seen(room), founded)
    await people.crone.muc.cancel_config(room)
    [gone] = await people.crone.seen(room)
    holds(gone.startswith('-firstwitch none/none') and ' destroy' in gone, 'saw %r' % gone)
    await people.crone.enter(room)
    equal(await people.crone.seen(room), founded)
    # Who goes before the room is set up does not want it.
    people.crone.muc.leave_muc(room, 'firstwitch')
    [gone] = await people.crone.seen(room)
    holds(gone.startswith('-firstwitch ') and ' destroy' not in gone, 'saw %r' % gone)
    await people.hag.enter(room)
    holds('+thirdwitch owner/moderator jid=hag66/pda 110 170 201' in await people.hag.seen(room), 'the room is left')


@use_case('10.1.2')
async def create_an_instant_room(people):
    room = 'instant@' + SERVICE
    await people.crone.enter(room)
    await people.crone.iq('set', room, "<query xmlns='%s'><x xmlns='%s' type='submit'/></query>" % (OWNER, FORM))
    await people.hag.enter(room)
    holds('+firstwitch owner/moderator' in await people.hag.seen(room), 'the owner is not there')


@use_case('10.1.3')
async def create_a_reserved_room(people):
    room = 'reserved@' + SERVICE
    await people.crone.enter(room)
    form = await people.crone.muc.get_room_config(room)
    equal(fields(form.xml)['FORM_TYPE'], [MUC + '#roomconfig'])
    blank = {'passwordprotectedroom': '1', 'roomsecret': ''}
    await refused(people.crone.configures(room, blank), 'not-acceptable')
    await refused(people.hag.enter(room), 'item-not-found')
    answers = {
        'roomname': 'A Dark Cave', 'roomdesc': 'The place for all good witches!', 'changesubject': '1',
        'allowinvites': '0', 'allowpm': 'anyone', 'maxusers': '10', 'publicroom': '0', 'persistentroom': '0',
        'moderatedroom': '0', 'membersonly': '0', 'passwordprotectedroom': '1', 'roomsecret': 'cauldronburn',
        'whois': 'moderators',
    }  # fmt: skip
    for name, value in answers.items():
        form.get_fields()['muc#roomconfig_' + name]['value'] = value
    form.get_fields()['muc#maxhistoryfetch']['value'] = '50'
    await people.crone.muc.set_room_config(room, form)
    kept = await people.crone.iq('get', room, "<query xmlns='%s'/>" % OWNER)
    kept = {name.replace('muc#roomconfig_', ''): value for name, value in fields(kept.xml).items()}
    equal({name: kept.get(name) for name in answers}, {name: [value] for name, value in answers.items()})
    equal(kept['muc#maxhistoryfetch'], ['50'])
    await people.hag.enter(room, password='cauldronburn')


@use_case('10.2')
async def configure(people):
    room = await people.gather('10.2', 'hag wicca')
    await refused(people.hag.muc.get_room_config(room), 'forbidden')
    await refused(people.hag.configures(room, {'roomname': 'Mine'}), 'forbidden')
    await people.crone.configures(room, {'roomname': 'A Dark Cave'})
    await people.crone.muc.cancel_config(room)
    form = await people.crone.muc.get_room_config(room)
    equal(form.get_values()['muc#roomconfig_roomname'], 'A Dark Cave')
    for person in (people.crone, people.hag, people.wicca):
        await person.seen(room)
    await people.crone.configures(room, {'roomadmins': 'hag66@localhost'})
    await all_see(people, room, 'admin/moderator')
    # The field holds all of them, so it is the hag no more; who was an admin stays a member.
    await people.crone.configures(room, {'roomadmins': 'wiccarocks@localhost'})
    equal(await people.crone.muc.get_affiliation_list(room, 'admin'), ['wiccarocks@localhost'])
    await people.crone.hears(room, '+thirdwitch member/participant jid=hag66/pda by=firstwitch')
    await people.crone.muc.set_affiliation(room, 'none', jid='hag66@localhost')
    await people.crone.configures(room, {'membersonly': '1'})
    equal((await people.hag.seen(room))[-1], '-thirdwitch none/none jid=hag66/pda 110 322')
    equal((await people.wicca.seen(room))[-1], '-thirdwitch none/none jid=hag66/pda 322')


@use_case('10.2.1')
async def notify_of_changes(people):
    room = await people.gather('10.2.1', 'hag')
    for change, codes in (
        ({'enablelogging': '0'}, '171'),
        ({'enablelogging': '1'}, '170'),
        ({'whois': 'anyone'}, '172'),
        ({'whois': 'moderators'}, '173'),
        ({'roomname': 'A Dark Cave'}, '104'),
        ({'whois': 'anyone', 'roomdesc': 'For all'}, '104 172'),
    ):
        await people.crone.configures(room, change)
        equal([it for it in await people.hag.seen(room) if it.startswith('room ')], ['room ' + codes])


@use_case('10.3')
async def grant_owner_status(people):
    room = await people.gather('10.3', 'hag wicca')
    await refused(people.hag.muc.set_affiliation(room, 'owner', jid='hag66@localhost'), 'forbidden')
    # A full address stands for the account.
    await people.crone.muc.set_affiliation(room, 'owner', jid='hag66@localhost/pda')
    await all_see(people, room, 'owner/moderator')
    equal(sorted(await people.hag.muc.get_affiliation_list(room, 'owner')), ['crone1@localhost', 'hag66@localhost'])


@use_case('10.4')
async def revoke_owner_status(people):
    room = await people.gather('10.4', 'hag wicca')
    await refused(people.crone.muc.set_affiliation(room, 'admin', jid='crone1@localhost'), 'conflict')
    await people.crone.muc.set_affiliation(room, 'owner', jid='hag66@localhost')
    for person in (people.crone, people.hag, people.wicca):
        await person.seen(room)
    await people.crone.muc.set_affiliation(room, 'admin', jid='hag66@localhost')
    await all_see(people, room, 'admin/moderator')
    await people.crone.muc.set_affiliation(room, 'owner', jid='hag66@localhost')
    await people.crone.muc.set_affiliation(room, 'none', jid='crone1@localhost')
    equal(await people.hag.muc.get_affiliation_list(room, 'owner'), ['hag66@localhost'])


@use_case('10.5')
async def modify_owners(people):
    room = await people.gather('10.5', 'hag')
    await people.crone.muc.set_affiliation(room, 'admin', jid='hag66@localhost')
    await refused(people.hag.muc.get_affiliation_list(room, 'owner'), 'forbidden')
    await refused(people.hag.muc.send_affiliation_list(room, [('hag66@localhost', 'owner')]), 'forbidden')
    both = [('hag66@localhost', 'owner'), ('hecate@localhost', 'owner')]
    await people.crone.muc.send_affiliation_list(room, both)
    everybody = ['crone1@localhost', 'hag66@localhost', 'hecate@localhost']
    equal(sorted(await people.crone.muc.get_affiliation_list(room, 'owner')), everybody)
    nobody = [(it, 'none') for it in everybody]
    await refused(people.crone.muc.send_affiliation_list(room, nobody), 'conflict')
    await people.crone.muc.send_affiliation_list(room, nobody[1:])
    equal(await people.crone.muc.get_affiliation_list(room, 'owner'), ['crone1@localhost'])


@use_case('10.6')
async def grant_admin_status(people):
    room = await people.gather('10.6', 'hag wicca')
    await people.crone.muc.set_affiliation(room, 'admin', jid='hag66@localhost')
    await all_see(people, room, 'admin/moderator')
    await refused(people.hag.muc.set_affiliation(room, 'admin', jid='wiccarocks@localhost'), 'forbidden')


@use_case('10.7')
async def revoke_admin_status(people):
    room = await people.gather('10.7', 'hag wicca')
    await people.crone.muc.set_affiliation(room, 'admin', jid='hag66@localhost')
    for person in (people.crone, people.hag, people.wicca):
        await person.seen(room)
    await people.crone.muc.set_affiliation(room, 'none', jid='hag66@localhost')
    await all_see(people, room, 'none/participant')


@use_case('10.8')
async def modify_admins(people):
    room = await people.gather('10.8', 'hag')
    both = [('hag66@localhost', 'admin'), ('hecate@localhost', 'admin')]
    await people.crone.muc.send_affiliation_list(room, both)
    admins = ['hag66@localhost', 'hecate@localhost']
    equal(sorted(await people.crone.muc.get_affiliation_list(room, 'admin')), admins)
    await refused(people.hag.muc.get_affiliation_list(room, 'admin'), 'forbidden')
    await refused(people.hag.muc.send_affiliation_list(room, [('wiccarocks@localhost', 'admin')]), 'forbidden')
    await people.crone.muc.send_affiliation_list(room, [('hag66@localhost', 'none'), ('wiccarocks@localhost', 'admin')])
    admins = ['hecate@localhost', 'wiccarocks@localhost']
    equal(sorted(await people.crone.muc.get_affiliation_list(room, 'admin')), admins)


@use_case('10.9')
async def destroy(people):
    room = await people.gather('10.9', 'hag wicca', persistentroom='1')
    await refused(people.hag.muc.destroy(room), 'forbidden')
    await people.crone.muc.destroy(room, reason='Macbeth doth come.', altroom='coven@' + SERVICE)
    destroyed = ' destroy jid=coven@' + SERVICE + ' reason=Macbeth doth come.'
    for person in (people.crone, people.hag, people.wicca):
        [gone] = await person.seen(room)
        holds(gone.startswith('-%s none/none' % person.my_nick) and destroyed in gone, 'saw %r' % gone)
    await refused(people.hag['xep_0030'].get_info(jid=room), 'item-not-found')
