"""What somebody tries who wants content to get past the filter, or the filter out of the way."""
import pathlib
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lib import run  # noqa: E402
from test_soundness import World  # noqa: E402

KINDS = ("prosody",)
FILTERD = {"workers": 2}


@pytest.fixture(scope="module")
def world(request):
    only = request.config.getoption("--server")
    if only not in (None, "prosody"):
        pytest.skip("the remote server's tricks are a module of Prosody")
    folder = run.scratch()
    w = World("prosody", folder)
    w.peer.start()
    w.remote.shell('module:load("odd_address", "remote.test")')
    yield w
    w.close()
    run.remove(folder)


@pytest.mark.parametrize("trick", ["DOT-TO", "DOT-FROM", "WIDE-TO"])
def test_other_spellings_of_an_address_from_another_server(world, trick):
    """Prosody routes bob@example.test. to bob: what looks like an address of nobody must not pass unasked."""
    bob, rita = world.client("bob@example.test"), world.client("rita@remote.test", server=world.remote)
    tag = world.unique(trick)
    rita.send(bob.bare, "hello " + tag.replace("-", " "))  # the stream must be there: what waits for it is not respelt
    bob.wait_message("hello " + tag.replace("-", " "), timeout=15)
    rita.send(bob.bare, "BLOCK " + tag)
    rita.send(bob.bare, "plain " + tag)
    got = bob.wait_message("plain " + tag, timeout=15)
    assert not bob.saw("BLOCK " + tag), "passed uninspected"
    asked = [a.stanza for a in world.peer.asks if tag in a.stanza]
    assert len(asked) == 2 and got.get("from").startswith("rita@remote.test/")
    assert all("bob@example.test'" in s.replace('"', "'") for s in asked), "filterd was shown another address than Prosody routes by"


@pytest.mark.parametrize("address", ["bob@example.test.", "bob@EXAMPLE.test", "bob@\uff45xample.test"])
def test_other_spellings_of_an_address_from_a_client(world, address):
    """The zone is that of the domain it will be routed to, however it is spelt."""
    alice, bob = world.client("alice@example.test"), world.client("bob@example.test")
    tag = world.unique("spelling")
    alice.raw("<message type='chat' to='%s'><body>%s</body></message>" % (address, tag))
    bob.wait_message(tag)
    asked = [a.stanza for a in world.peer.asks if tag in a.stanza]
    assert len(asked) == 1 and "bob@example.test'" in asked[0].replace('"', "'"), asked


def test_nobody_else_can_answer_an_offer(the_site):
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
