#!/usr/bin/python3
"""slixmpp clients go through every use case of XEP-0045 sections 6 to 10.

usage: slixmpp_rooms.py PORT CA_FILE PASSWORD
Prints a line for each use case: `ok 7.4`, or `not ok 7.4` and why.
"""
import asyncio
import sys

import slixmpp_rooms_found  # noqa: F401 (section 6)
import slixmpp_rooms_entered  # noqa: F401 (sections 7.1 and 7.2)
import slixmpp_rooms_inhabited  # noqa: F401 (sections 7.3 to 7.14)
import slixmpp_rooms_ruled  # noqa: F401 (sections 8 and 9)
import slixmpp_rooms_owned  # noqa: F401 (section 10)
from slixmpp_room_people import CASES, People


async def run(port, ca_file, password):
    people = People(password, ca_file)
    await people.start(port)
    for section, case in CASES.items():
        try:
            await asyncio.wait_for(case(people), 10)
            print('ok', section, flush=True)
        except Exception as error:  # whatever it is, the other use cases are not concerned
            print('not ok', section, type(error).__name__, ' '.join(str(error).split()), flush=True)


def main():
    port, ca_file, password = sys.argv[1:]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(run(int(port), ca_file, password))


main()
