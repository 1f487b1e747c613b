"""What policy can say, on real servers: every action, every payload, every way that a stanza can be seen."""

import base64
import json
import re
import subprocess

import pytest

from lib import story

RULES = r"""
detectors: ( { id = "code-word"; title = "Code word"; patterns = ( { regex = "\bBLUEBIRD-\d{4}\b"; confidence = 90; } ); mask = { keep_last = 2; };
               tests = { match = [ "see BLUEBIRD-1234" ]; no_match = [ "a bluebird" ]; }; },
             { id = "hold-word"; title = "Word that is held"; patterns = ( { regex = "\bREDKITE\b"; confidence = 90; } );
               tests = { match = [ "REDKITE" ]; no_match = [ "red kite" ]; }; },
             { id = "seen-word"; title = "Word that is only watched"; patterns = ( { regex = "\bGREYHERON\b"; confidence = 90; } );
               tests = { match = [ "GREYHERON" ]; no_match = [ "grey heron" ]; }; } );
rules: ( { id = "test-redact"; detect = ( { detector = "code-word"; } ); action = "redact"; severity = "medium";
           notice = { en = "Code words stay here."; de = "Codewörter bleiben hier."; }; },
         { id = "test-hold"; detect = ( { detector = "hold-word"; } ); action = "quarantine"; severity = "high"; },
         { id = "test-watch"; mode = "monitor"; detect = ( { detector = "seen-word"; } ); action = "block"; severity = "low"; } );
"""
FILTERD = {
    "on_failure": 'encrypted = "block";',
    "zones": [("internal", ["example.test", "rooms.example.test"]), ("partners", ["partner.test"])],
    "policy": 'policy = ( { from = "partners"; to = "internal"; on_failure = { encrypted = "deliver"; }; } );',
}
HIDDEN, SHOWN = "BLUEBIRD-1234", "34"


@pytest.fixture
def cast(the_site):
    the_site.filterd.add_rules("90-test.rules", RULES)
    return story.Cast(the_site)


def is_masked(text):
    return HIDDEN not in text and re.search(r"•+-•*%s" % SHOWN, text)


def test_every_payload_of_a_message_is_masked(the_site, cast):
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "one %s" % HIDDEN, children=(
        "<body xml:lang='de'>zwei %s</body><subject>three %s</subject>"
        "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p>four BLUE<b>BIRD-12</b>34</p></body></html>"
        "<x xmlns='urn:example:unknown' a='five %s'>six %s</x>") % ((HIDDEN,) * 4))
    got = cast.bob.wait_message(id=id, since=seen)
    text = got.text
    for secret in (HIDDEN, "BIRD-12"):
        assert secret not in text
    for word in ("one", "zwei", "three", "four", "five", "six"):
        assert word in text
    assert len(re.findall(r"•-", text)) + len(re.findall("•", text)) >= 6


def test_sender_learns_that_it_was_masked_in_their_language(the_site, cast):
    mine, since = cast.alice.mark(), the_site.syslog.mark()
    cast.alice.raw("<message to='%s' type='chat' id='masked-de' xml:lang='de'><body>%s</body></message>" % (cast.bob.bare, HIDDEN))
    notice = cast.alice.wait_message(type="headline", since=mine)
    assert "Codewörter bleiben hier." in notice.body
    assert the_site.syslog.wait("policy.redact", since=since).ref in notice.body


def test_presence_status_is_masked(the_site, cast):
    seen = cast.bob.mark()
    cast.alice.presence(to=cast.bob.full, status="in %s until five" % HIDDEN)
    got = cast.bob.wait(lambda s: "until five" in s.text, since=seen)
    assert is_masked(got.text)


def test_room_sees_the_masked_text_alone(the_site, cast):
    room = "policy@%s" % the_site.server.muc
    cast.alice.join(room, "alice")
    cast.bob.join(room, "bob")
    seen = cast.bob.mark()
    cast.alice.send(room, "for all: %s" % HIDDEN, type="groupchat")
    assert is_masked(cast.bob.wait(lambda s: s.body and "for all" in s.body, since=seen).body)
    carol = cast.carol.mark()
    cast.carol.join(room, "carol", history=20)
    history = cast.carol.wait(lambda s: s.body and "for all" in s.body, since=carol)
    assert is_masked(history.body)


def test_quarantine_holds_and_tells(the_site, cast):
    since, seen, mine = the_site.syslog.mark(), cast.bob.mark(), cast.alice.mark()
    id = cast.alice.send(cast.bob.bare, "about REDKITE, between us")
    text = cast.alice.wait_error(id, since=mine).error[2]
    event = the_site.syslog.wait("quarantine.held", since=since)
    assert event and event.ref in text and "held" in text.lower()
    cast.bob.settle()
    assert not cast.bob.saw("REDKITE", seen)
    items = the_site.filterd.request("quarantine", op="list", limit=10)["items"]
    assert any(i.get("item") == event.ref for i in items), items
    item = the_site.filterd.request("quarantine", op="show", id=event.ref)["item"]
    assert "between us" not in json.dumps(item)
    # and nothing of it lies readable on the disk
    found = subprocess.run(["grep", "-rl", "between us", str(the_site.filterd.state)], capture_output=True, text=True)
    assert found.stdout == ""


def test_held_items_survive_kill_9(the_site, cast):
    since, mine = the_site.syslog.mark(), cast.alice.mark()
    id = cast.alice.send(cast.bob.bare, "REDKITE again")
    cast.alice.wait_error(id, since=mine)
    event = the_site.syslog.wait("quarantine.held", since=since)
    the_site.filterd.kill()
    the_site.filterd.start()
    the_site.filterd.wait_ready()
    assert event.ref in [i.get("item") for i in the_site.filterd.request("quarantine", op="list", limit=100)["items"]]


def test_monitored_rule_only_tells(the_site, cast):
    since, seen = the_site.syslog.mark(), cast.bob.mark()
    cast.alice.send(cast.bob.bare, "a GREYHERON by the lake")
    assert cast.bob.wait_message("a GREYHERON by the lake", since=seen)
    event = the_site.syslog.wait("dlp.match", since=since, rule="test-watch")
    assert event.fields["mode"] == "monitor" and event.fields["action"] == "deliver"
    assert not the_site.syslog.find("policy.block", since)


def test_end_to_end_encrypted_by_direction(the_site, cast):
    sealed = "<encrypted xmlns='eu.siacs.conversations.axolotl'><payload>AAAA</payload></encrypted>"
    since, seen, mine = the_site.syslog.mark(), cast.carol.mark(), cast.alice.mark()
    id = cast.alice.send(cast.carol.bare, None, children=sealed)
    assert "encrypted" in cast.alice.wait_error(id, since=mine).error[2].lower()
    assert the_site.syslog.wait("policy.block", since=since).fields["cause"] == "encrypted"
    cast.carol.settle()
    assert not [m for m in cast.carol.messages(seen) if m.id == id]
    # the other way, this table lets it pass, and says so
    since, seen = the_site.syslog.mark(), cast.alice.mark()
    id = cast.carol.send(cast.alice.bare, None, children=sealed)
    cast.alice.wait_message(id=id, since=seen)
    assert the_site.syslog.wait("policy.deliver-unscanned", since=since).fields["cause"] == "encrypted"


def test_virus_in_a_photo(the_site, cast):
    since = the_site.syslog.mark()
    photo = base64.b64encode(story.EICAR).decode()
    answer = cast.alice.iq("set", None, "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>%s</BINVAL></PHOTO></vCard>" % photo)
    assert answer.type == "error" and "malware" in answer.error[2]
    assert the_site.syslog.wait("malware.found", since=since)


def test_file_by_the_side_way_is_refused(the_site, cast):
    since, mine = the_site.syslog.mark(), cast.alice.mark()
    cast.alice.raw("<iq type='set' id='side' to='%s'><open xmlns='http://jabber.org/protocol/ibb' block-size='4096' sid='s' stanza='iq'/></iq>" % cast.bob.full)
    assert "upload" in cast.alice.wait_error("side", since=mine).error[2]
    assert the_site.syslog.wait("policy.block", since=since).fields["cause"] == "unscannable"


def test_upload_with_findings_is_refused(the_site, cast):
    since = the_site.syslog.mark()
    status, answer, url = cast.alice.upload("list.txt", b"our list: BLUEBIRD-1234\n", "text/plain")
    assert status == 403 and b"Code words" in answer
    event = the_site.syslog.wait("dlp.match", since=since)
    assert event.fields["channel"] == "upload" and event.fields["rule"] == "test-redact"


def test_events_do_not_show_what_was_found(the_site, cast):
    since = the_site.syslog.mark()
    cast.alice.send(cast.bob.bare, "x\n<134>1 forged %s\r\ny" % HIDDEN)
    assert the_site.syslog.wait("policy.redact", since=since)
    lines = "".join(e.line for e in the_site.syslog.find(since=since))
    assert HIDDEN not in lines and "forged" not in lines
    assert HIDDEN not in the_site.filterd.log.read_text()
