"""What rules do, on real servers: labels and tokens in every payload, advice, silence, alerts."""

import re

import pytest

from lib import story

RULES = r"""
detectors: (
  { id = "ac-label"; title = "Labelled"; patterns = ( { regex = "\bQLB-\d{4}-\d{4}\b"; confidence = 90; } ); },
  { id = "ac-token"; title = "Tokenised"; patterns = ( { regex = "\bQTK[- ]?\d{4}[- ]?\d{4}\b"; confidence = 90; } ); },
  { id = "ac-keep"; title = "Partly shown"; patterns = ( { regex = "\bQKP\d{9}\b"; confidence = 90; } ); },
  { id = "ac-again"; title = "What a label must not hold"; patterns = ( { regex = "\bQAG\d?\b"; confidence = 90; } ); },
  { id = "ac-advice"; title = "Advised"; patterns = ( { regex = "\bQADVICE\b"; confidence = 90; } ); },
  { id = "ac-hush"; title = "Hushed"; patterns = ( { regex = "\bQHUSH\b"; confidence = 90; } ); },
  { id = "ac-still"; title = "Masked in silence"; patterns = ( { regex = "\bQSTILL\d{6}\b"; confidence = 90; } ); } );
rules: (
  { id = "t-label"; action = "redact"; redact = { label = { en = "[number removed]"; de = "[Nummer entfernt]"; }; }; any = ( { detector = "ac-label"; } ); },
  { id = "t-token"; action = "redact"; redact = { token = true; }; any = ( { detector = "ac-token"; } ); },
  { id = "t-keep"; action = "redact"; redact = { keep_first = 3; keep_last = 1; }; any = ( { detector = "ac-keep"; } ); },
  { id = "t-again"; action = "redact"; redact = { label = "see QAG3"; }; any = ( { detector = "ac-again"; } ); },
  { id = "t-advice"; actions = [ "notify-sender" ]; any = ( { detector = "ac-advice"; } ); notice = { en = "Think twice."; }; },
  { id = "t-hush"; actions = [ "quarantine", "silent", "alert" ]; any = ( { detector = "ac-hush"; } ); notice = { en = "Never told."; }; },
  { id = "t-still"; actions = [ "redact", "silent" ]; any = ( { detector = "ac-still"; } ); } );
"""
SECRET, LABEL = "QLB-1234-5678", "[number removed]"


@pytest.fixture
def cast(the_site):
    the_site.filterd.add_rules("90-test.rules", RULES)
    return story.Cast(the_site)


def get(cast, text, children=""):
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, text, children=children)
    return cast.bob.wait_message(id=id, since=seen)


def test_label_in_every_payload(the_site, cast):
    got = get(cast, "one %s" % SECRET, (
        "<subject>two %s</subject>"
        "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p>three QLB<b>-1234-</b>5678 end</p></body></html>"
        "<x xmlns='urn:example:unknown' a='four %s'>five %s</x>") % ((SECRET,) * 3))
    text = got.text
    assert got.body == "one " + LABEL
    assert not re.search(r"1234|5678", text) and text.count(LABEL) == 5, text
    assert "end" in text


def test_label_in_the_senders_language(the_site, cast):
    seen = cast.bob.mark()
    cast.alice.raw("<message to='%s' type='chat' id='lb-de' xml:lang='de-AT'><body>die %s da</body></message>" % (cast.bob.bare, SECRET))
    assert cast.bob.wait_message(id="lb-de", since=seen).body == "die [Nummer entfernt] da"


def test_quote_of_a_reply_stays_where_it_is(the_site, cast):
    """XEP-0461: the quote is bytes 0 to n of the body; a client hides it."""
    quote = "> bob: 😀 %s\n" % SECRET
    got = get(cast, quote + "yes, that one", (
        "<reply xmlns='urn:xmpp:reply:0' to='%s' id='q'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='%d'/></fallback>"
        "<reference xmlns='urn:xmpp:reference:0' type='mention' begin='%d' end='%d' uri='xmpp:bob@example.test'/>") % (
            cast.bob.bare, len(quote), len(quote) + 5, len(quote) + 9))
    shown = got.find("{urn:xmpp:fallback:0}fallback/{urn:xmpp:fallback:0}body")
    assert got.body[int(shown.get("start")):int(shown.get("end"))] == "> bob: 😀 %s\n" % LABEL
    mention = got.find("{urn:xmpp:reference:0}reference")
    assert got.body[int(mention.get("begin")):int(mention.get("end"))] == "that"


def test_tokens_tell_same_from_other(the_site, cast):
    got = get(cast, "QTK-1111-2222, QTK 1111 2222 and QTK-3333-4444")
    a, b, c = re.findall(r"\[ac-token:([0-9a-f]{8})\]", got.body)
    assert a == b != c and not re.search(r"\d{4}", got.body)
    event_hash = the_site.syslog.wait("dlp.match", rule="t-token").fields["hash"]
    assert not event_hash.startswith(a)
    the_site.filterd.restart()
    the_site.filterd.wait_ready()
    assert "[ac-token:%s]" % a in get(cast, "again QTK-1111-2222").body


def test_ends_that_the_rule_keeps(the_site, cast):
    assert get(cast, "QKP123456789.").body == "QKP••••••••9."


def test_label_that_is_found_again_blocks(the_site, cast):
    mine = cast.alice.mark()
    id = cast.alice.send(cast.bob.bare, "about QAG")
    assert cast.alice.wait_error(id, since=mine)
    assert not cast.bob.saw("about")


def test_advice(the_site, cast):
    mine, since = cast.alice.mark(), the_site.syslog.mark()
    assert get(cast, "my QADVICE").body == "my QADVICE"
    assert "Think twice." in cast.alice.wait_message(type="headline", since=mine).body
    event = the_site.syslog.wait("dlp.match", since=since, rule="t-advice")
    assert event.fields["also"] == "notify-sender" and event.fields["action"] == "deliver"
    mine = cast.alice.mark()
    assert cast.alice.upload("advice.txt", b"QADVICE in a file\n", "text/plain")[0] == 201
    assert "Think twice." in cast.alice.wait_message(type="headline", since=mine).body


def test_silence(the_site, cast):
    mine, since = cast.alice.mark(), the_site.syslog.mark()
    cast.alice.send(cast.bob.bare, "a QHUSH thing")
    held = the_site.syslog.wait("quarantine.held", since=since, rule="t-hush")
    assert held and held.severity == 1 and the_site.syslog.wait("dlp.match", since=since).severity == 1
    status, answer, _ = cast.alice.upload("hush.txt", b"QHUSH in a file\n", "text/plain")
    assert status == 403 and b"Never" not in answer
    assert get(cast, "for QSTILL123456").body == "for ••••••••••••"
    cast.alice.settle()
    cast.bob.settle()
    assert not cast.alice.saw("Never told", mine) and not cast.bob.saw("QHUSH")
    assert not [m for m in cast.alice.messages(mine) if m.type in ("error", "headline")]
