"""What is particular to the connector for ejabberd: installing it, its second kind of queue, its node."""

import asyncio
import shutil
import time
import xml.etree.ElementTree as ET

import pytest

from lib import client, ejabberd, peer, run, servers
from lib.client import Client

FILTER = "filter.example.test"
GATEWAY = "gateway.example.test"


def wait_for(work, timeout=20):
    return asyncio.run_coroutine_threadsafe(work, client.loop()).result(timeout)


def verdict(ask):
    """By words in the body: cards are redacted, the rest of the words speak for themselves."""
    if "card" in ask.body:
        return ask.with_body("[redacted]")
    if "drop me" in ask.body:
        return peer.DROP
    if "bounce me" in ask.body:
        return peer.bounce("policy-violation", "Not allowed here.")
    if "be slow" in ask.body:
        return later(peer.DELIVER, 0.3)
    if "never answer" in ask.body:
        return peer.SILENCE
    return peer.DELIVER


async def later(answer, seconds):
    await asyncio.sleep(seconds)
    return answer


class Filter(peer.Peer):
    """The scripted filterd, behind calls that wait."""

    def __init__(self, server, folder, **kwargs):
        super().__init__(server.component_port, server.secrets[FILTER], server.hosts, path=str(folder / "inspect"), rule=verdict, **kwargs)

    def up(self):
        wait_for(self.start())
        wait_for(self.wait_attached())
        return self

    def down(self):
        wait_for(self.stop())


class Component:
    """A gateway: an XEP-0114 component without any library."""

    def __init__(self, server, domain, secret):
        self.link, self.domain = peer.Link("127.0.0.1", server.component_port, domain, secret), domain
        wait_for(self.link.connect())

    def send(self, user, to, body, id="c1", type="chat"):
        self.raw("<message from='%s@%s' to='%s' id='%s' type='%s'><body>%s</body></message>" % (user, self.domain, to, id, type, body))

    def raw(self, xml):
        client.loop().call_soon_threadsafe(self.link.send, xml)

    def next(self, timeout=5):
        return wait_for(asyncio.wait_for(self.link.stanzas.get(), timeout))

    def next_body(self):
        return self.next().findtext("{jabber:component:accept}body")

    def got_nothing(self, seconds=0.3):
        time.sleep(seconds)
        return self.link.stanzas.empty()

    def close(self):
        wait_for(self.link.close())


@pytest.fixture(scope="module")
def server():
    folder = run.scratch()
    with servers.start_server("ejabberd", folder, components={GATEWAY: "gateway secret", "other.example.test": "other secret"},
                              module_options={"timeout": "2s", "max_held": 50}) as s:
        yield s
    run.remove(folder)


@pytest.fixture
def filterd(server, folder):
    f = Filter(server, folder)
    yield f.up()
    f.down()


@pytest.fixture
def gateway(server):
    c = Component(server, GATEWAY, "gateway secret")
    yield c
    c.close()


# --- installing ------------------------------------------------------------------------------------------------------

def test_module_install_as_an_administrator_does(folder):
    """module_install compiles and loads the connector from ~/.ejabberd-modules/sources; then it is switched on by the configuration."""
    with servers.start_server("ejabberd", folder, module=False) as server:
        node = server.node
        sources = folder / "ejabberd/.ejabberd-modules/sources"
        run.check(["make", "-C", servers.SOURCE / "plugins/ejabberd", "install-sources", "SOURCES_DIR=%s" % sources])
        assert "mod_filterd" in node.ctl("modules_available")
        node.ctl("module_install", "mod_filterd")
        assert "mod_filterd" in node.ctl("modules_installed")
        node.config["modules"]["mod_filterd"] = {"component": FILTER}
        node.write_config(node.config)
        node.ctl("reload_config")
        f = Filter(server, folder).up()
        with Client(server, "alice@example.test") as alice, Client(server, "bob@example.test") as bob:
            alice.send(bob.full, "my card number")
            bob.wait_message("[redacted]")
            # an upgrade: the old code goes, the new one comes, the channel is offered anew
            node.ctl("module_upgrade", "mod_filterd")
            client_error = alice.send(bob.full, "in between")
            run.until(lambda: bob.saw("in between") or alice.saw(client_error), 5, "delivered or bounced")
            run.until(lambda: f.attaches == 2 and f.attached.is_set(), 5, "attached again")
            alice.send(bob.full, "card again")
            bob.wait_message("[redacted]", since=bob.mark() - 1)
            del node.config["modules"]["mod_filterd"]
            node.write_config(node.config)
            node.ctl("reload_config")
            node.ctl("module_uninstall", "mod_filterd")
            alice.send(bob.full, "card, and no filter")
            bob.wait_message("card, and no filter")
        f.down()


def test_component_option_is_required(folder):
    prototype = servers.new_server("ejabberd", folder)
    cert, key = prototype.settings.authority.issue("x", ["example.test"])
    with pytest.raises(RuntimeError, match="component"):
        ejabberd.start_ejabberd(folder / "run", ["example.test"], {}, {}, cert, prototype.ca, prototype.compiled_module(), {"timeout": 3}).stop()


# --- who may offer a channel -----------------------------------------------------------------------------------------

def attach(where="path='/nowhere'"):
    return "<attach xmlns='urn:filterd:inspect:1' %s token='%s' version='1' max-frame='589824'/>" % (where, "0" * 64)


def test_nobody_else_may_offer_a_channel(server, gateway, folder):
    """Neither a user nor another component, whatever it says of itself."""
    fake = Filter(server, folder)
    fake.link_at = ("127.0.0.1", server.component_port, GATEWAY, "gateway secret")
    gateway.close()
    offer = attach("path='%s'" % fake.path)
    wait_for(fake.start())
    run.until(lambda: fake.refusals, 5, "the offer of another component to be refused")
    assert not fake.attaches
    with Client(server, "alice@example.test") as alice:
        assert alice.iq("set", "example.test", offer).type == "error"
    assert not fake.attaches
    fake.down()


def test_offer_is_checked(server):
    """An offer that lacks something is a bad request; one nobody listens behind leaves things as they are."""
    link = Component(server, FILTER, server.secrets[FILTER])
    for bad in ("path='relative'", "host='127.0.0.1' port='1'", "host='127.0.0.1' port='0' fingerprint='%s'" % ("0" * 64),
                "host='127.0.0.1' port='1' fingerprint='zz%s'" % ("0" * 62)):
        answer = wait_for(link.link.iq("example.test", attach(bad)))
        assert answer.get("type") == "error" and ET.tostring(answer).count(b"bad-request"), bad
    assert wait_for(link.link.iq("example.test", attach())).get("type") == "result"
    link.close()


class WrongPin(peer.Peer):
    def offer(self, *args):
        return super().offer(*args).replace(self.fingerprint, "0" * 64)


@pytest.mark.parametrize("kind_of_peer", [WrongPin, peer.Peer])
def test_tls_channel_is_pinned(server, kind_of_peer):
    """Between machines: TLS, and only with the certificate whose fingerprint the offer named."""
    files = server.settings.authority.issue("channel", ["127.0.0.1"])
    f = kind_of_peer(server.component_port, server.secrets[FILTER], server.hosts, rule=verdict, tls=files)
    try:
        wait_for(f.start())
        if kind_of_peer is WrongPin:
            with pytest.raises(asyncio.TimeoutError):
                wait_for(f.wait_attached(2))
            assert "wrong_certificate" in server.node.log() and not f.attaches
            return
        wait_for(f.wait_attached())
        with Client(server, "alice@example.test") as alice, Client(server, "bob@example.test") as bob:
            alice.send(bob.full, "my card number")
            bob.wait_message("[redacted]")
    finally:
        wait_for(f.stop())


def test_nothing_for_filterd_leaves_for_the_network(folder):
    """With its component down, ejabberd would look for the domain on the network: the connector denies that."""
    with servers.start_server("ejabberd", folder, s2s={FILTER: run.free_port()}, accounts=("alice@example.test",)) as server:
        server.node.config["s2s_access"] = "all"
        server.node.write_config(server.node.config)
        server.node.ctl("reload_config")
        with Client(server, "alice@example.test") as alice:
            since = time.monotonic()
            answer = alice.iq("get", FILTER, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
            assert answer.type == "error" and time.monotonic() - since < 1
            assert answer.error[1] in ("forbidden", "not-allowed"), answer


# --- other components ------------------------------------------------------------------------------------------------

def test_component_both_directions(server, filterd, gateway):
    with Client(server, "alice@example.test") as alice:
        alice.send("carl@" + GATEWAY, "my card number")
        assert gateway.next_body() == "[redacted]"
        id = alice.send("carl@" + GATEWAY, "bounce me")
        assert alice.wait_error(id).error == ("modify", "policy-violation", "Not allowed here.")
        assert gateway.got_nothing()

        gateway.send("carl", alice.full, "be slow 1", "g1")
        gateway.send("carl", alice.full, "card", "g2")
        gateway.send("carl", alice.full, "drop me", "g3")
        gateway.send("carl", alice.full, "bounce me", "g4")
        gateway.send("carl", alice.full, "last", "g5")
        alice.wait_message("last")
        assert [m.body for m in alice.messages() if m.sender.endswith(GATEWAY)] == ["be slow 1", "[redacted]", "last"]
        error = gateway.next()
        assert (error.get("id"), error.get("type")) == ("g4", "error")
        assert gateway.got_nothing()
    origins = {(a.session.origin, a.session.jid, a.session.host) for a in filterd.asks}
    assert (3, GATEWAY, "example.test") in origins


def test_component_fails_closed_and_filterd_itself_is_not_held(server, filterd, gateway):
    with Client(server, "alice@example.test") as alice:
        gateway.send("carl", alice.full, "never answer", "g6")
        error = gateway.next()
        assert (error.get("id"), error.get("type")) == ("g6", "error") and b"resource-constraint" in ET.tostring(error)
        held = len(filterd.asks)
        client.loop().call_soon_threadsafe(filterd.link.send, "<message from='%s' to='%s'><body>a notice: card</body></message>" % (
            FILTER, alice.full))
        alice.wait_message("a notice: card")
        assert len(filterd.asks) == held
        filterd.down()
        gateway.send("carl", alice.full, "nobody there", "g7")
        assert gateway.next().get("id") == "g7"
        assert not alice.saw("nobody there")


def test_a_component_that_goes_leaves_nothing_behind(server, filterd):
    """What a component sent before its stream ended is still judged and delivered."""
    c = Component(server, "other.example.test", "other secret")
    with Client(server, "alice@example.test") as alice:
        c.send("o", alice.full, "be slow, card")
        c.send("o", alice.full, "be slow too")
        run.until(lambda: len(filterd.asks) >= 2, 5, "asked")
        c.close()
        alice.wait_message("be slow too")


def test_back_pressure(server, filterd):
    """With max_held of a session under way nothing more is read from it; all of it arrives, in order."""
    with Client(server, "alice@example.test") as alice, Client(server, "bob@example.test") as bob:
        gate = asyncio.Event()

        async def when_open(ask):
            await gate.wait()
            return peer.DELIVER
        filterd.rule = when_open
        for n in range(120):
            alice.send(bob.full, "n%d" % n)
        run.until(lambda: len(filterd.asks) >= 50, 5, "fifty asked")
        time.sleep(0.3)
        assert len(filterd.asks) == 50
        client.loop().call_soon_threadsafe(gate.set)
        bob.wait_message("n119")
        assert [m.body for m in bob.messages()] == ["n%d" % n for n in range(120)]


BROKEN_TABLE = """fun() ->
    Form = fun(Text) -> {ok, T, _} = erl_scan:string(Text), {ok, F} = erl_parse:parse_form(T), F end,
    {ok, M, Beam} = compile:forms([Form(L) || L <- ["-module(mod_filterd_content).", "-export([is_content/1]).", "is_content(_) -> error(broken)."]]),
    code:load_binary(M, "broken", Beam) end, []"""


def test_a_crash_of_the_connector_lets_nothing_pass(server, filterd, gateway):
    """ejabberd passes over a hook that crashes: ours must not crash to it."""
    with Client(server, "alice@example.test") as alice, Client(server, "bob@example.test") as bob:
        server.node.call("erlang", "apply", BROKEN_TABLE)
        try:
            id = alice.send(bob.full, "while it is broken")
            assert alice.wait_error(id).error[:2] == ("wait", "resource-constraint")
            gateway.send("carl", bob.full, "while it is broken")
            assert gateway.next().get("type") == "error"
        finally:
            server.node.call("code", "purge", "mod_filterd_content")
            server.node.call("code", "load_file", "mod_filterd_content")
        alice.send(bob.full, "card, whole again")
        bob.wait_message("[redacted]")
        assert not bob.saw("while it is broken")


# --- other servers ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("remote_kind", ["prosody", "ejabberd"])
def test_stream_of_a_second_server_is_held(folder, remote_kind):
    ours, remote = servers.start_pair("ejabberd", folder, remote_kind=remote_kind)
    try:
        f = Filter(ours, folder).up()
        with Client(ours, "bob@example.test") as bob, Client(remote, "rita@remote.test") as rita:
            rita.send("bob@example.test", "be slow first")
            rita.send("bob@example.test", "my card number")
            rita.send("bob@example.test", "drop me")
            refused = rita.send("bob@example.test", "bounce me")
            rita.send("bob@example.test", "last")
            bob.wait_message("last")
            assert [m.body for m in bob.messages()] == ["be slow first", "[redacted]", "last"]
            assert rita.wait_error(refused).error == ("modify", "policy-violation", "Not allowed here.")
            session = next(a.session for a in f.asks if a.session.origin == 2)
            assert (session.jid, session.host) == ("remote.test", "example.test") and session.flags & 1 and session.flags & 6
            # the stream breaks off while something is held
            rita.send("bob@example.test", "be slow, the stream goes")
            run.until(lambda: f.asks[-1].body.endswith("goes"), 5, "asked")
            ours.node.call("lists", "foreach", "fun({_, P, _, _}) -> exit(P, kill) end, supervisor:which_children(ejabberd_s2s_in_sup)")
            bob.wait_message("be slow, the stream goes")
            # the filter goes: nothing passes
            f.down()
            lost = rita.send("bob@example.test", "nobody looks")
            assert rita.wait_error(lost).error[:2] == ("wait", "resource-constraint")
            assert not bob.saw("nobody looks")
            # what we send to the other server
            f2 = Filter(ours, folder).up()
            bob.send(rita.full, "card for rita")
            rita.wait_message("[redacted]")
            f2.down()
    finally:
        ours.stop()
        remote.stop()


# --- what filterd sends ----------------------------------------------------------------------------------------------

def test_injected_message_is_in_both_archives_and_not_held(server, filterd):
    with Client(server, "alice@example.test") as alice, Client(server, "bob@example.test") as bob:
        held = len(filterd.asks)
        stanza = "<message from='%s' to='bob@example.test' type='chat' id='released'><body>released card</body></message>"
        assert wait_for(filterd.inject(stanza % alice.full)) == 0
        bob.wait_message("released card")
        assert len(filterd.asks) == held
        for someone in (alice, bob):
            assert "released card" in [m.body for m in someone.archive()]
        assert wait_for(filterd.inject(stanza % "x@elsewhere.test")) == 0
        assert wait_for(filterd.inject("<message from='x@elsewhere.test' to='y@elsewhere.test'><body>x</body></message>")) == 1
        assert wait_for(filterd.inject("<message from='alice@example.test'><body>x</body></message>")) == 1
        assert wait_for(filterd.inject("<nonsense>")) == 1


# --- the node --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", ["stop", "kill"])
def test_node_restarts(folder, how):
    """After a restart of the server filterd's next offer brings the channel back; until then nothing passes."""
    with servers.start_server("ejabberd", folder) as server:
        f = Filter(server, folder).up()
        getattr(server, how)()
        run.until(lambda: not f.attached.is_set(), 5, "filterd to see the channel go")
        f.down()
        server.start()
        with Client(server, "alice@example.test") as alice, Client(server, "bob@example.test") as bob:
            early = alice.send(bob.full, "too early")
            assert alice.wait_error(early).error == ("wait", "resource-constraint",
                                                     "Content filter unavailable. Not delivered; please try again.")
            Filter(server, folder).up()
            alice.send(bob.full, "card")
            bob.wait_message("[redacted]")
            assert not bob.saw("too early")


def test_nothing_of_a_stopped_server_is_left(folder):
    with servers.start_server("ejabberd", folder) as server:
        pid = server.pid
        session = run.processes_of_session(pid)
        assert pid in session
    run.until(lambda: not run.processes_of_session(pid), 5, "all its processes to be gone")
