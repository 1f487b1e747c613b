"""Secrets in several messages: what completes one is stopped, on real servers."""

import pytest

from lib import story

CORRECT = "<replace xmlns='urn:xmpp:message-correct:0' id='%s'/>"


@pytest.fixture
def cast(the_site):
    return story.Cast(the_site)


@pytest.fixture
def say(cast):
    """alice writes to carol; what carol gets of it."""
    def say(text, children=""):
        seen = cast.carol.mark()
        id = cast.alice.send(cast.carol.bare, text, children=children)
        return cast.carol.wait_message(id=id, since=seen)
    return say


def fresh(say):
    """Nothing that was written before touches what comes: words wash no numbers out of a window, but longer ones than it holds do."""
    for _ in range(4):
        say("0" * 160)
    for _ in range(2):
        say("what people say to each other between two things, in words and not in figures, goes on and on and on until it is enough")


def test_card_in_two_messages(the_site, cast, say):
    fresh(say)
    since = the_site.syslog.mark()
    assert say("my visa is 4012 8888").body == "my visa is 4012 8888"
    last = say("8888 1881 thanks").body
    assert "8888" not in last and last.endswith("thanks") and "•" in last, last
    event = the_site.syslog.wait("dlp.match", since=since, detector="payment-card")
    assert event and event.fields["across"] == "messages", event


def test_card_in_sixteen_messages(the_site, cast, say):
    fresh(say)
    since = the_site.syslog.mark()
    say("card number follows")
    got = [say(digit).body for digit in "4012848853553097"]  # its first thirteen digits are a valid card
    assert got[12:] == 4 * ["•"], got
    assert the_site.syslog.wait("policy.redact", since=since)


def test_talk_and_headings_between_the_parts(the_site, cast, say):
    fresh(say)
    parts = "visa, first half: 4012 8888", "brb, the cat is on the table again"
    assert [say(part).body for part in parts] == list(parts)
    last = say("and the second half: 8888 1881").body
    assert last.startswith("and the second half: •") and "8888" not in last, last


def test_token_cut_in_the_middle_is_blocked(the_site, cast, say):
    fresh(say)
    key = story.aws_secret_key()
    say("aws_secret_access_key = " + key[:17])
    mine = cast.alice.mark()
    id = cast.alice.send(cast.carol.bare, key[17:])
    assert cast.alice.wait_error(id, since=mine)
    again = cast.alice.send(cast.carol.bare, key[17:])  # who tries again gets no further
    assert cast.alice.wait_error(again, since=mine)
    assert not cast.carol.saw(key[17:])


def test_flood_of_parts(the_site, cast, say):
    """The parts are under way at the same time."""
    fresh(say)
    seen = cast.carol.mark()
    ids = [cast.alice.send(cast.carol.bare, part) for part in ("visa card", "4012 88", "88 8888 18", "81")]
    got = [cast.carol.wait_message(id=id, since=seen).body for id in ids]
    assert got[0] == "visa card" and got[-1] == "••", got


def test_senders_and_conversations_do_not_mix(the_site, cast, say):
    fresh(say)
    seen = cast.carol.mark()
    say("my visa is 4012 8888")
    other = cast.bob.send(cast.carol.bare, "8888 1881")
    assert cast.carol.wait_message(id=other, since=seen).body == "8888 1881"
    elsewhere = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "8888 1881")
    assert cast.bob.wait_message(id=id, since=elsewhere).body == "8888 1881"


def test_blocked_text_is_not_remembered(the_site, cast, say):
    fresh(say)
    mine = cast.alice.mark()
    id = cast.alice.send(cast.carol.bare, "aws_secret_access_key = %s and visa 4012 8888" % story.aws_secret_key())
    assert cast.alice.wait_error(id, since=mine)
    assert say("8888 1881").body == "8888 1881"


def test_correction_completes_it(the_site, cast, say):
    fresh(say)
    say("my visa is")
    first = say("something")
    assert say("8888 1881").body == "8888 1881"
    changed = say("4012 8888", CORRECT % first.id).body
    assert "4012" not in changed and "•" in changed, changed


def test_correction_after_the_rest(the_site, cast, say):
    fresh(say)
    say("my visa is 4012 8888")
    other = say("something")
    changed = say("8888 1881", CORRECT % other.id).body
    assert "•" in changed, changed


def test_room(the_site, cast):
    room = "across@%s" % the_site.server.muc
    cast.alice.join(room, "alice")
    cast.carol.join(room, "carol")
    seen = cast.carol.mark()
    for text in ("visa please: 4012 8888", "8888 1881"):
        cast.alice.send(room, text, type="groupchat")
    cast.carol.wait(lambda s: s.kind == "message" and s.type == "groupchat" and "•" in (s.body or ""), since=seen, what="a masked message")


def test_copies_in_other_payloads_are_masked(the_site, cast, say):
    fresh(say)
    say("my visa is 4012 8888")
    got = say("8888 1881", "<body xml:lang='de'>nun 8888 1881</body><html xmlns='http://jabber.org/protocol/xhtml-im'>"
              "<body xmlns='http://www.w3.org/1999/xhtml'><p>88<b>88</b> 1881</p></body></html><x xmlns='urn:example:x' a='8888 1881'>8888 1881</x>")
    assert "1881" not in got.text and "8888" not in got.text and "nun" in got.text, got.text


def test_another_spelling_of_the_address(the_site, cast, say):
    fresh(say)
    say("my visa is 4012 8888")
    seen = cast.carol.mark()
    id = cast.alice.send(cast.carol.bare.upper(), "8888 1881")
    body = cast.carol.wait_message(id=id, since=seen).body
    assert "1881" not in body, body


def test_password_behind_its_announcement(the_site, cast, say):
    """What is secret lies whole in the last message, but alone it is nothing."""
    fresh(say)
    since = the_site.syslog.mark()
    say("the password for the vpn is")
    say("hunter2Xq9z")
    event = the_site.syslog.wait("dlp.match", since=since, detector="password-in-text")
    assert event and event.fields["across"] == "messages", event
