"""Where rules apply, on real servers: users, groups, rooms, corrections, directions, files by name, size, type and encryption."""

import base64
import io
import json
import zipfile

import pytest

from lib import story

RULES = r"""
detectors: (
  { id = "cw-a"; title = "Word A"; patterns = ( { regex = "\bQXA-\d{4}\b"; confidence = 90; } ); },
  { id = "cw-b"; title = "Word B"; patterns = ( { regex = "\bQXB-\d{4}\b"; confidence = 90; } ); },
  { id = "cw-user"; title = "For users"; patterns = ( { regex = "\bQUSER\b"; confidence = 90; } ); },
  { id = "cw-group"; title = "For groups"; patterns = ( { regex = "\bQGROUP\b"; confidence = 90; } ); },
  { id = "cw-room"; title = "For rooms"; patterns = ( { regex = "\bQROOM\b"; confidence = 90; } ); },
  { id = "cw-fix"; title = "For corrections"; patterns = ( { regex = "\bQFIX\b"; confidence = 90; } ); },
  { id = "cw-out"; title = "What does not leave"; patterns = ( { regex = "\bQOUT\b"; confidence = 90; } ); } );
rules: (
  { id = "t-nested"; action = "block";
    any = ( { all = ( { detector = "cw-a"; }, { any = ( { detector = "cw-b"; }, { detector = "cw-a"; count = 3; } ); } ); } ); },
  { id = "t-user"; action = "block"; when = { users = [ "a*@example.test" ]; recipients = [ "bob@example.test" ]; }; any = ( { detector = "cw-user"; } ); },
  { id = "t-group"; action = "block"; when = { not_groups = [ "finance" ]; }; any = ( { detector = "cw-group"; } ); },
  { id = "t-room"; action = "block"; when = { rooms = [ "open-*@rooms.example.test" ]; }; any = ( { detector = "cw-room"; } ); },
  { id = "t-fix"; action = "block"; when = { channel = "correction"; }; any = ( { detector = "cw-fix"; } ); },
  { id = "t-out"; action = "block"; when = { direction = "outgoing"; }; any = ( { detector = "cw-out"; } ); },
  { id = "t-exe"; action = "block"; severity = "high"; when = { file = { name = [ "*.exe", "*.scr" ]; }; }; notice = { en = "No programs here."; }; },
  { id = "t-big"; action = "block"; when = { channel = "upload"; file = { size_min = "64K"; type = "text/*"; }; }; },
  { id = "t-sealed"; action = "block"; when = { file = { encrypted = true; name = "*.zip"; }; }; notice = { en = "No sealed archives."; }; },
  { id = "t-type"; action = "block"; when = { file = { type = "application/vnd.openxmlformats-officedocument.*"; }; }; },
  { id = "t-inside"; action = "block"; when = { file = { contains = "application/x-executable"; }; }; },
  { id = "t-photo"; action = "block"; when = { channel = "iq"; file = { type = "image/png"; size_min = 60; }; }; notice = { en = "No pictures."; }; } );
"""
FILTERD = {
    "zones": [("internal", ["example.test", "rooms.example.test"]), ("partners", ["partner.test"])],
    "policy": 'policy = ( { from = "*"; to = "*"; on_failure = { encrypted = "deliver"; }; } );',
    "extra": 'groups = ( { name = "finance"; users = [ "bob@example.test", "fin-*@example.test" ]; } );',
}


@pytest.fixture
def cast(the_site):
    the_site.filterd.add_rules("90-test.rules", RULES)
    return story.Cast(the_site)


def stops(site, sender, to, text, rule, **how):
    since, mine = site.syslog.mark(), sender.mark()
    id = sender.send(to, text, **how)
    assert sender.wait_error(id, since=mine)
    assert site.syslog.wait("policy.block", since=since, rule=rule), site.syslog.find(since=since)


def passes(sender, receiver, text, **how):
    seen = receiver.mark()
    id = sender.send(receiver.bare, text, **how)
    assert receiver.wait_message(id=id, since=seen).body == text


def test_nested_conditions(the_site, cast):
    passes(cast.alice, cast.bob, "QXA-1111 alone")
    passes(cast.alice, cast.bob, "QXB-1111 alone")
    stops(the_site, cast.alice, cast.bob.bare, "QXA-1111 with QXB-1111", "t-nested")
    stops(the_site, cast.alice, cast.bob.bare, "QXA-1111 QXA-1112 QXA-1113", "t-nested")


def test_users_and_recipients(the_site, cast):
    stops(the_site, cast.alice, cast.bob.bare, "hi QUSER", "t-user")
    passes(cast.alice, cast.carol, "hi QUSER")
    passes(cast.carol, cast.bob, "hi QUSER")


def test_groups(the_site, cast):
    stops(the_site, cast.alice, cast.carol.bare, "QGROUP here", "t-group")
    passes(cast.bob, cast.carol, "QGROUP here")


def test_rooms(the_site, cast):
    for name, stopped in (("open-house", True), ("closed", False)):
        room = "%s@%s" % (name, the_site.server.muc)
        cast.alice.join(room, "alice")
        cast.bob.join(room, "bob")
        if stopped:
            stops(the_site, cast.alice, room, "all: QROOM", "t-room", type="groupchat")
        else:
            seen = cast.bob.mark()
            cast.alice.send(room, "all: QROOM", type="groupchat")
            assert cast.bob.wait(lambda s: s.body == "all: QROOM", since=seen)


def test_corrections(the_site, cast):
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "QFIX")
    assert cast.bob.wait_message(id=id, since=seen)
    stops(the_site, cast.alice, cast.bob.bare, "QFIX", "t-fix", children="<replace xmlns='urn:xmpp:message-correct:0' id='%s'/>" % id)


def test_directions(the_site, cast):
    stops(the_site, cast.alice, cast.carol.bare, "QOUT now", "t-out")
    passes(cast.alice, cast.bob, "QOUT now")
    passes(cast.carol, cast.alice, "QOUT now")


def test_files_by_name(the_site, cast):
    since = the_site.syslog.mark()
    status, answer, _ = cast.alice.upload("Setup.EXE", b"just text\n", "text/plain")
    assert status == 403 and b"No programs here." in answer
    event = the_site.syslog.wait("dlp.match", since=since, rule="t-exe")
    assert event.fields["name"] == "Setup.EXE" and event.fields["size"] == "10" and "detector" not in event.fields
    assert len(event.fields["sha256"]) == 64 and event.severity == 4
    assert cast.alice.upload("setup.txt", b"just text\n", "text/plain")[0] == 201


def test_files_by_size_and_type(the_site, cast):
    data = b"line of text\n" * 6000
    assert cast.alice.upload("big.txt", data, "text/plain")[0] == 403
    assert cast.alice.upload("big.txt", data[:60000], "text/plain")[0] == 201


def test_encrypted_archives(the_site, cast):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as z:
        z.writestr("a.txt", "plain words")
    plain = data.getvalue()
    sealed = bytearray(plain)  # the flag alone: that is what a reader goes by
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        sealed[bytes(sealed).index(sign) + at] |= 1
    status, answer, _ = cast.alice.upload("sealed.zip", bytes(sealed), "application/zip")
    assert status == 403 and b"No sealed archives." in answer
    assert cast.alice.upload("sealed.bin", bytes(sealed), "application/octet-stream")[0] == 201  # on_failure lets it pass
    assert cast.alice.upload("plain.zip", plain, "application/zip")[0] == 201


def test_types_by_content(the_site, cast):
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        z.writestr("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>')
    since = the_site.syslog.mark()
    assert cast.alice.upload("holiday.jpg", document.getvalue(), "image/jpeg")[0] == 403
    assert the_site.syslog.wait("dlp.match", since=since, rule="t-type")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("readme.txt", "nothing but words")
        z.write("/bin/true", "readme.bin")
    since = the_site.syslog.mark()
    assert cast.alice.upload("words.dat", archive.getvalue())[0] == 403
    assert the_site.syslog.wait("dlp.match", since=since, rule="t-inside")
    file = the_site.folder / "words.zip"
    file.write_bytes(archive.getvalue())
    types = json.loads(the_site.filterd.ctl("--json", "scan", file).stdout)["types"].split()
    assert types[0] == "application/zip" and "application/x-executable" in types


def test_picture_inside_a_stanza(the_site, cast):
    png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
    payload = "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>%s</BINVAL></PHOTO></vCard>" % base64.b64encode(png).decode()
    answer = cast.alice.iq("set", None, payload)
    assert answer.type == "error" and "No pictures." in answer.error[2]


def test_group_that_is_not_defined_is_refused(the_site, cast):
    file = the_site.filterd.rules / "91-bad.rules"
    file.write_text('rules: ( { id = "t-bad"; action = "block"; any = ( { detector = "cw-a"; } );\n  when = { groups = [ "sales" ]; }; } );')
    try:
        done = the_site.filterd.ctl("reload")
        assert done.returncode == 1 and "91-bad.rules:2" in done.stderr + done.stdout and "sales" in done.stderr + done.stdout
        done = the_site.filterd.check_config()
        assert done.returncode == 1 and "91-bad.rules:2" in done.stderr
    finally:
        file.unlink()
