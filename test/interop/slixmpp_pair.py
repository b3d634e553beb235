#!/usr/bin/python3
"""Two slixmpp clients become contacts, see each other's presence and chat: over STARTTLS, with SCRAM.

usage: slixmpp_pair.py PORT CA_FILE JID PASSWORD JID PASSWORD
Prints one JSON object: what each side saw. Exit code 0 when the conversation took place.
"""
import asyncio
import json
import ssl
import sys

import slixmpp


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca_file):
        super().__init__(jid, password)
        self.ca_certs = ca_file
        self.auto_authorize = None
        self.auto_subscribe = None
        self.online = asyncio.Event()
        self.messages = asyncio.Queue()
        self.presences = asyncio.Queue()
        self.subscriptions = asyncio.Queue()
        self.failure = None
        self.add_event_handler('session_start', self.begin)
        self.add_event_handler('message', lambda stanza: self.messages.put_nowait(stanza))
        self.add_event_handler('presence_available', lambda stanza: self.presences.put_nowait(stanza))
        self.add_event_handler('presence_unavailable', lambda stanza: self.presences.put_nowait(stanza))
        self.add_event_handler('presence_subscribe', lambda stanza: self.subscriptions.put_nowait(stanza))
        self.add_event_handler('failed_all_auth', self.fail)

    def fail(self, stanza):
        self.failure = str(stanza)
        self.online.set()

    async def begin(self, _):
        await self.get_roster()
        self.send_presence()
        self.online.set()

    async def presence_of(self, peer, kind='available'):
        while True:
            stanza = await self.presences.get()
            if stanza['from'].bare == peer and stanza['type'] == kind:
                return stanza


async def converse(port, ca_file, first, second):
    juliet, romeo = Client(*first, ca_file), Client(*second, ca_file)
    for client in (juliet, romeo):
        client.connect(('127.0.0.1', port))
        await client.online.wait()
        if client.failure:
            raise SystemExit('login failed: ' + client.failure)
    # Subscriptions both ways (RFC 6121 section 3.1).
    juliet.send_presence_subscription(pto=romeo.boundjid.bare)
    request = await romeo.subscriptions.get()
    romeo.send_presence(pto=request['from'].bare, ptype='subscribed')
    await juliet.presence_of(romeo.boundjid.bare)
    romeo.send_presence_subscription(pto=juliet.boundjid.bare)
    request = await juliet.subscriptions.get()
    juliet.send_presence(pto=request['from'].bare, ptype='subscribed')
    await romeo.presence_of(juliet.boundjid.bare)
    # A message each way.
    juliet.send_message(mto=romeo.boundjid.bare, mbody='Wherefore art thou?', mtype='chat')
    heard = await romeo.messages.get()
    romeo.send_message(mto=heard['from'], mbody='Call me but love, čeština ❤ &<>', mtype='chat')
    answer = await juliet.messages.get()
    # Rosters as the server has them.
    await juliet.get_roster()
    item = juliet.client_roster[romeo.boundjid.bare]
    romeo.disconnect()
    gone = await juliet.presence_of(slixmpp.JID(second[0]).bare, 'unavailable')
    result = {
        'subscription': item['subscription'],
        'heard': heard['body'],
        'answer': answer['body'],
        'gone': gone['from'].bare,
        'tls': juliet.transport.get_extra_info('ssl_object').version(),
        'mechanism': juliet['feature_mechanisms'].mech.name,
    }
    juliet.disconnect()
    return result


def main():
    port, ca_file, *accounts = sys.argv[1:]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    work = converse(int(port), ca_file, accounts[0:2], accounts[2:4])
    print(json.dumps(loop.run_until_complete(asyncio.wait_for(work, 30))))


main()
