"""filterctl rules: what a rule author works with, offline."""

import json
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = TOP / "tests" / "golden" / "rules"
MAN = TOP / "man" / "filterd-rules.5"


@pytest.fixture
def rules(prefix):
    def run(*args, stdin="", cwd=None):
        return subprocess.run([str(pathlib.Path(prefix) / "bin" / "filterctl"), "rules", *map(str, args)], input=stdin, cwd=cwd,
                              capture_output=True, text=True, timeout=120)
    return run


@pytest.fixture
def match(rules):
    def run(folder, lines):
        got = rules("match", "--rules", folder, "--jsonl", stdin="".join(json.dumps(line) + "\n" for line in lines))
        assert got.returncode == 0, got.stderr
        return [json.loads(line) for line in got.stdout.splitlines()]
    return run


@pytest.mark.parametrize("name", sorted(p.stem for p in GOLDEN.glob("*.rules")))
def test_mistakes_are_named(rules, name):
    got = rules("check", name + ".rules", cwd=GOLDEN)
    assert got.stdout + got.stderr + "exit %d\n" % got.returncode == (GOLDEN / (name + ".expected")).read_text()


def test_shipped_rules_are_sound(rules):
    got = rules("check", TOP / "rules")
    assert got.returncode == 0, got.stderr
    assert "all well" in got.stdout


def examples():
    for block in re.findall(r"^\.EX\n(.*?)^\.EE$", MAN.read_text(), re.M | re.S):
        roff = {r"\&": "", r"\-": "-", r"\(ha": "^", r"\(ti": "~", r"\(aq": "'", r"\e": "\\"}
        yield re.sub(r"\\(?:&|-|e|\((?:ha|ti|aq))", lambda m: roff[m.group()], block)


@pytest.mark.parametrize("example", list(examples()), ids=lambda e: re.search(r'id = "([^"]+)"', e).group(1))
def test_examples_of_the_manual(rules, tmp_path, example):
    (tmp_path / "example.rules").write_text(example)
    got = rules("check", tmp_path)
    assert got.returncode == 0, got.stderr + got.stdout


def test_manual_describes_every_element():
    """Keys and validators are taken from the sources' own tables."""
    page = MAN.read_text().replace("\\-", "-")
    keys = set()
    for source in ("detect/ruledef.c", "policy/rules.c", "policy/when.c"):
        keys |= set(re.findall(r'\{ "([a-z_]+)", CFG_', (TOP / "filterd" / source).read_text()))
    validators = re.findall(r'^\t\{ "([a-z0-9-]+)", "', (TOP / "filterd" / "detect" / "valid.c").read_text(), re.M)
    assert len(keys) > 25 and len(validators) > 10
    missing = [k for k in sorted(keys) if not re.search(r"\b%s\b" % k, page)]
    missing += [v for v in validators if ".B %s\n" % v not in page]
    assert not missing


def test_offsets_are_code_points(match):
    text = "héé 😀 visa: ４０１２ 8888 8888 1881!"
    [got] = match(TOP / "rules", [{"id": "x", "text": text}])
    [finding] = got["findings"]
    assert got["id"] == "x" and finding["detector"] == "payment-card"
    assert text[finding["start"]:finding["end"]] == "４０１２ 8888 8888 1881"
    assert finding["confidence"] == 100


def test_conversations_name_the_message(match):
    [got] = match(TOP / "rules", [{"id": 7, "messages": ["hi", {"from": "a@example.test", "body": "DE89 3704 0044 0532 0130 00"}]}])
    [finding] = got["findings"]
    assert finding["message"] == 1 and (finding["start"], finding["end"]) == (0, 27)


def test_a_bad_line_is_named_and_the_rest_goes_on(rules):
    lines = ['{"id":1,"text":"a"}', "nonsense", '{"id":2}', '["id"]', "", '{"id":3,"text":7}', '{"id":4,"text":"\\ud800"}', '{"id":5,"text":"b\\u0000c"}']
    got = rules("match", "--rules", TOP / "rules", "--jsonl", stdin="\n".join(lines) + "\n")
    assert got.returncode == 1
    assert [json.loads(line)["id"] for line in got.stdout.splitlines()] == [1, 5]
    assert [int(n) for n in re.findall(r"^stdin:(\d+): ", got.stderr, re.M)] == [2, 3, 4, 6, 7]


def test_dictionaries_lie_beside_the_rules(rules, match, tmp_path):
    (tmp_path / "a.rules").write_text('detectors: ( { id = "names"; title = "Names"; words = ( { file = "names.words"; confidence = 60; } );\n'
                                      '  tests = { match = [ "ask анна петрова", "ZOË" ]; no_match = [ "Zoës", "# nobody" ]; }; } );\n')
    (tmp_path / "names.words").write_text("# nobody\n\n  Анна Петрова \r\nZoe\n王小明")
    assert "all well" in rules("check", tmp_path).stdout
    assert "all well" in rules("check", "a.rules", cwd=tmp_path).stdout
    [got] = match(tmp_path, [{"id": 1, "text": "那是王小明的, АННА_ПЕТРОВА too"}])
    assert [(f["start"], f["end"]) for f in got["findings"]] == [(2, 5), (8, 20)]
    (tmp_path / "names.words").write_text("Anna\nAB\n")
    got = rules("check", tmp_path)
    assert got.returncode == 1 and "names.words:2: the word" in got.stderr
    (tmp_path / "names.words").write_text("Anna\n")
    (tmp_path / "a.rules").write_text('detectors: ( { id = "names"; title = "Names"; words = ( { file = "names.words"; confidence = 60; } ); } );')
    assert 'word "anna"' in rules("explain", "--rules", tmp_path, stdin="for Anna").stdout


def test_a_file_switches_off_what_others_define(rules, match, tmp_path):
    for f in (TOP / "rules").glob("*.rules"):
        (tmp_path / f.name).write_text(f.read_text())
    line = {"id": 1, "text": "visa 4012 8888 8888 1881, DE89 3704 0044 0532 0130 00"}
    assert {"payment-card", "iban"} <= {f["detector"] for f in match(tmp_path, [line])[0]["findings"]}
    (tmp_path / "00-site.rules").write_text('disable: { detectors = [ "payment-card" ]; rules = [ "no-accounts-outside" ]; };')
    left = {f["detector"] for f in match(tmp_path, [line])[0]["findings"]}
    assert "iban" in left and "payment-card" not in left
    assert "all well" in rules("check", tmp_path).stdout


def test_list_names_each_detector(rules):
    got = rules("list", "--rules", TOP / "rules", "--json")
    assert got.returncode == 0
    listed = {d["id"]: d for d in json.loads(got.stdout)}
    for d in ("payment-card", "iban", "us-ssn", "private-key", "aws-access-key", "aws-secret-key", "github-token", "slack-token",
              "google-api-key", "stripe-key", "jwt", "connection-string-password"):
        assert listed[d]["title"] and listed[d]["reference"] and listed[d]["confidence"]
    assert listed["us-ssn"]["country"] == "us"


def test_lint_tells_how_patterns_are_run(rules):
    got = rules("lint", TOP / "rules")
    assert got.returncode == 0, got.stdout
    assert re.search(r"github-token: literal, \d+ steps: .*ghp_", got.stdout)
    assert re.search(r"payment-card: number, ", got.stdout)


def test_explain_tells_each_step(rules):
    got = rules("explain", "--rules", TOP / "rules", "--detector", "payment-card", stdin="visa 4012 8888 8888 1881 and 4012 8888 8888 1882\n")
    assert got.returncode == 0
    for line in (r'matches "4012 8888 8888 1881" at bytes 5 to 24', "luhn: passes", "luhn: refuses it", r"FOUND with confidence 100",
                 r'result: "4012 8888 8888 1881", confidence 100'):
        assert line in got.stdout
    got = rules("explain", "--rules", TOP / "rules", stdin="q8Z2mTf0vK4xWcR7pLs1YbN9dGh3JuE6iAoX5tQw")
    assert "aws-secret-key" in got.stdout and "required evidence is missing" in got.stdout and "FOUND" not in got.stdout
    assert "no pattern of any detector matches" in rules("explain", "--rules", TOP / "rules", stdin="hello").stdout
    assert rules("explain", "--rules", TOP / "rules", "--detector", "none", stdin="x").returncode == 1


def test_usage(rules):
    for args in ((), ("explode",), ("match", "--rules", TOP / "rules"), ("check", "a", "b"), ("list", "--what")):
        got = rules(*args)
        assert got.returncode == 2 and "usage: filterctl rules" in got.stderr
