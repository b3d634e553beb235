"""XEP-0045 sections 7.1 and 7.2: how rooms are entered."""
import asyncio
from datetime import datetime, timedelta, timezone

from slixmpp_room_people import MUC, SERVICE, describe, equal, find, holds, refused, use_case

CRONE = '+firstwitch owner/moderator'
ARRIVAL = '+thirdwitch none/participant'
HAG = ARRIVAL + ' jid=hag66/pda 110 170'


@use_case('7.1')
async def order_of_events(people):
    room = await people.gather('7.1', 'wicca')
    people.crone.muc.set_subject(room, 'Fire Burn')
    people.crone.say(room, "Thrice the brinded cat hath mew'd.")
    await people.crone.hears(room, "firstwitch: Thrice the brinded cat hath mew'd.")
    await people.hag.enter(room)
    others, rest = (seen := await people.hag.seen(room))[:2], seen[2:]
    equal(sorted(others), [CRONE, '+secondwitch none/participant'])
    equal(rest, [HAG, "firstwitch: Thrice the brinded cat hath mew'd. late", 'firstwitch# Fire Burn late'])


@use_case('7.2.1')
async def basic_protocol(people):
    room = await people.gather('7.2.1')
    presence = people.hag.make_presence(pto=room)
    presence.enable('muc_join')
    presence.send()
    equal(await people.hag.seen(room), ['room !jid-malformed'])
    for _ in range(2):
        await people.hag.enter(room)
        equal(await people.hag.seen(room), [CRONE, HAG, 'room# '])


@use_case('7.2.2')
async def presence_broadcast(people):
    room = await people.gather('7.2.2', 'wicca')
    await people.hag.enter(room, presence_options={'pstatus': 'hungry'})
    equal(await people.crone.seen(room), [ARRIVAL + ' jid=hag66/pda hungry'])
    equal(await people.wicca.seen(room), [ARRIVAL + ' hungry'])
    seen = await people.hag.seen(room)
    equal(sorted(seen[:2]), [CRONE, '+secondwitch none/participant'])
    equal(seen[2:], [HAG + ' hungry', 'room# '])


@use_case('7.2.3')
async def non_anonymous(people):
    room = await people.gather('7.2.3', 'wicca', whois='anyone')
    await people.hag.enter(room)
    for witness in (people.crone, people.wicca):
        equal(await witness.seen(room), [ARRIVAL + ' jid=hag66/pda'])
    seen = await people.hag.seen(room)
    others = [CRONE + ' jid=crone1/desktop', '+secondwitch none/participant jid=wiccarocks/laptop']
    equal((sorted(seen[:2]), seen[2]), (others, ARRIVAL + ' jid=hag66/pda 100 110 170'))


@use_case('7.2.4')
async def semi_anonymous(people):
    room = await people.gather('7.2.4', 'wicca', whois='moderators')
    await people.hag.enter(room)
    equal(await people.crone.seen(room), [ARRIVAL + ' jid=hag66/pda'])
    equal(await people.wicca.seen(room), [ARRIVAL])
    equal([it for it in await people.hag.seen(room) if 'jid=' in it], [HAG])


@use_case('7.2.5')
async def password_protected(people):
    room = await people.gather('7.2.5', passwordprotectedroom='1', roomsecret='cauldronburn')
    await refused(people.hag.enter(room), 'not-authorized')
    await refused(people.hag.enter(room, password='cauldron'), 'not-authorized')
    await people.hag.enter(room, password='cauldronburn')


@use_case('7.2.6')
async def members_only(people):
    room = await people.gather('7.2.6', membersonly='1')
    await refused(people.hag.enter(room), 'registration-required')
    await people.crone.muc.set_affiliation(room, 'member', jid='hag66@localhost')
    await people.hag.enter(room)
    holds('+thirdwitch member/participant jid=hag66/pda 110 170' in await people.hag.seen(room), 'no member')


@use_case('7.2.7')
async def banned(people):
    room = await people.gather('7.2.7')
    await people.crone.muc.set_affiliation(room, 'outcast', jid='hag66@localhost')
    await refused(people.hag.enter(room), 'forbidden')


@use_case('7.2.8')
async def nickname_conflict(people):
    room = await people.gather('7.2.8', 'hag')
    await refused(people.hecate.enter(room, 'thirdwitch'), 'conflict')
    await people.phone.enter(room)
    holds('+thirdwitch none/participant jid=hag66/phone 110 170' in await people.phone.seen(room), 'not inside')
    people.phone.say(room, 'Two of me')
    people.crone.say(room + '/thirdwitch', 'Which one?', mtype='chat')
    for device in (people.hag, people.phone):
        await device.hears(room, 'thirdwitch: Two of me')
        await device.hears(room, 'firstwitch> Which one?')
    await people.crone.muc.set_affiliation(room, 'member', jid='wiccarocks@localhost', nick='blackwitch')
    await refused(people.hecate.enter(room, 'blackwitch'), 'conflict')


@use_case('7.2.9')
async def max_users(people):
    room = await people.gather('7.2.9', 'hag', maxusers='2')
    await refused(people.wicca.enter(room), 'service-unavailable')
    await people.crone.muc.set_affiliation(room, 'admin', jid='wiccarocks@localhost')
    await people.wicca.enter(room)


@use_case('7.2.10')
async def locked(people):
    room = 'locked@' + SERVICE
    await people.crone.enter(room)
    await refused(people.hag.enter(room), 'item-not-found')
    await people.crone.configures(room, {})
    await people.hag.enter(room)


@use_case('7.2.11')
async def nonexistent(people):
    room = 'nonexistent@' + SERVICE
    await people.hag.enter(room)
    equal(await people.hag.seen(room), ['+thirdwitch owner/moderator jid=hag66/pda 110 170 201', 'room# '])


@use_case('7.2.12')
async def logging(people):
    room = await people.gather('7.2.12', enablelogging='0')
    await people.hag.enter(room)
    holds(ARRIVAL + ' jid=hag66/pda 110' in await people.hag.seen(room), 'there is something else to tell')
    await people.crone.configures(room, {'enablelogging': '1'})
    await people.wicca.enter(room)
    told = '+secondwitch none/participant jid=wiccarocks/laptop 110 170'
    holds(told in await people.wicca.seen(room), 'nothing was told')


async def gather_history(people, section):
    room = await people.gather(section, 'wicca')
    for person, verse in ((people.crone, 'one'), (people.wicca, 'two'), (people.crone, 'three')):
        person.say(room, verse)
        await person.hears(room, '%s: %s' % (person.my_nick, verse))
    return room


@use_case('7.2.13')
async def history(people):
    room = await gather_history(people, '7.2.13')
    await people.hag.enter(room)
    seen = people.hag.take(lambda it: it['from'].bare == room and it['body'])
    equal([describe(it) for it in seen], ['firstwitch: one late', 'secondwitch: two late', 'firstwitch: three late'])
    equal({str(it['delay']['from']) for it in seen}, {room})
    now = datetime.now(timezone.utc)
    ages = [now - it['delay']['stamp'] for it in seen]
    holds(all(timedelta() <= it < timedelta(seconds=20) for it in ages), 'the times are %r' % ages)
    equal(ages, sorted(ages, reverse=True))


@use_case('7.2.14')
async def managed_history(people):
    room = await gather_history(people, '7.2.14')
    now = datetime.now(timezone.utc)

    async def gets(**wish):
        await people.hag.enter(room, **wish)
        return [it.split(': ')[1] for it in await people.hag.seen(room) if ': ' in it]

    equal(await gets(maxstanzas=2), ['two late', 'three late'])
    equal(await gets(maxstanzas=0), [])
    equal(await gets(maxchars=0), [])
    equal(await gets(maxchars=65000), ['one late', 'two late', 'three late'])
    some = await gets(maxchars=600)
    holds(0 < len(some) < 3, '%r are not what fits into 600 characters' % some)
    equal(await gets(seconds=180), ['one late', 'two late', 'three late'])
    equal(await gets(since=datetime(1970, 1, 1, tzinfo=timezone.utc)), ['one late', 'two late', 'three late'])
    equal(await gets(since=now + timedelta(seconds=60)), [])


@use_case('7.2.15')
async def subject(people):
    room = await people.gather('7.2.15')
    await people.hag.enter(room)
    equal((await people.hag.seen(room))[-1], 'room# ')
    people.crone.muc.set_subject(room, 'Fire Burn and Cauldron Bubble!')
    await people.crone.hears(room, 'firstwitch# Fire Burn and Cauldron Bubble!')
    _, last, *_ = await people.wicca.enter(room)
    equal(describe(last), 'firstwitch# Fire Burn and Cauldron Bubble! late')
    equal(last.xml.find('{urn:xmpp:delay}delay').get('from'), room)
    people.crone.clears_subject(room)
    await people.crone.hears(room, 'firstwitch# ')
    equal(describe((await people.hecate.enter(room))[1])[:12], 'firstwitch# ')


@use_case('7.2.16')
async def live_messages(people):
    room = await people.gather('7.2.16', 'wicca', maxhistoryfetch='200')
    entering = []
    for number in range(100):
        people.wicca.say(room, str(number))
        if number == 30:
            entering.append(asyncio.ensure_future(people.hag.enter(room)))
        if number % 10 == 0:
            await asyncio.sleep(0)
    await entering[0]
    await people.wicca.hears(room, 'secondwitch: 99')
    seen = await people.hag.seen(room)
    at = seen.index('room# ')
    holds(all(it.endswith(' late') for it in seen[3:at]), 'something is live before the subject')
    holds(not any(it.endswith(' late') for it in seen[at:]), 'something is late behind the subject')
    numbers = [it.split()[1] for it in seen if it.startswith('secondwitch: ')]
    # No more than the last 20 of what was said before are history.
    equal(numbers, [str(it) for it in range(100 - len(numbers), 100)])


@use_case('7.2.17')
async def error_conditions(people):
    room = 'coven@conference.closed.localhost'
    presence = people.hag.make_presence(pto=room + '/thirdwitch')
    presence['id'] = 'enter-1'
    presence.enable('muc_join')
    presence.send()
    answer = await people.hag.hears(room, 'thirdwitch !not-allowed')
    equal(answer['id'], 'enter-1')
    holds(find(answer.xml, 'x', MUC) is not None, 'the refusal is not marked: %s' % answer)


@use_case('7.2.18')
async def groupchat_1(people):
    room = await people.gather('7.2.18')
    people.hag.send_presence(pto=room + '/thirdwitch')
    equal(await people.hag.seen(room), ['-thirdwitch none/none reason=You are not in the room. 110 307 333'])
    equal(await people.crone.seen(room), [])
