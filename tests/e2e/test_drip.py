"""Rules that count over time, on real servers."""

import os
import secrets
import signal
import time

import pytest

from lib import story

RULES = r"""
detectors: ( { id = "drip-word"; title = "Code word"; patterns = ( { regex = "\bDRIP-\d{4}\b"; confidence = 90; } );
               tests = { match = [ "see DRIP-1234" ]; }; },
             { id = "talk-word"; title = "Code word"; patterns = ( { regex = "\bTALK-\d{4}\b"; confidence = 90; } );
               tests = { match = [ "see TALK-1234" ]; }; },
             { id = "brief-word"; title = "Code word"; patterns = ( { regex = "\bBRIEF-\d{4}\b"; confidence = 90; } );
               tests = { match = [ "see BRIEF-1234" ]; }; } );
rules: ( { id = "test-drip"; detect = ( { detector = "drip-word"; count = 3; distinct = true; per = "sender"; within = "24h"; } );
           action = "block"; severity = "high"; notice = { en = "Three in a day." ; }; },
         { id = "test-talk"; detect = ( { detector = "talk-word"; count = 3; per = "conversation"; within = "1d"; } ); action = "redact"; },
         { id = "test-brief"; detect = ( { detector = "brief-word"; count = 2; per = "sender"; within = "5s"; } ); action = "block"; } );
"""


@pytest.fixture
def cast(the_site):
    the_site.filterd.add_rules("90-drip.rules", RULES)
    return story.Cast(the_site)


def word(kind):
    return "%s-%04d" % (kind, secrets.randbelow(10000))


def words(kind, n):
    found = set()
    while len(found) < n:
        found.add(word(kind))
    return sorted(found)


def passes(sender, to, text):
    seen = to.mark()
    return to.wait_message(id=sender.send(to.bare, text), since=seen).body


def blocked(sender, to, text):
    seen, mine = to.mark(), sender.mark()
    error = sender.wait_error(sender.send(to.bare, text), since=mine)
    to.settle()
    assert not to.saw(text, seen)
    return error


def test_third_of_a_day_is_blocked(the_site, cast):
    one, two, three, four = words("DRIP", 4)
    since = the_site.syslog.mark()
    assert passes(cast.alice, cast.bob, "first %s" % one) == "first %s" % one
    passes(cast.alice, cast.carol, "second %s" % two)
    passes(cast.alice, cast.bob, "second %s once more" % two)
    assert not the_site.syslog.find("dlp.match", since, rule="test-drip")
    # another sender has a count of his own
    passes(cast.bob, cast.carol, "mine %s" % three)
    # over both conversations, and from another device
    assert "Three in a day." in blocked(cast.alice_phone, cast.bob, "third %s" % three).error[2]
    event = the_site.syslog.wait("dlp.match", since=since, rule="test-drip")
    assert event.fields["count"] == "3" and event.fields["per"] == "sender" and 0 <= int(event.fields["span"]) < 60, event
    # who tries again gets no further, a reload does not forget, and what has no such word passes
    blocked(cast.alice, cast.bob, "third %s" % three)
    the_site.filterd.reload_now()
    blocked(cast.alice, cast.bob, "fourth %s" % four)
    passes(cast.alice, cast.bob, "nothing of that kind")


def test_conversation_is_counted_on_its_own_and_masked(the_site, cast):
    one, two, three, other = words("TALK", 4)
    passes(cast.alice, cast.carol, "a %s" % one)
    passes(cast.alice, cast.bob, "b %s" % other)
    passes(cast.alice, cast.carol, "c %s" % two)
    assert passes(cast.alice, cast.bob, "d %s" % other) == "d %s" % other
    last = passes(cast.alice, cast.carol, "e %s too" % three)
    assert three not in last and last.startswith("e ") and last.endswith(" too"), last


def test_only_what_is_recent_counts(the_site, cast):
    one, two, three = words("BRIEF", 3)
    passes(cast.bob, cast.carol, "a %s" % one)
    time.sleep(6)
    passes(cast.bob, cast.carol, "b %s" % two)
    blocked(cast.bob, cast.carol, "c %s" % three)


def test_flood_is_counted_in_order(the_site, cast):
    """They are all under way at the same time: yet no more than two of them pass."""
    seen, mine = cast.bob.mark(), cast.carol.mark()
    ids = [cast.carol.send(cast.bob.bare, "flood %s" % w) for w in words("DRIP", 6)]
    for id in ids[2:]:
        assert cast.carol.wait_error(id, since=mine)
    for id in ids[:2]:
        assert cast.bob.wait_message(id=id, since=seen)


def test_kill_begins_anew(the_site, cast):
    """Counts are in memory alone, as filterd-rules(5) says."""
    one, two, three = words("TALK", 3)
    for text in ("a %s" % one, "b %s" % two):
        assert passes(cast.carol, cast.bob, text) == text
    since, before = the_site.syslog.mark(), the_site.filterd.roles()["broker"]
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    the_site.syslog.wait("channel.up", since=since, timeout=20)
    assert passes(cast.carol, cast.bob, "c %s" % three) == "c %s" % three
