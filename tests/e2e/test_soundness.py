"""The connectors' promise: nothing gets past them unjudged, nothing is lost, doubled or put out of order.

Real servers, a scripted filter (lib/peer.py). What the filter does with a stanza is written in its text:
wait:N  answered after N ms      SECRET   replaced by [removed]      BLOCK    bounced
SWALLOW dropped                  HANG     never answered
"""
import asyncio
import os
import pathlib
import re
import sys
import time

import pytest
import slixmpp

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lib import client as xmpp, peer as peers, raw, run, servers  # noqa: E402

KINDS = os.environ.get("FILTERD_TEST_SERVERS", "prosody ejabberd").split()
TIMEOUT = 2         # the connectors' deadline in these tests, seconds
BACK = 2            # service must be back within, seconds
GATE, GATE_SECRET = "gate.example.test", "gateway-secret"
SM = "urn:xmpp:sm:3"


async def rule(ask):
    delay = re.search(r"wait:(\d+)", ask.stanza)
    if delay:
        await asyncio.sleep(int(delay.group(1)) / 1000)
    if "HANG" in ask.stanza:
        return peers.SILENCE
    if "BLOCK" in ask.stanza:
        return peers.bounce("policy-violation", "Stopped (ref ABC123).")
    if "SWALLOW" in ask.stanza:
        return peers.DROP
    if "SECRET" in ask.stanza:
        return peers.replace(ask.stanza.replace("SECRET", "[removed]"))
    return peers.DELIVER


class World:
    """A guarded server, a bare second one behind s2s, and the scripted filter."""

    def __init__(self, kind, folder, **settings):
        self.kind, self.folder = kind, folder
        options = {"timeout": TIMEOUT, **settings.pop("module_options", {})}
        self.server, self.remote = servers.start_pair(
            kind, folder, upload_component=None, module_options=options, components={GATE: GATE_SECRET},
            accounts=("alice@example.test", "bob@example.test", "dave@example.test", "carol@partner.test"), **settings)
        self.clients, self.numbers = [], 0
        self.peer = self.new_peer()

    def new_peer(self, **settings):
        settings.setdefault("path", str(self.folder / "inspect"))
        settings.setdefault("rule", rule)
        return peers.Thread(xmpp.loop(), self.server.component_port, self.server.secrets[self.server.filter_component],
                            list(self.server.hosts), **settings)

    def client(self, jid, server=None, **settings):
        c = xmpp.Client(server or self.server, jid, **settings).connect()
        self.clients.append(c)
        return c

    def raw(self, jid, transport="tcp", **settings):
        c = raw.TRANSPORTS[transport](self.server, jid, **settings)
        self.clients.append(c)
        return c

    def unique(self, text=""):
        self.numbers += 1
        return f"{text} #{self.numbers}"

    def end_test(self):
        for c in self.clients:
            try:
                c.close()
            except Exception:
                pass
        self.clients = []

    def close(self):
        self.end_test()
        self.peer.stop()
        self.server.stop()
        self.remote.stop()


@pytest.fixture(scope="module", params=KINDS)
def shared(request):
    folder = run.scratch()
    world = World(request.param, folder)
    yield world
    world.close()
    run.remove(folder)


@pytest.fixture
def world(shared):
    """The shared world with a live channel before each test, and no clients after it."""
    if not (shared.peer._peer and shared.peer.attached.is_set()):
        shared.peer.stop()
        shared.peer = shared.new_peer().start()
    shared.peer.asks.clear()
    yield shared
    shared.end_test()


def bodies(client, tag):
    return [m.body for m in client.messages() if m.body and tag in m.body]


def archived(client, tag, where=None):
    """Bodies with the tag on the last page of an archive (the shared server's has many pages by now)."""
    since, query = client.mark(), "q" + tag.replace(" ", "").replace("#", "")
    answer = client.iq("set", where, f"<query xmlns='urn:xmpp:mam:2' queryid='{query}'>"
                       "<set xmlns='http://jabber.org/protocol/rsm'><max>40</max><before/></set></query>")
    assert answer.type == "result", answer
    found = []
    for stanza in client.received[since:]:
        result = stanza.xml.find("mam:result", xmpp.NS)
        if result is not None and result.get("queryid") == query:
            found.append(result.findtext("forward:forwarded/c:message/c:body", "", xmpp.NS))
    return [body for body in found if tag in body]


def both_archived(sender, receiver, tag, expected):
    """The archives of both ends hold just this."""
    for c in (sender, receiver):
        assert archived(c, tag) == expected, c.full


# --- verdicts, order, independence ------------------------------------------------------------------------------------

def test_verdicts(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("verdicts")
    blocked = alice.send(bob.full, f"BLOCK {tag}")
    alice.send(bob.full, f"SWALLOW {tag}")
    alice.send(bob.full, f"SECRET {tag}")
    alice.send(bob.full, f"plain {tag}")
    bob.wait_message(body=f"plain {tag}")
    assert bodies(bob, tag) == [f"[removed] {tag}", f"plain {tag}"]
    assert alice.wait_error(blocked).error == ("modify", "policy-violation", "Stopped (ref ABC123).")
    assert not any(tag in s.text and s.type == "error" and s.id != blocked for s in alice.received)


def test_order_within_a_session(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("order")
    texts = [f"wait:{ms} {tag}" for ms in (600, 0, 100)]
    for text in texts:
        alice.send(bob.full, text)
    alice.send(bob.full, children="<composing xmlns='http://jabber.org/protocol/chatstates'/>")  # not asked about, but behind them
    bob.wait_message(body=texts[-1])
    bob.wait(lambda s: s.find("{http://jabber.org/protocol/chatstates}composing") is not None)
    assert bodies(bob, tag) == texts
    states = [s for s in bob.messages() if s.find("{http://jabber.org/protocol/chatstates}composing") is not None]
    assert bob.received.index(states[-1]) > max(i for i, s in enumerate(bob.received) if s.body and tag in s.body)


def test_other_sessions_do_not_wait(world):
    alice, bob, carol = (world.client(j) for j in ("alice@example.test", "bob@example.test", "carol@partner.test"))
    tag = world.unique("others")
    alice.send(bob.full, f"wait:1500 {tag}")
    world.peer.wait_ask(lambda a: tag in a.stanza)
    start = time.monotonic()
    carol.send(bob.full, f"quick {tag}")
    bob.wait_message(body=f"quick {tag}", timeout=1)
    assert time.monotonic() - start < 0.7
    bob.wait_message(body=f"wait:1500 {tag}")


def test_held_session_receives(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("receives")
    alice.send(bob.full, f"wait:1500 {tag}")
    world.peer.wait_ask(lambda a: tag in a.stanza)
    start = time.monotonic()
    bob.send(alice.full, f"to the held one {tag}")
    alice.wait_message(body=f"to the held one {tag}", timeout=1)
    assert time.monotonic() - start < 0.7
    bob.wait_message(body=f"wait:1500 {tag}")


# --- only what was allowed is shown or kept anywhere ------------------------------------------------------------------

def test_archive_of_both_sides(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("archive")
    for word in ("SECRET", "BLOCK", "SWALLOW", "plain"):
        alice.send("bob@example.test", f"{word} {tag}")
    bob.wait_message(body=f"plain {tag}")
    both_archived(alice, bob, tag, [f"[removed] {tag}", f"plain {tag}"])


def test_carbons_both_ways(world):
    alice, other = world.client("alice@example.test"), world.client("alice@example.test")
    bob, bobs = world.client("bob@example.test"), world.client("bob@example.test")
    for c in (alice, other, bob, bobs):
        c.settle()
    tag = world.unique("carbons")
    alice.send(bob.full, f"BLOCK {tag}")
    id = alice.send(bob.full, f"SECRET {tag}")
    assert other.wait_carbon("sent", id=id).body == f"[removed] {tag}"
    assert bobs.wait_carbon("received", id=id).body == f"[removed] {tag}"
    assert not any(c.saw(f"SECRET {tag}") or c.saw(f"BLOCK {tag}") for c in (other, bob, bobs))


def test_room_echo_history_archive(world):
    room = "tea@" + world.server.muc
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    alice.join(room, "alice")
    bob.join(room, "bob")
    tag = world.unique("room")
    blocked = alice.send(room, f"BLOCK {tag}", type="groupchat")
    alice.send(room, f"SECRET {tag}", type="groupchat")
    alice.wait_message(body=f"[removed] {tag}", type="groupchat")       # its own echo
    bob.wait_message(body=f"[removed] {tag}", type="groupchat")
    assert alice.wait_error(blocked)
    assert not bob.saw(f"SECRET {tag}") and not bob.saw(f"BLOCK {tag}")
    carol = world.client("carol@partner.test")
    carol.join(room, "carol", history=20)
    carol.wait_message(body=f"[removed] {tag}", type="groupchat")       # history
    assert not carol.saw(f"SECRET {tag}") and not carol.saw(f"BLOCK {tag}")
    assert archived(bob, tag, where=room) == [f"[removed] {tag}"]


def test_offline_storage(world):
    alice = world.client("alice@example.test")
    tag = world.unique("offline")
    for word in ("BLOCK", "SECRET", "plain"):
        last = alice.send("dave@example.test", f"{word} {tag}")
    world.peer.wait_ask(lambda a: last in a.stanza)
    alice.settle()
    dave = world.client("dave@example.test")
    dave.wait_message(body=f"plain {tag}")
    assert bodies(dave, tag) == [f"[removed] {tag}", f"plain {tag}"]


def test_presence_status(world):
    alice, other = world.client("alice@example.test"), world.client("alice@example.test")
    bob = world.client("bob@example.test")
    other.settle()
    tag = world.unique("status")

    def status_of(tag):
        return lambda s: s.kind == "presence" and tag in (s.xml.findtext("c:status", "", xmpp.NS))
    alice.presence(status=f"SECRET {tag}")                              # broadcast
    other.wait(status_of(f"[removed] {tag}"))
    alice.presence(to=bob.full, status=f"SECRET to bob {tag}")          # directed
    bob.wait(status_of(f"[removed] to bob {tag}"))
    alice.presence(status=f"SWALLOW {tag}")
    alice.presence(status=f"next {tag}")
    other.wait(status_of(f"next {tag}"))
    assert not other.saw("SWALLOW " + tag) and not other.saw("SECRET " + tag) and not bob.saw("SECRET to bob " + tag)


def test_pep_publish(world):
    alice, other = world.client("alice@example.test"), world.client("alice@example.test")
    tag = world.unique("pep")
    nick = "http://jabber.org/protocol/nick"
    assert alice.publish(nick, f"<nick xmlns='{nick}'>SECRET {tag}</nick>").type == "result"
    assert alice.publish(nick, f"<nick xmlns='{nick}'>BLOCK {tag}</nick>").error[1] == "policy-violation"
    items = other.iq("get", "alice@example.test", f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{nick}'/></pubsub>")
    assert f"[removed] {tag}" in items.text and "SECRET" not in items.text and f"BLOCK {tag}" not in items.text


def test_private_xml_and_room_subject_are_held(world):
    alice = world.client("alice@example.test")
    tag = world.unique("private")
    answer = alice.iq("set", None, f"<query xmlns='jabber:iq:private'><note xmlns='x:note'>BLOCK {tag}</note></query>")
    assert answer.error[1] == "policy-violation"
    room = "subject@" + world.server.muc
    alice.join(room, "alice")
    alice.raw(f"<message to='{room}' type='groupchat' id='s1'><subject>SECRET {tag}</subject></message>")
    alice.wait(lambda s: (s.xml.findtext("c:subject", "", xmpp.NS)) == f"[removed] {tag}")


# --- what is asked about ----------------------------------------------------------------------------------------------

PASSING = {
    "chat state": "<message to='{bob}' type='chat' id='{id}'><active xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "receipt": "<message to='{bob}' id='{id}'><received xmlns='urn:xmpp:receipts' id='x'/></message>",
    "marker and hint": "<message to='{bob}' id='{id}'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/><store xmlns='urn:xmpp:hints'/></message>",
    "empty message": "<message to='{bob}' id='{id}'/>",
    "plain presence": "<presence id='{id}'><show>away</show><priority>1</priority>"
                      "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/></presence>",
    "unavailable to a resource": "<presence id='{id}' to='{bob}' type='unavailable'/>",
    "ping": "<iq type='get' id='{id}'><ping xmlns='urn:xmpp:ping'/></iq>",
    "ping to a client": "<iq type='get' id='{id}' to='{bob}'><ping xmlns='urn:xmpp:ping'/></iq>",
    "archive query at home": "<iq type='set' id='{id}'><query xmlns='urn:xmpp:mam:2' queryid='q'/></iq>",
    "roster get": "<iq type='get' id='{id}'><query xmlns='jabber:iq:roster'/></iq>",
    "vcard get": "<iq type='get' id='{id}' to='bob@example.test'><vCard xmlns='vcard-temp'/></iq>",
    "disco": "<iq type='get' id='{id}' to='example.test'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    "to the filter's own component": "<iq type='set' id='{id}' to='filter.example.test'><x xmlns='anything'>text</x></iq>",
}
HELD = {
    "body": "<message to='{bob}' id='{id}'><body>x</body></message>",
    "error message": "<message to='{bob}' type='error' id='{id}'><error type='cancel'><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>x</text></error></message>",
    "correction": "<message to='{bob}' id='{id}'><replace xmlns='urn:xmpp:message-correct:0' id='y'/></message>",
    "unknown extension": "<message to='{bob}' id='{id}'><thing xmlns='urn:example:unknown'/></message>",
    "text in a chat state": "<message to='{bob}' id='{id}'><active xmlns='http://jabber.org/protocol/chatstates'>x</active></message>",
    "element in a hint": "<message to='{bob}' id='{id}'><store xmlns='urn:xmpp:hints'><x xmlns='u:v'>x</x></store></message>",
    "chat state of the wrong namespace": "<message to='{bob}' id='{id}'><active/></message>",
    "status": "<presence id='{id}'><status>x</status></presence>",
    "farewell": "<presence id='{id}' to='{bob}' type='unavailable'><status>x</status></presence>",
    "made-up show": "<presence id='{id}'><show>my own text</show></presence>",
    "room nick": "<presence id='{id}' to='some@rooms.example.test/chosen'/>",
    "room password": "<presence id='{id}' to='some@rooms.example.test/n'><x xmlns='http://jabber.org/protocol/muc'><password>x</password></x></presence>",
    "nick": "<presence id='{id}'><nick xmlns='http://jabber.org/protocol/nick'>x</nick></presence>",
    "vcard set": "<iq type='set' id='{id}'><vCard xmlns='vcard-temp'><FN>x</FN></vCard></iq>",
    "roster set": "<iq type='set' id='{id}'><query xmlns='jabber:iq:roster'><item jid='z@example.test' name='x'/></query></iq>",
    "ibb": "<iq type='set' id='{id}' to='{bob}'><data xmlns='http://jabber.org/protocol/ibb' seq='0' sid='s'>eHh4</data></iq>",
    "jingle": "<iq type='set' id='{id}' to='{bob}'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'/></iq>",
    "si": "<iq type='set' id='{id}' to='{bob}'><si xmlns='http://jabber.org/protocol/si' id='s'/></iq>",
    "room configuration": "<iq type='set' id='{id}' to='some@rooms.example.test'><query xmlns='http://jabber.org/protocol/muc#owner'/></iq>",
    "iq error": "<iq type='error' id='{id}' to='{bob}'><error type='cancel'><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>x</text></error></iq>",
    "text in a ping": "<iq type='get' id='{id}' to='{bob}'><ping xmlns='urn:xmpp:ping'><x xmlns='u:v'>text</x></ping></iq>",
    "attribute of a disco request": "<iq type='get' id='{id}' to='{bob}'><query xmlns='http://jabber.org/protocol/disco#info' node='text'/></iq>",
    "version answer": "<iq type='result' id='{id}' to='{bob}'><query xmlns='jabber:iq:version'><name>text</name></query></iq>",
    "unknown get": "<iq type='get' id='{id}' to='{bob}'><q xmlns='urn:example:unknown'/></iq>",
    "vcard result": "<iq type='result' id='{id}' to='{bob}'><vCard xmlns='vcard-temp'><FN>x</FN></vCard></iq>",
}


@pytest.mark.parametrize("what", [*PASSING, *HELD])
def test_table_of_what_is_held(world, what):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = f"t{world.unique().split('#')[1]}x"
    alice.raw((PASSING.get(what) or HELD[what]).format(bob=bob.full, id=tag))
    end = alice.send(bob.full, f"end of {tag}")
    bob.wait_message(id=end)
    asked = any(a.element.get("id") == tag for a in list(world.peer.asks))
    if world.kind == "ejabberd" and what == "made-up show":
        assert not asked and alice.wait_error(tag).error[1] == "bad-request"    # it lets no such thing in
    else:
        assert asked == (what in HELD)


# --- stream management ------------------------------------------------------------------------------------------------

def enable_sm(client, resume=True):
    client.send(f"<enable xmlns='{SM}'" + (" resume='true'/>" if resume else "/>"))
    found = client.expect(r"<enabled [^>]*>").group(0)
    return re.search(r"id=['\"]([^'\"]+)", found).group(1) if resume else None


def acked(client):
    client.send(f"<r xmlns='{SM}'/>")
    return int(client.expect(r"<a [^>]*?h=['\"](\d+)").group(1))


def test_stream_management_counts_each_stanza_once(world):
    bob = world.client("bob@example.test")
    alice = world.raw("alice@example.test", resource="counted")
    enable_sm(alice)
    tag = world.unique("sm")
    alice.message(bob.full, f"wait:300 {tag}", "a1")
    alice.message(bob.full, f"SWALLOW {tag}", "a2")
    alice.message(bob.full, f"BLOCK {tag}", "a3")
    alice.message(bob.full, f"last {tag}", "a4")
    alice.send(f"<message to='{bob.full}'><paused xmlns='http://jabber.org/protocol/chatstates'/></message>")
    bob.wait_message(body=f"last {tag}")
    assert acked(alice) == 5
    assert acked(alice) == 5


def test_resumption_while_held_delivers_once(world):
    bob = world.client("bob@example.test")
    alice = world.raw("alice@example.test", resource="resuming")
    previd = enable_sm(alice)
    tag = world.unique("resume")
    alice.message(bob.full, f"first {tag}", "b1")
    alice.message(bob.full, f"wait:1200 {tag}", "b2")
    alice.message(bob.full, f"SECRET {tag}", "b3")
    world.peer.wait_ask(lambda a: "SECRET " + tag in a.stanza)
    alice.cut()
    again = world.raw("alice@example.test", bind=False)
    again.send(f"<resume xmlns='{SM}' h='0' previd='{previd}'/>")
    assert int(re.search(r"h=['\"](\d+)", again.expect(r"<resumed [^>]*>").group(0)).group(1)) == 3
    again.message(bob.full, f"after {tag}", "b4")
    bob.wait_message(body=f"after {tag}")
    assert bodies(bob, tag) == [f"first {tag}", f"wait:1200 {tag}", f"[removed] {tag}", f"after {tag}"]
    assert acked(again) == 4
    again.message(bob.full, f"BLOCK {tag}", "b5")                       # the filter works on the resumed session
    again.expect("policy-violation")


def test_verdict_while_hibernating(world):
    """The answer comes when the client is away: delivered; the bounce waits for the client."""
    bob = world.client("bob@example.test")
    alice = world.raw("alice@example.test", resource="away")
    previd = enable_sm(alice)
    tag = world.unique("hibernate")
    alice.message(bob.full, f"wait:400 {tag}", "c1")
    alice.message(bob.full, f"wait:400 BLOCK {tag}", "c2")
    world.peer.wait_ask(lambda a: "BLOCK " + tag in a.stanza)
    alice.cut()
    bob.wait_message(body=f"wait:400 {tag}")
    again = world.raw("alice@example.test", bind=False)
    again.send(f"<resume xmlns='{SM}' h='0' previd='{previd}'/>")
    again.expect("<resumed")
    again.expect("policy-violation")
    assert bodies(bob, tag) == [f"wait:400 {tag}"]


# --- the client goes while its stanzas are held -----------------------------------------------------------------------

@pytest.mark.parametrize("how", ["close", "cut"])
def test_client_gone_while_held(world, how):
    bob = world.client("bob@example.test")
    alice = world.raw("alice@example.test", resource="leaving")
    tag = world.unique(how)
    alice.message(bob.full, f"wait:500 SECRET {tag}", "d1")
    alice.message(bob.full, f"BLOCK {tag}", "d2")
    alice.message(bob.full, f"last {tag}", "d3")
    world.peer.wait_ask(lambda a: f"last {tag}" in a.stanza)
    getattr(alice, how)()
    bob.wait_message(body=f"last {tag}")
    assert bodies(bob, tag) == [f"wait:500 [removed] {tag}", f"last {tag}"]


def test_client_gone_while_its_room_message_is_held(world):
    room = "leaving@" + world.server.muc
    bob = world.client("bob@example.test")
    bob.join(room, "bob")
    alice = world.raw("alice@example.test", resource="inroom")
    alice.send(f"<presence to='{room}/alice'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    alice.expect("110")
    tag = world.unique("room")
    alice.message(room, f"wait:400 {tag}", "e1", type="groupchat")
    world.peer.wait_ask(lambda a: tag in a.stanza)
    alice.close()
    bob.wait_message(body=f"wait:400 {tag}", type="groupchat")
    bob.wait(lambda s: s.kind == "presence" and s.sender == room + "/alice" and s.type == "unavailable")


# --- the filter fails -------------------------------------------------------------------------------------------------

def is_wait(error):
    return error[0] == "wait" and error[1] == "resource-constraint" and "filter unavailable" in error[2]


def test_filter_hangs(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("hang")
    start = time.monotonic()
    world.peer.freeze()
    try:
        id = alice.send(bob.full, f"SECRET {tag}")
        error = alice.wait_error(id, timeout=TIMEOUT + 2).error
        assert is_wait(error), error
        assert TIMEOUT - 0.3 < time.monotonic() - start < TIMEOUT + 1
    finally:
        world.peer.thaw()                                               # its late answer must be ignored
    alice.send(bob.full, f"after {tag}")
    bob.wait_message(body=f"after {tag}")
    assert bodies(bob, tag) == [f"after {tag}"]
    assert any(name == "CANCEL" for name, _ in world.peer.frames)


def test_one_answer_missing(world):
    """A stanza without an answer does not hold up those behind it for longer than its deadline."""
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("missing")
    lost = alice.send(bob.full, f"HANG {tag}")
    alice.send(bob.full, f"behind {tag}")
    bob.wait_message(body=f"behind {tag}", timeout=TIMEOUT + 2)
    assert is_wait(alice.wait_error(lost).error)


def test_filter_killed_down_and_restarted(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("killed")
    held = [alice.send(bob.full, f"HANG {n} {tag}") for n in range(3)]
    world.peer.wait_ask(lambda a: f"HANG 2 {tag}" in a.stanza)
    start = time.monotonic()
    world.peer.stop()
    for id in held:
        assert is_wait(alice.wait_error(id, timeout=1).error)
    assert time.monotonic() - start < 1
    down = alice.send(bob.full, f"down {tag}")
    assert is_wait(alice.wait_error(down, timeout=1).error)
    alice.send(bob.full, children="<composing xmlns='http://jabber.org/protocol/chatstates'/>")
    bob.wait(lambda s: s.find("{http://jabber.org/protocol/chatstates}composing") is not None, timeout=2)
    start = time.monotonic()
    world.peer = world.new_peer().start()
    assert time.monotonic() - start < BACK
    alice.send(bob.full, f"SECRET {tag}")
    bob.wait_message(body=f"[removed] {tag}")
    assert bodies(bob, tag) == [f"[removed] {tag}"]


def test_channel_alone_breaks(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("broken")
    held = alice.send(bob.full, f"HANG {tag}")
    world.peer.wait_ask(lambda a: tag in a.stanza)
    world.peer.cut()
    assert is_wait(alice.wait_error(held, timeout=1).error)
    time.sleep(0.1)
    world.peer.wait_attached(BACK)
    alice.send(bob.full, f"back {tag}")
    bob.wait_message(body=f"back {tag}")


def test_module_reloaded(world):
    """Around a reload each message is delivered once or bounced once."""
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("reload")
    held = alice.send(bob.full, f"HANG {tag}")
    world.peer.wait_ask(lambda a: tag in a.stanza)
    world.server.reload_module()
    done = time.monotonic()
    assert is_wait(alice.wait_error(held).error)
    ids = {}
    while time.monotonic() < done + BACK:
        ids[alice.send(bob.full, f"during {len(ids)} {tag}")] = len(ids)
        time.sleep(0.05)
    last = alice.send(bob.full, f"SECRET {tag}")
    bob.wait_message(body=f"[removed] {tag}")                           # sessions that were open before it are guarded
    alice.settle()
    for id, n in ids.items():
        delivered = sum(m.id == id for m in bob.messages())
        bounced = sum(s.type == "error" and s.id == id for s in alice.received)
        assert delivered + bounced == 1, (n, delivered, bounced)
    assert last and not bob.saw("HANG " + tag)


# --- other entrances --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("transport", ["websocket", "bosh"])
def test_web_entrances(world, transport):
    bob = world.client("bob@example.test")
    alice = world.raw("alice@example.test", transport, resource=transport)
    tag = world.unique(transport)
    alice.message(bob.full, f"wait:300 SECRET {tag}", "w1")
    alice.message(bob.full, f"BLOCK {tag}", "w2")
    alice.message(bob.full, f"last {tag}", "w3")
    bob.wait_message(body=f"last {tag}")
    assert bodies(bob, tag) == [f"wait:300 [removed] {tag}", f"last {tag}"]
    alice.expect("policy-violation")


def test_from_a_remote_server(world):
    rita, bob = world.client("rita@remote.test", world.remote), world.client("bob@example.test")
    tag = world.unique("s2s-in")
    texts = [f"wait:{ms} SECRET {tag}" for ms in (600, 0, 100)]
    for text in texts:
        rita.send(bob.full, text)
    blocked = rita.send(bob.full, f"BLOCK {tag}")
    rita.send(bob.full, f"last {tag}")
    bob.wait_message(body=f"last {tag}")
    assert bodies(bob, tag) == [t.replace("SECRET", "[removed]") for t in texts] + [f"last {tag}"]
    assert rita.wait_error(blocked).error[1] == "policy-violation"
    asked = world.peer.wait_ask(lambda a: f"last {tag}" in a.stanza)
    assert asked.session.origin == 2 and asked.session.flags & 1
    assert archived(bob, tag) == bodies(bob, tag)


def test_to_a_remote_server_only_the_replaced_text(world):
    rita, bob = world.client("rita@remote.test", world.remote), world.client("bob@example.test")
    tag = world.unique("s2s-out")
    bob.send(rita.full, f"SECRET {tag}")
    bob.send(rita.full, f"BLOCK {tag}")
    bob.send(rita.full, f"last {tag}")
    rita.wait_message(body=f"last {tag}")
    assert bodies(rita, tag) == [f"[removed] {tag}", f"last {tag}"]
    assert not rita.saw("SECRET " + tag)
    rita.settle()
    assert archived(rita, tag) == bodies(rita, tag)


def test_remote_user_in_our_room(world):
    room = "s2s@" + world.server.muc
    rita, bob = world.client("rita@remote.test", world.remote), world.client("bob@example.test")
    bob.join(room, "bob")
    rita.join(room, "rita")
    tag = world.unique("s2s-room")
    rita.send(room, f"SECRET {tag}", type="groupchat")
    bob.wait_message(body=f"[removed] {tag}", type="groupchat")
    bob.send(room, f"SECRET back {tag}", type="groupchat")
    rita.wait_message(body=f"[removed] back {tag}", type="groupchat")
    assert not bob.saw("SECRET " + tag) and not rita.saw("SECRET back " + tag)


def test_who_is_in_a_room_is_told(world):
    room = "told@" + world.server.muc
    rita, alice = world.client("rita@remote.test", world.remote), world.client("alice@example.test")

    def ask(text, times=1):
        tag = world.unique(text)
        for _ in range(times):
            alice.send(room, tag, type="groupchat")
        return world.peer.wait_ask(lambda a: tag in a.stanza).room

    def told():
        return len([1 for name, fields in world.peer.frames if name == "ROOM" and fields["room"] == room])
    alice.join(room, "alice")
    assert ask("alone") == "example.test"
    before = told()
    assert ask("often", times=20) == "example.test"
    dave = world.client("dave@example.test")
    dave.join(room, "dave")
    assert ask("two of one domain") == "example.test"
    assert told() == before     # nothing for each message, nor for each occupant
    rita.join(room, "rita")
    assert ask("two") == "example.test remote.test"
    mine = alice.mark()
    rita.presence(room + "/rita", type="unavailable")
    alice.wait(lambda s: s.kind == "presence" and s.type == "unavailable" and s.sender == room + "/rita", since=mine)
    assert ask("one") == "example.test"
    mine = alice.mark()
    alice.presence(room + "/alice", type="unavailable")
    alice.wait(lambda s: s.kind == "presence" and s.type == "unavailable" and s.sender == room + "/alice", since=mine)
    assert ask("from outside") == "example.test"    # dave is in
    assert told() - before == 2
    assert not any(fields["room"] != room for name, fields in world.peer.frames[-30:] if name == "ROOM")


def test_room_of_another_server_is_not_told(world):
    alice = world.client("alice@example.test")
    tag = world.unique("remote room")
    alice.send("far@" + world.remote.muc, tag, type="groupchat")
    assert world.peer.wait_ask(lambda a: tag in a.stanza).room is None


def came_in_between(world, text, times):
    """carol comes and goes while filterd thinks; the asks about the stanza."""
    alice, carol = world.client("alice@example.test"), world.client("carol@partner.test")
    room = "between%d@%s" % (world.numbers, world.server.muc)
    alice.join(room, "alice")
    tag = world.unique(text)
    alice.send(room, "wait:300 " + tag, type="groupchat", id="between-" + tag.replace(" ", "").replace("#", ""))

    def asks():
        return [a for a in world.peer.asks if tag in a.stanza]
    for n in range(times):
        world.peer.wait_ask(lambda a: tag in a.stanza and len(asks()) > n)
        if n:
            mine = carol.mark()
            carol.presence(room + "/carol", type="unavailable")
            carol.wait(lambda s: s.kind == "presence" and s.type == "unavailable" and s.sender == room + "/carol", since=mine)
        carol.join(room, "carol")
    return alice, carol, room, tag, asks


def test_who_comes_in_between_is_asked_about(world):
    alice, carol, room, tag, asks = came_in_between(world, "asked anew", 1)
    alice.wait_message(body="wait:300 " + tag, type="groupchat")
    carol.wait_message(body="wait:300 " + tag, type="groupchat")
    assert [(a.room, a.flags) for a in asks()] == [("example.test", 0), ("example.test partner.test", 1)]
    alice.settle()
    assert len(bodies(carol, tag)) == 1


def test_who_comes_and_goes_all_the_time_gets_nothing(world):
    alice, carol, room, tag, asks = came_in_between(world, "too often", 4)
    error = alice.wait_error("between-" + tag.replace(" ", "").replace("#", ""))
    assert error.error[:2] == ("wait", "resource-constraint")
    carol.settle()
    assert not bodies(carol, tag) and len(asks()) == 4
    assert [m.type for m in alice.messages() if m.body and tag in m.body] in ([], ["error"])     # an error may quote


def test_remote_server_gone_while_held(world):
    rita, bob = world.client("rita@remote.test", world.remote), world.client("bob@example.test")
    tag = world.unique("s2s-gone")
    rita.send(bob.full, f"wait:1200 SECRET {tag}")
    world.peer.wait_ask(lambda a: tag in a.stanza)
    world.remote.kill()
    try:
        bob.wait_message(body=f"wait:1200 [removed] {tag}")
    finally:
        world.remote.start()


class Gateway(slixmpp.ComponentXMPP):
    def __init__(self, server):
        super().__init__(GATE, GATE_SECRET, "127.0.0.1", server.component_port)
        self.got = []
        self.add_filter("in", self.keep)

    def keep(self, stanza):
        got = xmpp.Stanza(stanza.xml)
        got.text_body = stanza.xml.findtext("{jabber:component:accept}body")
        self.got.append(got)
        return stanza


@pytest.fixture
def gate(world):
    async def begin():
        gate = Gateway(world.server)
        ready = asyncio.get_running_loop().create_future()
        gate.add_event_handler("session_start", lambda _: ready.done() or ready.set_result(True))
        gate.connect()
        await asyncio.wait_for(ready, 10)
        return gate

    async def end():
        gate.abort()

    gate = asyncio.run_coroutine_threadsafe(begin(), xmpp.loop()).result(15)
    gate.say = lambda xml: xmpp.loop().call_soon_threadsafe(gate.send_raw, xml)
    yield gate
    asyncio.run_coroutine_threadsafe(end(), xmpp.loop()).result(15)


def test_gateway_to_user(world, gate):
    bob = world.client("bob@example.test")
    tag = world.unique("gate-in")
    texts = [f"wait:{ms} SECRET {tag}" for ms in (500, 0, 100)]
    for text in texts:
        gate.say(f"<message from='irc@{GATE}' to='{bob.full}' type='chat'><body>{text}</body></message>")
    gate.say(f"<message from='irc@{GATE}' to='{bob.full}' type='chat' id='g1'><body>BLOCK {tag}</body></message>")
    gate.say(f"<message from='irc@{GATE}' to='{bob.full}' type='chat'><body>last {tag}</body></message>")
    bob.wait_message(body=f"last {tag}")
    assert bodies(bob, tag) == [t.replace("SECRET", "[removed]") for t in texts] + [f"last {tag}"]
    run.until(lambda: any(s.id == "g1" and s.type == "error" for s in gate.got), 5, "no error came back to the gateway")
    assert world.peer.wait_ask(lambda a: f"last {tag}" in a.stanza).session.origin == 3


def test_gateway_gone_while_held(world):
    async def say_and_go():
        link = peers.Link("127.0.0.1", world.server.component_port, GATE, GATE_SECRET)
        await link.connect()
        link.send(f"<message from='irc@{GATE}' to='{bob.full}'><body>wait:600 SECRET {tag}</body></message>"
                  f"<message from='irc@{GATE}' to='{bob.full}'><body>last {tag}</body></message>")
        while not world.peer.asked("last " + tag):
            await asyncio.sleep(0.01)
        await link.close()
    bob = world.client("bob@example.test")
    tag = world.unique("gate-gone")
    world.peer.do(asyncio.wait_for(say_and_go(), 10))
    bob.wait_message(body=f"last {tag}")
    assert bodies(bob, tag) == [f"wait:600 [removed] {tag}", f"last {tag}"]


def test_user_to_gateway(world, gate):
    bob = world.client("bob@example.test")
    tag = world.unique("gate-out")
    bob.send(f"irc@{GATE}", f"SECRET {tag}")
    bob.send(f"irc@{GATE}", f"BLOCK {tag}")
    bob.send(f"irc@{GATE}", f"last {tag}")
    run.until(lambda: any(s.text_body == f"last {tag}" for s in gate.got), 5, "nothing came to the gateway")
    assert [s.text_body for s in gate.got if s.text_body and tag in s.text_body] == [f"[removed] {tag}", f"last {tag}"]


def test_gateway_to_room_and_to_remote(world, gate):
    room = "gated@" + world.server.muc
    rita, bob = world.client("rita@remote.test", world.remote), world.client("bob@example.test")
    bob.join(room, "bob")
    tag = world.unique("gate-room")
    gate.say(f"<presence from='irc@{GATE}/x' to='{room}/irc'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    run.until(lambda: any(s.kind == "presence" and "110" in s.text for s in gate.got), 5, "gateway could not join")
    gate.say(f"<message from='irc@{GATE}/x' to='{room}' type='groupchat'><body>SECRET {tag}</body></message>")
    bob.wait_message(body=f"[removed] {tag}", type="groupchat")
    gate.say(f"<message from='irc@{GATE}' to='{rita.full}' type='chat'><body>SECRET {tag}</body></message>")
    rita.wait_message(body=f"[removed] {tag}")
    assert not bob.saw("SECRET " + tag) and not rita.saw("SECRET " + tag)


# --- the channel: who may offer it, what comes over it ----------------------------------------------------------------

def offer(world):
    return (f"<attach xmlns='{peers.NS_ATTACH}' path='{world.folder}/elsewhere' token='{'a' * 64}' version='1' "
            f"max-frame='{peers.MAX_FRAME}'/>")


def test_offer_by_a_user_is_refused(world):
    for jid in ("alice@example.test", "rita@remote.test"):
        user = world.client(jid, world.remote if "remote" in jid else None)
        before = world.peer.attaches
        assert user.iq("set", "example.test", offer(world)).type == "error"
        assert world.peer.attached.is_set() and world.peer.attaches == before


def test_offer_by_another_component_is_refused(world, gate):
    before = world.peer.attaches
    gate.say(f"<iq type='set' id='o1' from='{GATE}' to='example.test'>{offer(world)}</iq>")
    run.until(lambda: any(s.id == "o1" for s in gate.got), 5, "no answer to the offer")
    assert next(s for s in gate.got if s.id == "o1").type == "error"
    time.sleep(0.3)
    assert world.peer.attached.is_set() and world.peer.attaches == before, "it cost the filter its channel"


def test_second_offer_is_a_conflict(world):
    async def again():
        return await world.peer.link.iq("example.test", world.peer.offer("example.test"))
    before = world.peer.attaches
    answer = world.peer.do(again())
    assert answer.get("type") == "error" and any(e.tag.endswith("}conflict") for e in answer.iter())
    assert world.peer.attaches == before and world.peer.attached.is_set()


def test_injected_stanza_is_not_asked_about(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("released")
    assert world.peer.inject(f"<message from='alice@example.test/x' to='bob@example.test' type='chat' id='i1'>"
                             f"<body>SECRET {tag}</body></message>") == 0
    bob.wait_message(body=f"SECRET {tag}")
    assert not world.peer.asked(tag)
    both_archived(alice, bob, tag, [f"SECRET {tag}"])
    assert world.peer.inject(f"<message from='filter.example.test' to='{alice.full}'><body>notice {tag}</body></message>") == 0
    alice.wait_message(body=f"notice {tag}")
    assert world.peer.inject(f"<message from='rita@remote.test/x' to='{bob.full}'><body>from afar {tag}</body></message>") == 0
    bob.wait_message(body=f"from afar {tag}")
    assert world.peer.inject("<message from='a@nowhere.test' to='b@elsewhere.test'><body>x</body></message>") == 1
    assert world.peer.inject("<message from='alice@example.test'") == 1
    assert not world.peer.asked(tag)


def test_replacement_cannot_change_addresses(world):
    alice, bob, carol = (world.client(j) for j in ("alice@example.test", "bob@example.test", "carol@partner.test"))
    tag = world.unique("addresses")
    world.peer.set_rule(lambda ask: peers.replace(
        f"<message from='eve@example.test' to='{carol.full}' id='zz' type='headline'><body>new {tag}</body></message>"))
    try:
        id = alice.send(bob.full, f"old {tag}")
        got = bob.wait_message(body=f"new {tag}")
    finally:
        world.peer.set_rule(rule)
    assert (got.sender, got.get("to"), got.id, got.type) == (alice.full, bob.full, id, "chat")
    assert not carol.saw(tag)


@pytest.mark.parametrize("payload", ["<message><body>unclosed", "<presence/>", "<message xmlns='other:ns'/>", ""])
def test_nonsense_as_replacement_is_never_the_original(world, payload):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("nonsense")
    world.peer.set_rule(lambda ask: peers.replace(payload))
    try:
        id = alice.send(bob.full, f"SECRET {tag}")
        assert is_wait(alice.wait_error(id).error)
    finally:
        world.peer.set_rule(rule)
    time.sleep(0.1)
    world.peer.wait_attached(BACK)
    alice.send(bob.full, f"back {tag}")
    bob.wait_message(body=f"back {tag}")
    assert bodies(bob, tag) == [f"back {tag}"]


def test_silent_filter_is_pinged_and_given_up(world):
    """PROTOCOL.inspect 6: PING after 10 s of silence, gone 5 s later; then it may attach anew."""
    run.until(lambda: any(name == "PING" for name, _ in world.peer.frames), 13, "no PING after 10 s of silence")
    before = world.peer.attaches
    world.peer.freeze()
    try:
        time.sleep(17)
    finally:
        world.peer.thaw()
    run.until(lambda: world.peer.attaches > before, BACK, "the dead channel was kept")
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("thawed")
    alice.send(bob.full, f"SECRET {tag}")
    bob.wait_message(body=f"[removed] {tag}")


def test_every_session_is_ended(world):
    bob = world.client("bob@example.test")
    alice = world.client("alice@example.test")
    tag = world.unique("end")
    alice.send(bob.full, f"once {tag}")
    session = world.peer.wait_ask(lambda a: tag in a.stanza).session
    assert (session.origin, session.jid, session.host, session.address) == (1, alice.full, "example.test", "127.0.0.1")
    assert session.flags & 1
    alice.close()
    run.until(lambda: session.ended, 5, "no END for a session that is gone")


# --- servers of their own: options, limits, TLS -----------------------------------------------------------------------

@pytest.fixture(params=KINDS)
def alone(request):
    made = []

    def make(**settings):
        world = World(request.param, run.scratch(), **settings)
        made.append(world)
        return world
    yield make
    for world in made:
        world.close()
        run.remove(world.folder)


@pytest.mark.skipif("prosody" not in KINDS, reason="Prosody's own order of stopping")
def test_server_stopped_while_held():
    folder = run.scratch()
    world = World("prosody", folder)
    try:
        world.peer.start()
        alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
        id = alice.send(bob.full, "HANG")
        world.peer.wait_ask(lambda a: "HANG" in a.stanza)
        world.server.stop()
        assert is_wait(alice.wait_error(id, timeout=2).error)
    finally:
        world.close()
        run.remove(folder)


def test_on_failure_open(alone):
    world = alone(module_options={"on_failure": "open", "timeout": 1})
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    alice.send(bob.full, "no filter yet")
    bob.wait_message(body="no filter yet", timeout=2)
    world.peer.start()
    alice.send(bob.full, "SECRET")
    bob.wait_message(body="[removed]")
    alice.send(bob.full, "HANG")
    alice.send(bob.full, "behind")
    bob.wait_message(body="behind", timeout=4)
    world.peer.stop()
    alice.send(bob.full, "after")
    bob.wait_message(body="after", timeout=2)
    assert [m.body for m in bob.messages() if m.body] == ["no filter yet", "[removed]", "HANG", "behind", "after"]
    run.until(lambda: "passed" in world.server.log.read_text(), 5, "nothing logged about what passed")
    assert "no filter yet" not in world.server.log.read_text()


def test_most_that_is_held_and_window(alone):
    """Back-pressure: nothing lost, order kept, no more open than allowed, and the tail of a flood is not stuck."""
    world = alone(module_options={"max_held": 32, "timeout": 10})
    open_now, most = set(), [0]

    async def slow(ask):
        open_now.add(ask.id)
        most[0] = max(most[0], len(open_now))
        await asyncio.sleep(0.01)
        open_now.discard(ask.id)
        return peers.DELIVER
    world.peer = world.new_peer(rule=slow, window=20).start()
    bob, alice = world.client("bob@example.test"), world.raw("alice@example.test", resource="flood")
    count = 1500
    alice.send("".join(f"<message to='{bob.full}' id='f{n}' type='chat'><body>{n}</body></message>" for n in range(count)))
    bob.wait_message(id=f"f{count - 1}", timeout=60)
    assert [m.body for m in bob.messages() if m.body] == [str(n) for n in range(count)]
    assert 1 < most[0] <= 20


def test_most_that_is_held_of_a_web_session(alone):
    """BOSH cannot be paused (others may use the same connection): what is too much comes back, nothing is lost."""
    world = alone(module_options={"max_held": 8, "timeout": 2})
    world.peer.start()
    bob, alice = world.client("bob@example.test"), world.raw("alice@example.test", "bosh", resource="web")
    count = 40
    alice.send("".join(f"<message xmlns='jabber:client' to='{bob.full}' id='h{n}' type='chat'><body>wait:500 {n}</body></message>"
                       for n in range(count)))
    alice.message(bob.full, "wait:500 last", "last")
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        alice.quiet(0.5)
        came = {m.id for m in bob.messages() if m.body}
        bounced = set(re.findall(r"<message[^>]*?id=['\"](h\d+|last)['\"]", alice.all))
        if len(came) + len(bounced) == count + 1:
            break
    assert not came & bounced and len(came | bounced) == count + 1, (sorted(came), sorted(bounced))
    assert len(came) >= 8
    order = [int(m.id[1:]) for m in bob.messages() if m.body and m.id != "last"]
    assert order == sorted(order)


def test_stanza_that_does_not_fit(alone):
    world = alone(module_options={"on_failure": "open"})
    world.peer = world.new_peer(max_frame=8192).start()
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    id = alice.send(bob.full, "x" * 9000)
    alice.send(bob.full, "y" * 7000)
    bob.wait_message(body="y" * 7000)
    assert is_wait(alice.wait_error(id).error)
    assert not bob.saw("xxxx")


def test_channel_over_tls(alone):
    world = alone()
    certificate, key = world.server.settings.authority.issue("inspect", ["localhost"])
    world.peer = world.new_peer(path=None, tls=(str(certificate), str(key))).start()
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    alice.send(bob.full, "SECRET " + "z" * 30000)
    bob.wait_message(body="[removed] " + "z" * 30000)
    for n in range(200):
        alice.send(bob.full, f"number {n}")
    bob.wait_message(body="number 199")
    world.peer.stop()
    world.peer = world.new_peer(path=None, tls=(str(certificate), str(key)), fingerprint="0" * 64)
    world.peer.start(wait=False)
    time.sleep(1.2)
    assert world.peer.connections >= 1 and not world.peer.frames, "the token was shown to a stranger"
    id = alice.send(bob.full, "over the wrong certificate")
    assert is_wait(alice.wait_error(id).error)


@pytest.mark.skipif("prosody" not in KINDS, reason="XEP-0288 and this option are Prosody's")
def test_bidirectional_s2s_and_exempt_component():
    folder = run.scratch()
    world = World("prosody", folder, module_options={"exempt": [GATE]})
    try:
        for server in (world.server, world.remote):
            server.shell(f'module:load("s2s_bidi", "{server.hosts[0]}")')
        world.peer.start()
        rita, bob = world.client("rita@remote.test", world.remote), world.client("bob@example.test")
        bob.send(rita.full, "SECRET out")               # opens the one stream
        rita.wait_message(body="[removed] out")
        rita.send(bob.full, "wait:200 SECRET back")
        rita.send(bob.full, "second")
        bob.wait_message(body="second")
        assert [m.body for m in bob.messages() if m.body] == ["wait:200 [removed] back", "second"]
        ask = world.peer.wait_ask(lambda a: "back" in a.stanza)
        assert (ask.session.origin, ask.session.jid, ask.session.host) == (2, "remote.test", "example.test")
        assert world.server.shell("s2s:show()").count("<->") >= 1, world.server.shell("s2s:show()")

        async def from_exempt():
            link = peers.Link("127.0.0.1", world.server.component_port, GATE, GATE_SECRET)
            await link.connect()
            link.send(f"<message from='{GATE}' to='{bob.full}'><body>SECRET of an exempt one</body></message>")
            await link.writer.drain()
            return link
        link = world.peer.do(from_exempt())
        bob.wait_message(body="SECRET of an exempt one")
        world.peer.do(link.close())
    finally:
        world.close()
        run.remove(folder)
