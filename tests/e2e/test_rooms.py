"""Chat rooms on real servers: what is sent there counts as sent to every zone that has an occupant in it."""

import itertools
import re

import pytest

from lib import story

RULES = r"""
detectors: ( { id = "code-word"; title = "Code word"; patterns = ( { regex = "\bBLUEBIRD-\d{4}\b"; confidence = 90; } ); mask = { keep_last = 2; };
               tests = { match = [ "see BLUEBIRD-1234" ]; no_match = [ "a bluebird" ]; }; },
             { id = "sealed-word"; title = "Word for nobody outside"; patterns = ( { regex = "\bREDKITE\b"; confidence = 90; } );
               tests = { match = [ "REDKITE" ]; no_match = [ "red kite" ]; }; } );
rules: ( { id = "not-to-partners"; when = { to = [ "partners" ]; }; detect = ( { detector = "code-word"; } ); action = "redact"; severity = "medium"; },
         { id = "sealed"; when = { to = [ "partners" ]; }; detect = ( { detector = "sealed-word"; } ); action = "block"; severity = "high"; } );
"""
FILTERD = {
    "zones": [("internal", ["example.test"]), ("partners", ["partner.test"])],
    "extra": 'rooms = ( { room = "fair-*@rooms.example.test"; zone = "partners"; }, { room = "*@rooms.example.test"; zone = "internal"; } );',
}
HIDDEN, SHOWN = "BLUEBIRD-1234", "34"
numbers = itertools.count(1)


@pytest.fixture
def cast(the_site):
    the_site.filterd.add_rules("90-test.rules", RULES)
    return story.Cast(the_site)


@pytest.fixture
def room(the_site, cast):
    """A room with alice and bob in it, both internal."""
    room = "r%d@%s" % (next(numbers), the_site.server.muc)
    cast.alice.join(room, "alice")
    cast.bob.join(room, "bob")
    return room


def is_masked(text):
    return HIDDEN not in text and re.search(r"•+-•*%s" % SHOWN, text)


def say(sender, reader, room, type="groupchat", to=None):
    """What the reader gets to see of the code word."""
    seen, id = reader.mark(), "say-%d" % next(numbers)
    sender.send(to or room, "the word is %s." % HIDDEN, type=type, id=id)
    return reader.wait(lambda s: s.kind == "message" and s.body and s.body.startswith("the word is") and s.sender.startswith(room + "/"),
                       since=seen, what="the word in " + room).body


def leave(client, room, nick):
    mine = client.mark()
    client.presence(room + "/" + nick, type="unavailable")
    client.wait(lambda s: s.kind == "presence" and s.type == "unavailable" and s.sender == room + "/" + nick, since=mine)


def test_it_depends_on_who_is_in(cast, room):
    assert HIDDEN in say(cast.alice, cast.bob, room)
    cast.carol.join(room, "carol")
    assert is_masked(say(cast.alice, cast.bob, room))
    cast.carol.wait(lambda s: s.body and is_masked(s.body), what="the masked word")
    leave(cast.carol, room, "carol")
    assert HIDDEN in say(cast.alice, cast.bob, room)
    cast.carol.settle()
    assert not cast.carol.saw(HIDDEN)


def test_what_is_blocked_there_comes_back_with_the_zones_in_the_event(the_site, cast, room):
    cast.carol.join(room, "carol")
    since, mine = the_site.syslog.mark(), cast.alice.mark()
    cast.alice.send(room, "REDKITE", type="groupchat", id="sealed-1")
    assert cast.alice.wait_error("sealed-1", since=mine).error[1] == "policy-violation"
    zones = the_site.syslog.wait("policy.block", since=since).fields["zones"]
    assert zones.startswith("internal>") and sorted(zones[9:].split(",")) == ["internal", "partners"]


def test_people_from_outside_speak_to_those_who_are_in(cast, room):
    cast.carol.join(room, "carol")
    assert is_masked(say(cast.carol, cast.bob, room))


def test_another_nick_is_the_same_occupant(cast, room):
    cast.carol.join(room, "carol")
    assert is_masked(say(cast.alice, cast.bob, room))
    mine = cast.carol.mark()
    cast.carol.presence(room + "/caroline")
    cast.carol.wait(lambda s: s.kind == "presence" and s.sender == room + "/caroline", since=mine)
    assert is_masked(say(cast.alice, cast.bob, room))
    leave(cast.carol, room, "caroline")
    assert HIDDEN in say(cast.alice, cast.bob, room)


def test_one_of_two_from_outside_leaves(the_site, cast, room):
    second = the_site.client("carol")
    cast.carol.join(room, "carol")
    second.join(room, "second")
    leave(cast.carol, room, "carol")
    assert is_masked(say(cast.alice, cast.bob, room))
    second.cut()
    cast.bob.wait(lambda s: s.kind == "presence" and s.type == "unavailable" and s.sender == room + "/second", timeout=15)
    assert HIDDEN in say(cast.alice, cast.bob, room)


def test_kicked(cast, room):
    cast.carol.join(room, "carol")
    assert is_masked(say(cast.alice, cast.bob, room))
    cast.alice.iq("set", room, "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='carol' role='none'/></query>")
    assert HIDDEN in say(cast.alice, cast.bob, room)


def test_private_message_subject_and_invitation(the_site, cast, room):
    assert HIDDEN in say(cast.alice, cast.bob, room, type="chat", to=room + "/bob")
    seen = cast.carol.mark()
    cast.alice.raw("<message to='%s'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='%s'><reason>%s</reason></invite></x></message>"
                   % (room, cast.carol.bare, HIDDEN))
    assert is_masked(cast.carol.wait(lambda s: "invite" in s.text, since=seen, what="the invitation").text)
    cast.carol.join(room, "carol")
    assert is_masked(say(cast.alice, cast.bob, room, type="chat", to=room + "/bob"))
    seen = cast.carol.mark()
    cast.alice.raw("<message to='%s' type='groupchat'><subject>on %s</subject></message>" % (room, HIDDEN))
    assert is_masked(cast.carol.wait(lambda s: "<subject" in s.text or "subject>" in s.text, since=seen, what="the subject").text)


def test_zone_of_the_room(the_site, cast):
    room = "fair-%d@%s" % (next(numbers), the_site.server.muc)
    cast.alice.join(room, "alice")
    cast.bob.join(room, "bob")
    assert is_masked(say(cast.alice, cast.bob, room))


def test_filterd_starts_anew(the_site, cast, room):
    other = "r%d@%s" % (next(numbers), the_site.server.muc)
    cast.alice.join(other, "alice")
    cast.bob.join(other, "bob")
    cast.carol.join(room, "carol")
    assert is_masked(say(cast.alice, cast.bob, room)) and HIDDEN in say(cast.alice, cast.bob, other)
    the_site.filterd.restart()
    the_site.filterd.wait_ready()
    assert is_masked(say(cast.alice, cast.bob, room)) and HIDDEN in say(cast.alice, cast.bob, other)


def test_connector_is_loaded_anew(the_site, cast, room):
    other = "r%d@%s" % (next(numbers), the_site.server.muc)
    cast.alice.join(other, "alice")
    cast.bob.join(other, "bob")
    cast.carol.join(room, "carol")
    assert is_masked(say(cast.alice, cast.bob, room))
    the_site.server.reload_module()
    the_site.filterd.wait_ready()
    assert is_masked(say(cast.alice, cast.bob, room)) and HIDDEN in say(cast.alice, cast.bob, other)
    leave(cast.carol, room, "carol")
    assert HIDDEN in say(cast.alice, cast.bob, room)
    cast.carol.join(other, "carol")
    assert is_masked(say(cast.alice, cast.bob, other))


def test_room_on_another_server(the_site, cast):
    """Nobody here knows who is in it: everybody may be."""
    since = the_site.syslog.mark()
    for number, stanza in enumerate((
            "<message to='some@rooms.elsewhere.test' type='groupchat' id='%s'><body>REDKITE</body></message>",
            "<message to='some@rooms.elsewhere.test/nick' type='chat' id='%s'><body>REDKITE</body>"
            "<x xmlns='http://jabber.org/protocol/muc#user'/></message>",
            "<presence to='some@rooms.elsewhere.test/REDKITE' id='%s'><x xmlns='http://jabber.org/protocol/muc'/></presence>")):
        cast.alice.raw(stanza % ("remote-%d" % number))
        event = the_site.syslog.wait("policy.block", since=since)
        assert event.fields["zones"] == "internal>*"
        since = the_site.syslog.mark()
    assert cast.alice.wait_error("remote-0").error[1] == "policy-violation"
