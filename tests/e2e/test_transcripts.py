"""The transcripts of the inspect channel, replayed against the connectors: the test is filterd."""
import asyncio
import os
import pathlib
import sys
import xml.etree.ElementTree as ET

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lib import client as xmpp, peer as peers, run, servers  # noqa: E402

KINDS = os.environ.get("FILTERD_TEST_SERVERS", "prosody ejabberd").split()
FOLDER = pathlib.Path(__file__).resolve().parents[1] / "transcripts"
TIMEOUT = 1     # the connectors' deadline here: CANCEL comes after it


def for_a_connector(lines):
    """Whether a connector can play its part: none that breaks the rules by its own doing."""
    for before, line in zip([None, *lines], lines):
        if line.side == ">" and (line.raw is not None or line.fields.get("flags") == "1" and line.name == "INSPECT"):
            return False    # raw bytes; asked again (ejabberd alone does it)
        if line.side == "=" and before.side == ">":
            return False
        if line.name == "CANCEL" and line.fields["id"] == "99":
            return False
    return True


def without_own_pings(lines):
    """A connector pings when it has heard nothing for 10 s: such a PING, and the PONG to it, are left out."""
    pinged = {line.fields["cookie"] for line in lines if line.side == ">" and line.name == "PING"}
    return [line for line in lines if not (line.side == ">" and line.name == "PING" or
                                           line.side == "<" and line.name == "PONG" and line.fields["cookie"] in pinged)]


ALL = {path.stem: peers.transcript(path) for path in sorted(FOLDER.glob("*.txt"))}
CHOSEN = [name for name, lines in ALL.items() if for_a_connector(lines) and name != "cancel-unknown"]


class Replay(peers.Peer):
    """A peer that follows a transcript instead of judging."""

    def __init__(self, *args, bytewise=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.bytewise = bytewise
        self.stream = None
        self.ended = []
        self.done = asyncio.Event()

    async def _serve(self, reader, writer):
        if self.stream:
            return writer.close()
        self.tasks.add(asyncio.current_task())
        self.stream = (reader, writer)
        self.attached.set()     # no further offers
        await self.done.wait()
        writer.close()

    async def put(self, data):
        writer = self.stream[1]
        try:
            for piece in ([data[i:i + 1] for i in range(len(data))] if self.bytewise else [data]):
                writer.write(piece)
                await writer.drain()
                if self.bytewise:
                    await asyncio.sleep(0.002)
        except ConnectionError:
            pass        # closed in the middle of a bad frame: the transcript says whether that is right

    async def take(self, limit=peers.MAX_FRAME):
        """The next frame but END: that may come as soon as the session is over, or when its open ids have been
        answered, and is kept in self.ended."""
        while True:
            name, fields = await self.take_any(limit)
            if name != "END":
                return name, fields

    async def take_any(self, limit=peers.MAX_FRAME):
        type, body = await asyncio.wait_for(peers.read_frame(self.stream[0], limit), 6)
        name, fields = peers.NAMES.get(type, hex(type)), peers.parse(type, body)
        if name == "END":
            self.ended.append(fields["session"])
        return name, fields

    async def all_ended(self, sessions):
        while sorted(self.ended) != sorted(sessions):
            name, _ = await self.take_any()
            assert name == "END", name

    async def at_end(self):
        """Reads to the end of the stream; CANCEL and END may still come."""
        while True:
            try:
                name, _ = await self.take()
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            assert name in ("CANCEL", "END", "PING"), name


@pytest.fixture(scope="module", params=KINDS)
def server(request):
    folder = run.scratch()
    server = servers.start_server(request.param, folder, upload_component=None, module_options={"timeout": TIMEOUT},
                                  accounts=("alice@example.test", "bob@example.test"))
    yield server
    server.stop()
    run.remove(folder)


@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
@pytest.mark.parametrize("name", CHOSEN)
def test_transcript(server, name, bytewise):
    def do(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, xmpp.loop()).result(20)

    async def make():
        return Replay(server.component_port, server.secrets["filter.example.test"], server.hosts[:1],
                      path=str(server.settings.workdir / "inspect"), bytewise=bytewise)
    peer, clients = do(make()), {}
    try:
        do(peer.start())
        do(asyncio.wait_for(make_waiter(peer), 10))
        numbers = {}            # session numbers of the transcript -> the connector's
        expected_session, expected_rooms = None, []
        closed = []
        lines = without_own_pings(ALL[name])
        for before, line in zip([None, *lines], lines):
            if line.side == "<":
                do(peer.put(line.raw if line.raw is not None else peers.build(peers.TYPES[line.name], **line.fields)))
            elif line.side == "=":
                do(peer.at_end())
            elif line.name == "ATTACH":
                got, fields = do(peer.take(4096))
                assert got == "ATTACH" and fields["version"] == 1 and fields["token"] in peer.offers and fields["software"]
            elif line.name == "SESSION":
                expected_session = line
                jid = line.fields["jid"]
                clients[line.fields["session"]] = xmpp.Client(server, *jid.split("/"), available=False, carbons=False).connect()
            elif line.name == "ROOM":
                expected_rooms.append(line.fields)
            elif line.name == "INSPECT":
                for room in expected_rooms:
                    if room["domains"]:     # somebody is in it, which the room must have noticed
                        clients[line.fields["session"]].wait(lambda s: s.kind == "presence" and s.sender.startswith(room["room"] + "/"))
                clients[line.fields["session"]].raw(line.fields["stanza"].replace("jabber:client", ""))
                if expected_session is not None:
                    got, fields = do(peer.take())
                    assert got == "SESSION"
                    for field in ("origin", "jid", "host"):
                        assert str(fields[field]) == expected_session.fields[field]
                    numbers[expected_session.fields["session"]] = fields["session"]
                    expected_session = None
                for room in expected_rooms:
                    got, fields = do(peer.take())
                    assert got == "ROOM" and {k: str(v) for k, v in fields.items()} == room
                expected_rooms = []
                got, fields = do(peer.take())
                assert (got, fields["id"], fields["session"]) == ("INSPECT", int(line.fields["id"]), numbers[line.fields["session"]])
                sent, came = ET.fromstring(line.fields["stanza"]), ET.fromstring(fields["stanza"])
                assert [sent.get(a) for a in ("id", "from", "to", "type")] == [came.get(a) for a in ("id", "from", "to", "type")]
                assert sent.find("body") is None or sent.find("body").text in [e.text for e in came.iter() if e.tag.endswith("body")]
            elif line.name == "END":
                clients.pop(line.fields["session"]).close()
                closed.append(numbers[line.fields["session"]])
            else:
                got, fields = do(peer.take())
                assert (got, fields) == (line.name, {k: int(v) for k, v in line.fields.items()})
        if lines[-1].side != "=":
            do(peer.all_ended(closed))
    finally:
        for c in clients.values():
            c.close()
        async def end():
            peer.done.set()
            await asyncio.sleep(0.01)
            await peer.stop()
            if peer.stream:
                peer.stream[1].transport.abort()
        do(end())


async def make_waiter(peer):
    await peer.attached.wait()


def test_transcripts_can_be_read():
    assert len(ALL) > 40 and len(CHOSEN) > 20
