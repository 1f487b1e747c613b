"""Registered documents: not even a paragraph of one leaves, in a message or in a file of another kind. On Prosody; what judges is
the same behind both servers."""

import pathlib
import subprocess

import pytest

from lib import story
from test_documents import docx, pdf

KINDS = ("prosody",)
PLAN = [
    "The works council will be told of the closure of the Leeds plant in the first week of May.",
    "Until then nobody outside the steering group may know that the machines go to the new site near Porto, nor when.",
    "The budget for moving them is eleven million, of which four are written off against the old halls.",
]
RULES = """
detectors: ( { id = "secret-plans"; title = "A passage of our plans"; fingerprint = { set = "plans.fpr"; confidence = 90; }; } );
rules: ( { id = "plans-stay"; detect = ( { detector = "secret-plans"; } ); action = "%s"; severity = "high"; } );
"""


def filterctl(prefix, *args):
    return subprocess.run([pathlib.Path(prefix) / "bin" / "filterctl", *args], timeout=60, capture_output=True, text=True)


def write(site, action):
    (site.filterd.rules / "90-plans.rules").write_text(RULES % action)
    site.filterd.reload_now()


@pytest.fixture
def cast(the_site, prefix):
    plan = the_site.filterd.workdir / "plan.docx"
    plan.write_bytes(docx(" ".join(PLAN)))
    (the_site.filterd.rules / "plans.fpr").unlink(missing_ok=True)
    got = filterctl(prefix, "fingerprint", "add", "--set", the_site.filterd.rules / "plans.fpr", plan)
    assert got.returncode == 0, got.stderr
    write(the_site, "block")
    return story.Cast(the_site)


def test_a_paragraph_in_a_message_is_blocked(the_site, cast):
    since, mine, seen = the_site.syslog.mark(), cast.alice.mark(), cast.carol.mark()
    text = "did you hear?\n> %s\n> unbelievable" % PLAN[1].upper().replace(" ", "\n", 3)
    id = cast.alice.send(cast.carol.bare, text)
    assert cast.alice.wait_error(id, since=mine).error[1] == "policy-violation"
    match = the_site.syslog.wait("dlp.match", since=since, rule="plans-stay")
    assert match.fields["detector"] == "secret-plans" and match.fields["document"] == "1"
    assert 20 <= int(match.fields["share_document"]) <= 50 and 50 <= int(match.fields["share_message"]) <= 95
    assert "Porto" not in match.line and "PORTO" not in match.line
    passed = cast.alice.send(cast.carol.bare, "the works council meets in the first week of May, near Porto")
    assert cast.carol.wait_message(id=passed, since=seen)


def test_redaction_leaves_nothing_of_it(the_site, cast):
    write(the_site, "redact")
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "this is what I read:\n%s\nis it true?" % PLAN[2])
    got = cast.bob.wait_message(id=id, since=seen)
    assert "this is what I read" in got.body and "is it true" in got.body
    assert not any(word in got.text for word in ("budget", "eleven", "halls"))


@pytest.mark.parametrize("name,make", [("notes.pdf", pdf), ("notes.docx", docx)], ids=["pdf", "docx"])
def test_a_paragraph_in_a_file_is_refused(the_site, cast, name, make):
    alice = the_site.client("alice")
    assert alice.upload(name, make("Notes of Monday. The canteen has new chairs, and the lift works again at last."))[0] == 201
    since = the_site.syslog.mark()
    assert 400 <= alice.upload(name, make("Notes of Monday. " + PLAN[0]))[0] < 500
    match = the_site.syslog.wait("dlp.match", since=since, rule="plans-stay")
    assert match.fields["document"] == "1" and int(match.fields["share_message"]) >= 20


def test_a_damaged_set_is_refused_and_named(the_site, cast, prefix):
    set = the_site.filterd.rules / "plans.fpr"
    good = set.read_bytes()
    set.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(AssertionError, match="90-plans.rules:2.*plans.fpr.*damaged"):
        write(the_site, "block")
    mine = cast.alice.mark()
    assert cast.alice.wait_error(cast.alice.send(cast.carol.bare, PLAN[0]), since=mine).error[1] == "policy-violation"
    set.write_bytes(good)
    write(the_site, "block")


def test_sets_are_kept(prefix, tmp_path):
    set = tmp_path / "plans.fpr"
    for i, text in enumerate(PLAN):
        (tmp_path / ("plan%d.txt" % i)).write_text(text)

    def ctl(*args):
        return filterctl(prefix, "fingerprint", args[0], "--set", set, *args[1:])
    assert ctl("list").returncode == 3
    assert ctl("add", tmp_path / "plan0.txt", tmp_path / "plan1.txt").returncode == 0
    assert set.stat().st_mode & 0o777 == 0o600
    assert all(word.encode() not in set.read_bytes() for word in PLAN[0].split() if len(word) > 5)
    # one of several that can't be taken: none is
    before = set.read_bytes()
    (tmp_path / "short.txt").write_text("too short")
    got = ctl("add", tmp_path / "plan2.txt", tmp_path / "short.txt")
    assert got.returncode == 3 and "short.txt" in got.stderr and set.read_bytes() == before
    assert ctl("add", "--name", "third plan", tmp_path / "plan2.txt").returncode == 0
    assert ctl("match", tmp_path / "plan2.txt").stdout == "%s: 100 %% of document 3, third plan; 100 %% of the file\n" % (tmp_path / "plan2.txt")
    assert ctl("match", tmp_path / "plan2.txt").returncode == 1
    # what has the name already is replaced, and its id is not used again
    assert ctl("add", "--name", "third plan", tmp_path / "plan2.txt").returncode == 0
    assert [line.split()[0] for line in ctl("list").stdout.splitlines()] == ["1", "2", "4"]
    assert ctl("remove", "plan0.txt", "2").returncode == 0
    assert ctl("remove", "plan0.txt").returncode == 3
    assert [line.split()[0] for line in ctl("list").stdout.splitlines()] == ["4"]
    assert ctl("match", tmp_path / "plan0.txt").returncode == 0
    assert ctl("add", "--boilerplate", tmp_path / "plan2.txt", tmp_path / "plan1.txt").returncode == 0
    assert ctl("match", tmp_path / "plan2.txt").returncode == 0
