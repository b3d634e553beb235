#!/usr/bin/python3
"""Two slixmpp devices of one account: carbons both ways, and a resumption after the network broke with stanzas in it.

usage: slixmpp_devices.py PORT CA_FILE JID PASSWORD PEER_JID PEER_PASSWORD COUNT
The phone connects through a pipe that first keeps everything and then breaks. Prints one JSON object.
"""
import asyncio
import collections
import json
import ssl
import sys

import slixmpp


class Pipe:
    """A TCP proxy: a network that can swallow what is sent, and break."""

    def __init__(self, port):
        self.port = port
        self.swallows = False
        self.swallowed = [0, 0]
        self.writers = []

    async def listen(self):
        self.server = await asyncio.start_server(self.accept, '127.0.0.1', 0)
        return self.server.sockets[0].getsockname()[1]

    async def accept(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection('127.0.0.1', self.port)
        self.writers += [writer, far_writer]
        await asyncio.gather(self.pump(reader, far_writer, 0), self.pump(far_reader, writer, 1))

    async def pump(self, reader, writer, way):
        try:
            while data := await reader.read(65536):
                if self.swallows:
                    self.swallowed[way] += len(data)
                else:
                    writer.write(data)
                    await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        writer.close()

    def cut(self):
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()
        self.swallows = False


class KeptQueue(collections.deque):
    """slixmpp empties its queue of unacknowledged stanzas when it sends <resume/>, so it would lose them by itself."""

    def clear(self):
        pass


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca_file):
        super().__init__(jid, password)
        self.ca_certs = ca_file
        self.online = asyncio.Event()
        self.resumptions = asyncio.Queue()
        self.got = []
        self.news = asyncio.Event()
        self.failures = []
        for name in ('xep_0198', 'xep_0280'):
            self.register_plugin(name)
        self.add_event_handler('session_start', self.begin)
        self.add_event_handler('session_resumed', self.resumptions.put_nowait)
        self.add_event_handler('sm_failed', lambda stanza: self.failures.append(str(stanza)))
        self.add_event_handler('failed_all_auth', lambda stanza: self.failures.append(str(stanza)))
        self.add_event_handler('message', lambda stanza: self.note('', stanza))
        self.add_event_handler('carbon_received', lambda stanza: self.note('received ', stanza['carbon_received']))
        self.add_event_handler('carbon_sent', lambda stanza: self.note('sent ', stanza['carbon_sent']))

    def note(self, kind, stanza):
        if stanza['body']:
            self.got.append(kind + stanza['body'])
            self.news.set()

    async def begin(self, _):
        await self.get_roster()
        await self['xep_0280'].enable()
        self.send_presence()
        self.online.set()

    async def start(self, port):
        self.connect(('127.0.0.1', port))
        await self.online.wait()

    async def until(self, enough):
        while not enough(self.got):
            self.news.clear()
            await self.news.wait()

    def take(self):
        got, self.got = self.got, []
        return got


async def until(holds):
    while not holds():
        await asyncio.sleep(0.01)


async def run(port, ca_file, account, password, peer, peer_password, count):
    pipe = Pipe(port)
    pipe_port = await pipe.listen()
    phone, desk = Client(account + '/phone', password, ca_file), Client(account + '/desk', password, ca_file)
    romeo = Client(peer + '/orchard', peer_password, ca_file)
    await phone.start(pipe_port)
    await desk.start(port)
    await romeo.start(port)
    await asyncio.sleep(0)
    result = {}

    # Carbons both ways.
    romeo.send_message(mto=phone.boundjid, mbody='to the phone', mtype='chat')
    await asyncio.gather(phone.until(lambda got: len(got) == 1), desk.until(lambda got: len(got) == 1))
    phone.send_message(mto=romeo.boundjid, mbody='from the phone', mtype='chat')
    await asyncio.gather(romeo.until(lambda got: len(got) == 1), desk.until(lambda got: len(got) == 2))
    desk.send_message(mto=romeo.boundjid, mbody='from the desk', mtype='chat')
    await asyncio.gather(romeo.until(lambda got: len(got) == 2), phone.until(lambda got: len(got) == 2))
    result['carbons'] = {'phone': phone.take(), 'desk': desk.take(), 'romeo': romeo.take()}

    # The network swallows everything, in both directions, and then breaks.
    management = phone['xep_0198']
    management.unacked_queue = KeptQueue(management.unacked_queue)
    pipe.swallows = True
    for number in range(count):
        romeo.send_message(mto=account, mbody='in %d' % number, mtype='chat')
        phone.send_message(mto=romeo.boundjid, mbody='out %d' % number, mtype='chat')
    await desk.until(lambda got: len(got) == count)
    await until(lambda: len(management.unacked_queue) >= count and min(pipe.swallowed) > 0)
    result['before'] = {'phone': phone.take(), 'romeo': romeo.take(), 'unacknowledged': len(management.unacked_queue)}
    pipe.cut()
    await phone.wait_until('disconnected', 10)
    phone.connect(('127.0.0.1', pipe_port))
    await asyncio.wait_for(phone.resumptions.get(), 20)
    await asyncio.gather(
        phone.until(lambda got: len(got) >= count),
        romeo.until(lambda got: len(got) >= count),
        desk.until(lambda got: len(got) >= 2 * count),
    )
    # Whatever is behind that comes before this.
    romeo.send_message(mto=account, mbody='end', mtype='chat')
    await asyncio.gather(phone.until(lambda got: got[-1] == 'end'), desk.until(lambda got: got[-1] == 'end'))
    phone.send_message(mto=romeo.boundjid, mbody='end', mtype='chat')
    await romeo.until(lambda got: got[-1] == 'end')
    result['after'] = {'phone': phone.take(), 'romeo': romeo.take(), 'desk': desk.take()}
    result['failures'] = phone.failures + desk.failures + romeo.failures
    for client in (phone, desk, romeo):
        await client.disconnect()
    return result


def main():
    port, ca_file, account, password, peer, peer_password, count = sys.argv[1:]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    work = run(int(port), ca_file, account, password, peer, peer_password, int(count))
    print(json.dumps(loop.run_until_complete(asyncio.wait_for(work, 60))))


main()
