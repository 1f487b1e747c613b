"""Exact data match on real servers: values of one row of a customer table do not leave, those of two rows do."""

import pathlib
import subprocess

import pytest

from lib import story

TABLE = """name,iban,birth
"Müller, Anna",DE89370400440532013000,1980-03-12
Peter Okonkwo,GB29NWBK60161331926819,05.11.1975
"""
RULES = """
disable = { detectors = [ "iban" ]; };
detectors: ( { id = "customer-record"; title = "A customer's record";
               edm = { index = "customers.edm"; columns = [ "name", "iban", "birth" ]; min = 2; confidence = 95; }; } );
rules: ( { id = "customers-stay"; detect = ( { detector = "customer-record"; } ); action = "%s"; severity = "high"; } );
"""


def build(site, prefix, text=TABLE):
    table = site.filterd.workdir / "customers.csv"
    table.write_text(text)
    subprocess.run([pathlib.Path(prefix) / "bin" / "filterctl", "edm", "build", "--out", site.filterd.rules / "customers.edm", table],
                   check=True, timeout=60, stdout=subprocess.DEVNULL)


@pytest.fixture
def cast(the_site, prefix):
    build(the_site, prefix)
    (the_site.filterd.rules / "90-edm.rules").write_text(RULES % "redact")
    the_site.filterd.reload_now()
    return story.Cast(the_site)


def delivered(cast, text):
    seen = cast.bob.mark()
    cast.alice.send(cast.bob.bare, text)
    assert cast.bob.wait_message(text, since=seen)


def test_values_of_one_row_are_masked(the_site, cast):
    since, seen = the_site.syslog.mark(), cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "Frau Anna MÜLLER zahlt von DE89 3704 0044 0532 0130 00 aus")
    got = cast.bob.wait_message(id=id, since=seen)
    assert "Frau" in got.body and "zahlt von" in got.body and "aus" in got.body
    assert "MÜLLER" not in got.text and "3704" not in got.text
    assert the_site.syslog.wait("policy.redact", since=since, rule="customers-stay")


def other_talk(cast):
    """So much of it that what came before is not looked at together with what comes."""
    delivered(cast, "and then there was quite something else that we talked about, " * 4)


def test_values_of_two_rows_and_others_pass(the_site, cast):
    other_talk(cast)
    delivered(cast, "Anna Müller, GB29 NWBK 6016 1331 9268 19")
    other_talk(cast)
    delivered(cast, "Anna Meyer, DE89 3704 0044 0532 0130 00")


def test_values_of_one_row_in_two_messages(the_site, cast):
    other_talk(cast)
    delivered(cast, "about Anna Müller:")
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "it is DE89 3704 0044 0532 0130 00")
    body = cast.bob.wait_message(id=id, since=seen).body
    assert "it is" in body and "3704" not in body, body


def test_a_rule_can_block(the_site, cast):
    (the_site.filterd.rules / "90-edm.rules").write_text(RULES % "block")
    the_site.filterd.reload_now()
    mine = cast.alice.mark()
    id = cast.alice.send(cast.bob.bare, "Okonkwo, Peter; born 5 November 1975")
    assert cast.alice.wait_error(id, since=mine).error[1] == "policy-violation"


def test_a_reload_takes_a_new_index_and_refuses_a_broken_one(the_site, prefix, cast):
    delivered(cast, "Carla Newman has FR1420041010050500013M02606")
    build(the_site, prefix, TABLE + "Carla Newman,FR1420041010050500013M02606,1991-01-01\n")
    the_site.filterd.reload_now()
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "but Carla Newman has FR1420041010050500013M02606")
    assert "Newman" not in cast.bob.wait_message(id=id, since=seen).text
    # a broken one changes nothing, and is named
    index = the_site.filterd.rules / "customers.edm"
    good = index.read_bytes()
    index.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(AssertionError, match="90-edm.rules:4.*customers.edm.*damaged"):
        the_site.filterd.reload_now()
    seen = cast.bob.mark()
    id = cast.alice.send(cast.bob.bare, "and Carla Newman has FR1420041010050500013M02606")
    assert "Newman" not in cast.bob.wait_message(id=id, since=seen).text
    index.write_bytes(good)
    the_site.filterd.reload_now()


def test_only_the_matcher_holds_the_index(the_site, cast):
    holders = set()
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if "memfd:filterd-index" in (proc / "maps").read_text():
                holders.add((proc / "comm").read_text().strip())
        except OSError:
            pass
    assert any(name.startswith("filterd-work") for name in holders)
    assert all(name == "filterd-scan" or name.startswith("filterd-work") for name in holders), holders
