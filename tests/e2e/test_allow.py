"""The allow-list on real servers: by value, sender and file; what it lets pass is recorded, what is over is ignored."""

import hashlib

import pytest

from lib import story

RULES = r"""
detectors: ( { id = "al-number"; title = "Number"; patterns = ( { regex = "\bQAL[- ]?\d{4}[- ]?\d{4}\b"; confidence = 90; } ); mask = { keep_last = 2; }; } );
rules: ( { id = "t-redact"; action = "redact"; any = ( { detector = "al-number"; } ); },
         { id = "t-three"; action = "block"; any = ( { detector = "al-number"; count = 3; distinct = true; } ); },
         { id = "t-exe"; action = "block"; when = { file = { name = "*.exe"; }; }; } );
"""
ENTRY = '{ %s; until = "%s"; reason = "because of the test"; }'


@pytest.fixture
def cast(the_site):
    the_site.filterd.add_rules("90-test.rules", RULES)
    return story.Cast(the_site)


@pytest.fixture
def allow(the_site):
    file = the_site.filterd.rules / "99-allow.rules"

    def allow(*entries):
        file.write_text("allow: ( %s );" % ", ".join(entries))
        the_site.filterd.ctl("reload", check=True)
    yield allow
    file.unlink(missing_ok=True)
    the_site.filterd.ctl("reload", check=True)


def get(cast, text):
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, text)
    return cast.bob.wait_message(id=id, since=seen).body


def test_value_from_an_event(the_site, cast, allow):
    since = the_site.syslog.mark()
    assert "1111" not in get(cast, "first QAL-1111-2222")
    hash = the_site.syslog.wait("dlp.match", since=since, rule="t-redact").fields["hash"]
    assert the_site.filterd.ctl("allow", "hash", input="QAL 1111 2222\n").stdout == hash + "\n"
    assert the_site.filterd.ctl("allow", "hash", "--offline", input="  QAL-1111-2222 \n\n").stdout == hash + "\n"
    allow(ENTRY % ('value = "%s"' % hash, "2199-01-31"))
    since = the_site.syslog.mark()
    assert get(cast, "again QAL 1111-2222") == "again QAL 1111-2222"
    event = the_site.syslog.wait("dlp.allowed", since=since)
    assert event.fields["hash"] == hash and event.fields["by"] == "value" and event.fields["until"] == "2199-01-31"
    assert event.fields["reason"] == "because of the test" and event.fields["rule"] == "t-redact" and "1111" not in event.line
    assert not the_site.syslog.find("dlp.match", since)
    # what is not on the list beside it is masked, and it is not counted
    got = get(cast, "QAL-1111-2222 and QAL-3333-4444")
    assert "QAL-1111-2222" in got and "3333" not in got
    assert "QAL-1111-2222" in get(cast, "QAL-1111-2222 QAL-3333-4444 QAL-5555-6666")
    mine = cast.alice.mark()
    id = cast.alice.send(cast.bob.bare, "QAL-7777-8888 QAL-3333-4444 QAL-5555-6666")
    assert cast.alice.wait_error(id, since=mine)


def test_sender(the_site, cast, allow):
    allow(ENTRY % ('sender = "ali*@example.test"; rule = "t-redact"', "2199-01-31"))
    since = the_site.syslog.mark()
    assert get(cast, "QAL-1111-2222") == "QAL-1111-2222"
    assert the_site.syslog.wait("dlp.allowed", since=since).fields["by"] == "sender"
    seen = cast.alice.mark()
    id = cast.bob.send(cast.alice.bare, "QAL-1111-2222")
    assert "1111" not in cast.alice.wait_message(id=id, since=seen).body


def test_file(the_site, cast, allow):
    data = b"numbers: QAL-1111-2222\n"
    assert cast.alice.upload("kit.exe", data)[0] == 403
    allow(ENTRY % ('file = "%s"' % hashlib.sha256(data).hexdigest(), "2199-01-31"))
    since = the_site.syslog.mark()
    assert cast.alice.upload("kit.exe", data)[0] == 201
    assert the_site.syslog.wait("dlp.allowed", since=since, rule="t-exe").fields["name"] == "kit.exe"
    assert the_site.syslog.wait("dlp.allowed", since=since, rule="t-redact").fields["by"] == "file"
    assert cast.alice.upload("kit.exe", data + b"\n")[0] == 403


def test_what_is_over_is_ignored(the_site, cast, allow):
    hash = the_site.filterd.ctl("allow", "hash", input="QAL-1111-2222").stdout.strip()
    allow(ENTRY % ('value = "%s"' % hash, "2026-01-31"))
    assert "1111" not in get(cast, "QAL-1111-2222")
    for got in (the_site.filterd.ctl("rules", "check"), the_site.filterd.check_config()):
        assert got.returncode == 0 and "99-allow.rules:1: warning" in got.stderr and "2026-01-31" in got.stderr


def test_hash_without_filterd(the_site):
    got = the_site.filterd.ctl("allow", "hash", "QAL-1111-2222")
    assert got.returncode == 2 and "usage" in got.stderr
    assert the_site.filterd.ctl("allow").returncode == 2
