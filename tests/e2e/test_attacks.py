"""What somebody tries who wants content to get past the filter, or the filter out of the way."""
import base64
import pathlib
import re
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lib import run, story  # noqa: E402
from test_soundness import World  # noqa: E402

FILTERD = {"workers": 2}


@pytest.fixture(scope="module")
def worlds():
    """Guarded servers by kind, each with a second one that spells addresses oddly when a body says so."""
    started, folder = {}, run.scratch()

    def get(kind):
        if kind not in started:
            started[kind] = World(kind, folder / kind)
            started[kind].peer.start()
            started[kind].remote.shell('module:load("odd_address", "remote.test")')
        return started[kind]
    yield get
    for w in started.values():
        w.close()
    run.remove(folder)


@pytest.fixture
def world(worlds, kind):
    w = worlds(kind)
    yield w
    w.end_test()


def from_and_to(ask):
    found = re.match(r"<message [^>]*>", ask.stanza).group()
    return [re.search(r" %s=['\"]([^'\"/]*)" % name, found).group(1) for name in ("from", "to")]


# to ejabberd a domain with a dot behind it is another domain, which it rejects
@pytest.mark.leave_out(lambda p: p["kind"] == "ejabberd" and "DOT" in p["trick"])
@pytest.mark.parametrize("trick", ["DOT-TO", "DOT-FROM", "WIDE-TO"])
def test_other_spellings_of_an_address_from_another_server(world, kind, trick):
    """Servers route bob@ｅxample.test to bob, Prosody bob@example.test. too: what looks like an address of nobody must
    not pass unasked, and it must be of the zone of the domain that it is routed to."""
    bob, rita = world.client("bob@example.test"), world.client("rita@remote.test", server=world.remote)
    tag = world.unique(trick)
    rita.send(bob.bare, "hello " + tag.replace("-", " "))  # the stream must be there: what waits for it is not respelt
    bob.wait_message("hello " + tag.replace("-", " "), timeout=15)
    rita.send(bob.bare, "BLOCK " + tag)
    rita.send(bob.bare, "plain " + tag)
    got = bob.wait_message("plain " + tag, timeout=15)
    assert not bob.saw("BLOCK " + tag), "passed uninspected"
    asked = [a for a in world.peer.asks if tag in a.stanza]
    assert len(asked) == 2 and got.get("from").startswith("rita@remote.test/")
    assert all(from_and_to(a) == ["rita@remote.test", "bob@example.test"] for a in asked), "filterd saw another address"


@pytest.mark.leave_out(lambda p: p["kind"] == "ejabberd" and p["address"].endswith("."))
@pytest.mark.parametrize("address", ["bob@example.test.", "bob@EXAMPLE.test", "bob@\uff45xample.test"])
def test_other_spellings_of_an_address_from_a_client(world, kind, address):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("spelling")
    alice.raw("<message type='chat' to='%s'><body>%s</body></message>" % (address, tag))
    bob.wait_message(tag)
    asked = [a for a in world.peer.asks if tag in a.stanza]
    assert len(asked) == 1 and from_and_to(asked[0]) == ["alice@example.test", "bob@example.test"]


HIDDEN = {
    "chat state's name": "<message to='%(to)s' id='%(id)s'><visa-4012888888881881 xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "chat state's attribute": "<message to='%(to)s' id='%(id)s'><active xmlns='http://jabber.org/protocol/chatstates' note='visa'/></message>",
    "hint's attribute": "<message to='%(to)s' id='%(id)s'><store xmlns='urn:xmpp:hints' note='visa'/></message>",
    "photo hash": "<presence to='%(bare)s' id='%(id)s'><x xmlns='vcard-temp:x:update'><photo>visa 4012</photo></x></presence>",
    "photo hash's attribute": "<presence to='%(bare)s' id='%(id)s'><x xmlns='vcard-temp:x:update'><photo note='visa'/></x></presence>",
    "history": "<presence to='%(bare)s' id='%(id)s'><x xmlns='http://jabber.org/protocol/muc'><history>visa</history></x></presence>",
    "caps": "<presence to='%(bare)s' id='%(id)s'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v' note='visa'/></presence>",
}


@pytest.mark.parametrize("place", HIDDEN)
def test_what_is_hidden_in_signals_is_held(world, place):
    """Elements that carry nothing pass unasked only as long as they carry nothing."""
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag, since = world.unique("hidden").replace(" #", "-"), len(world.peer.asks)
    alice.raw(HIDDEN[place] % {"to": bob.full, "bare": bob.bare, "id": tag})
    alice.send(bob.full, "after " + tag)
    bob.wait_message("after " + tag)
    asked = [a.stanza for a in world.peer.asks[since:] if "after" not in a.stanza and tag in a.stanza]
    assert asked or not bob.saw("visa"), "passed unasked"


def test_plain_signals_pass_unasked(world):
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag, since = world.unique("signals").replace(" #", "-"), len(world.peer.asks)
    for child in ("<composing xmlns='http://jabber.org/protocol/chatstates'/>", "<received xmlns='urn:xmpp:receipts' id='x1'/>",
                  "<displayed xmlns='urn:xmpp:chat-markers:0' id='x1'/><store xmlns='urn:xmpp:hints'/>"):
        alice.raw("<message to='%s' id='%s' type='chat' xml:lang='en'>%s</message>" % (bob.full, tag, child))
    alice.raw("<presence id='%s'><show>away</show><priority>5</priority><idle xmlns='urn:xmpp:idle:1' since='1969-07-21T02:56:15Z'/>"
              "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>"
              "<x xmlns='vcard-temp:x:update'><photo>%s</photo></x></presence>" % (tag, "0a" * 20))
    alice.send(bob.full, "after " + tag)
    bob.wait_message("after " + tag)
    assert not [a.stanza for a in world.peer.asks[since:] if tag in a.stanza and "after" not in a.stanza]


# only Prosody's shell takes the connector away and brings it back
@pytest.mark.leave_out(lambda p: p["kind"] != "prosody")
def test_nobody_else_can_answer_an_offer(the_site, kind):
    """A result with the id of an offer, from a user, must not keep filterd from offering its channel again."""
    mallory, stop = the_site.client("bob"), threading.Event()

    def answer():
        while not stop.is_set():
            mallory.raw("<iq type='result' id='filterd-attach-0-1' to='filter.example.test'/>")
            time.sleep(0.2)
    thread = threading.Thread(target=answer)
    thread.start()
    try:
        the_site.server.shell('module:unload("filterd")')
        time.sleep(1.5)  # offers fail: each further one is a timer's
        since = the_site.syslog.mark()
        for host in the_site.server.hosts:
            the_site.server.shell('module:load("filterd", "%s")' % host)
        assert the_site.syslog.wait("channel.up", since=since, timeout=4), "no channel while somebody answers in the connector's place"
    finally:
        stop.set()
        thread.join()


def test_text_in_a_file_inside_a_stanza(the_site):
    """What rules look for is found in a file inside a stanza (XEP-0231) too; as it can't be masked there, it is blocked."""
    alice, carol = the_site.client("alice"), the_site.client("carol")
    data = base64.b64encode(("my visa card number is %s, please book" % story.CARD).encode()).decode()
    since, mine = the_site.syslog.mark(), alice.mark()
    sent = "<data xmlns='urn:xmpp:bob' cid='sha1+00@bob.xmpp.org' type='text/plain'>%s</data>"
    blocked = alice.send(carol.bare, "see file", children=sent % data)
    assert alice.wait_error(blocked, since=mine).error[1] == "policy-violation"
    assert the_site.syslog.wait("dlp.match", since=since, detector="payment-card")
    alice.send(carol.bare, "see other file", children=sent % base64.b64encode(b"nothing in here").decode())
    carol.wait_message("see other file")
    assert not carol.saw(data)
    assert not any(story.CARD in e.line or data in e.line for e in the_site.syslog.find(since=since))


def test_secret_in_an_attribute_of_the_message(the_site):
    alice, carol = the_site.client("alice"), the_site.client("carol")
    alice.raw("<message to='%s' type='chat' note='visa card number %s'><body>look at my note</body></message>" % (carol.bare, story.CARD))
    carol.wait_message("look at my note")
    assert not carol.saw(story.CARD)
