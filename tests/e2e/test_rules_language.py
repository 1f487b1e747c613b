"""Rule files that build on others: a site's own file beside, or including, the shipped pack."""
import json
import pathlib
import random
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
PACK = TOP / "rules"


@pytest.fixture
def rules(prefix):
    def run(*args, stdin=""):
        return subprocess.run([str(pathlib.Path(prefix) / "bin" / "filterctl"), "rules", *map(str, args)], input=stdin, text=True,
                              capture_output=True, timeout=60)
    return run


@pytest.fixture
def found(rules):
    """What is found in a text: (detector, the text found, confidence)."""
    def run(folder, text):
        got = rules("match", "--rules", folder, "--jsonl", stdin=json.dumps({"id": 1, "text": text}) + "\n")
        assert got.returncode == 0, got.stderr
        return {(f["detector"], text[f["start"]:f["end"]], f["confidence"]) for f in json.loads(got.stdout)["findings"]}
    return run


@pytest.fixture
def listed(rules):
    def run(folder):
        got = rules("list", "--rules", folder, "--json")
        assert got.returncode == 0, got.stderr
        return {d["id"]: d for d in json.loads(got.stdout)}
    return run


def site(tmp_path, text):
    for f in PACK.glob("*.rules"):
        (tmp_path / f.name).write_text(f.read_text())
    (tmp_path / "90-site.rules").write_text(text)
    return tmp_path


def test_override_changes_a_shipped_detector(rules, found, listed, tmp_path):
    folder = site(tmp_path, """override: { detectors = ( { id = "payment-card"; title = "Our cards";
      add = { exclude = { values = [ "4012 8888 8888 1881" ]; };
              evidence = ( { any = [ "Zahlkärtchen" ]; add = -30; } ); };
      tests = { match = [ "4242 4242 4242 4242" ]; no_match = [ "4012888888881881" ]; }; } ); };""")
    assert "all well" in rules("check", folder).stdout
    assert listed(folder)["payment-card"]["title"] == "Our cards"
    plain = found(PACK, "x 4242 4242 4242 4242")
    assert plain and found(folder, "x 4242 4242 4242 4242") == plain
    [(_, _, before)] = plain
    assert found(folder, "Zahlkärtchen 4242 4242 4242 4242") == {("payment-card", "4242 4242 4242 4242", before - 30)}
    assert found(PACK, "x 4012 8888 8888 1881") and not found(folder, "x 4012 8888 8888 1881")


def test_errors_name_the_overriding_file(rules, tmp_path):
    folder = site(tmp_path, """override: { detectors = ( { id = "payment-card";
      add = { exclude = { patterns = [ "a(" ]; }; tests = { match = [ "no card" ]; }; } } ); };""")
    assert re.match(r".*/90-site.rules:2: bad regex", rules("check", folder).stderr)
    folder = site(tmp_path, """override: { detectors = ( { id = "payment-card";
      add = { tests = { match = [ "no card" ]; }; } } ); };""")
    assert re.match(r".*/90-site.rules:2: detector \"payment-card\" does not find", rules("check", folder).stderr)


def test_countries_are_chosen(rules, listed, tmp_path):
    all_on = listed(PACK)
    assert all(d["enabled"] for d in all_on.values())
    folder = site(tmp_path, 'enable: { countries = [ "de", "FR" ]; detectors = [ "us-ssn" ]; }; disable: { detectors = [ "de-steuer-id" ]; };')
    assert "all well" in rules("check", folder).stdout
    on = {i for i, d in listed(folder).items() if d["enabled"]}
    assert {i for i, d in all_on.items() if d.get("country") in (None, "de", "fr")} - on == {"de-steuer-id"}
    assert {i for i in on if all_on[i].get("country") not in (None, "de", "fr")} == {"us-ssn"}
    assert re.search(r"^de-steuer-id +de +\S+ +off ", rules("list", "--rules", folder).stdout, re.M)
    folder = site(tmp_path, 'disable: { countries = [ "us" ]; };')
    off = {i for i, d in listed(folder).items() if not d["enabled"]}
    assert off == {i for i, d in all_on.items() if d.get("country") == "us"} and off


def test_own_folder_includes_shipped_files(rules, found, listed, tmp_path):
    own, packs = tmp_path / "own", tmp_path / "own" / "packs"
    packs.mkdir(parents=True)
    (packs / "a.rules").write_text('include = "../own.rules";\ndetectors: ( { id = "names"; title = "N"; words = ( { file = "n.words"; confidence = 50; } ); } );')
    (packs / "n.words").write_text("nightjar\n")
    (own / "own.rules").write_text('include = [ "%s", "packs" ];\noverride: { detectors = ( { id = "iban"; confidence = 99; } ); };' % (PACK / "20-payment.rules"))
    assert rules("check", own).returncode == 0
    assert listed(own).keys() == {"payment-card", "iban", "names"}
    assert found(own, "the Nightjar, DE89 3704 0044 0532 0130 00") == {("names", "Nightjar", 50), ("iban", "DE89 3704 0044 0532 0130 00", 99)}
    (own / "own.rules").write_text('\ninclude = [ "packs/missing.rules" ];')
    assert re.match(r".*own.rules:2: \"include\" names \".*missing.rules\"", rules("check", own).stderr)


def is_number(digits, lengths, prefixes):
    return len(digits) in lengths and any(a <= int(digits[:len(str(a))]) <= b for a, b in prefixes)


def test_numbers_are_those_that_were_described(rules, found, tmp_path):
    """Against the description itself, on random rows of digits near its borders."""
    (tmp_path / "a.rules").write_text("""detectors: ( { id = "n"; title = "N"; kind = "number"; confidence = 60;
      lengths = ( 9, "11-12" ); prefixes = [ "4", "51-55", "2221-2720", "1000-1999" ]; separators = " "; } );""")
    draw, hits = random.Random(4), 0
    for _ in range(60):
        words = []
        for _ in range(20):
            head = draw.choice(["4", "50", "51", "55", "56", "2220", "2221", "2230", "2719", "2720", "2721", "0999", "1000", "1999", "2000", "3"])
            words.append((head + "".join(draw.choice("0123456789") for _ in range(12)))[:draw.choice([8, 9, 10, 11, 12, 13])])
        text = "; ".join(words)
        want = {w for w in words if is_number(w, (9, 11, 12), ((4, 4), (51, 55), (2221, 2720), (1000, 1999)))}
        hits += len(want)
        assert {t for _, t, _ in found(tmp_path, text)} == want
    assert hits > 100
    assert found(tmp_path, "4 1 2 3 4 5 6 7 8") == {("n", "4 1 2 3 4 5 6 7 8", 60)}
    got = rules("profile", "--rules", tmp_path, "--json", "-", stdin="412345678 x 51 234567890\n" * 5)
    assert all(p["confirms"] == 0 for p in json.loads(got.stdout)["patterns"]) and json.loads(got.stdout)["found"]["n"] == 10
