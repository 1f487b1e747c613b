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
        if 'id = "' not in block:
            continue  # what a reader sees or types, no rules
        roff = {r"\&": "", r"\-": "-", r"\(ha": "^", r"\(ti": "~", r"\(aq": "'", r"\e": "\\"}
        yield re.sub(r"\\(?:&|-|e|\((?:ha|ti|aq))", lambda m: roff[m.group()], block)


@pytest.mark.parametrize("example", list(examples()), ids=lambda e: re.search(r'id = "([^"]+)"', e).group(1))
def test_examples_of_the_manual(rules, prefix, tmp_path, example):
    (tmp_path / "example.rules").write_text(example)
    for index in re.findall(r'index = "([^"]+)"', example):
        (tmp_path / "table.csv").write_text("name,iban,birth\nAnna Example,DE89370400440532013000,1980-03-12\n")
        subprocess.run([str(pathlib.Path(prefix) / "bin" / "filterctl"), "edm", "build", "--out", tmp_path / index, tmp_path / "table.csv"],
                       check=True, timeout=60, stdout=subprocess.DEVNULL)
    for name in re.findall(r'set = "([^"]+\.fpr)"', example):
        (tmp_path / "plan.txt").write_text("The new plant opens in the second quarter, and the old one closes in the third.\n")
        subprocess.run([str(pathlib.Path(prefix) / "bin" / "filterctl"), "fingerprint", "add", "--set", tmp_path / name, tmp_path / "plan.txt"],
                       check=True, timeout=60)
    got = rules("check", tmp_path)
    assert got.returncode == 0, got.stderr + got.stdout


def test_manual_describes_every_element():
    """Keys and validators are taken from the sources' own tables."""
    page = MAN.read_text().replace("\\-", "-")
    keys = set()
    for source in [*(TOP / "filterd" / "detect").glob("*.c"), *(TOP / "filterd" / "policy").glob("*.c")]:
        keys |= set(re.findall(r'\{ "([a-z_]+)", CFG_', source.read_text()))
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


CARD = "4012 8888 8888 1881"


def places(match, *messages):
    [got] = match(TOP / "rules", [{"id": 7, "messages": list(messages)}])
    return [(f["detector"], f["message"], f["start"], f["end"], f.get("crosses", False)) for f in got["findings"]]


def test_markup_does_not_hide(match):
    def card(start, end):
        return [("payment-card", 0, start, end, False)]
    split = "<p>visa 4012<b>8888</b>8888<span style='color:red'>1881</span></p>"
    assert places(match, {"body": "hello", "xhtml": split}) == card(5, 21)
    assert places(match, {"xhtml": "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>%s</body></html>" % split}) == card(5, 21)
    assert places(match, {"xhtml": "visa " + CARD}) == card(5, 24)
    assert places(match, {"xhtml": "visa &#x34;012 8888 8888 1881"}) == card(5, 24)
    assert places(match, {"body": "x", "xhtml": "<a href='http://x.example/?iban=DE89370400440532013000'>this</a>"}) == [("iban", 0, 23, 45, False)]
    # both say the same: one finding, in the body
    assert places(match, {"body": "my visa: " + CARD, "xhtml": "<p>my visa: <i>4012 8888</i> 8888 1881</p>"}) == card(9, 28)


def test_markup_that_is_none_is_read_and_said(match):
    [got] = match(TOP / "rules", [{"id": 1, "messages": [{"xhtml": "visa<br>4012<b>8888</b>88881881 a < b"}]}])
    assert [(f["detector"], f["start"], f["end"]) for f in got["findings"]] == [("payment-card", 5, 21)] and got["incomplete"] == "unscannable"


def test_what_is_cut_into_messages(match):
    last = [("payment-card", 1, 0, 9, True)]
    assert places(match, "my card is 4012 8888", "8888 1881 thanks") == last
    assert places(match, {"from": "a", "body": "visa 4012 88"}, {"from": "b", "body": "hm"}, {"from": "a", "body": "88 8888 1881"}) == [
        ("payment-card", 2, 0, 12, True)]
    assert places(match, {"from": "a", "body": "visa 4012 8888"}, {"from": "b", "body": "8888 1881"}) == []
    # what one message says alone is no news in the next
    assert places(match, "visa " + CARD, "8888 1881 thanks") == [("payment-card", 0, 5, 24, False)]


def test_corrections_take_the_place_of_what_they_correct(match):
    before = [{"from": "a", "id": "m1", "body": "card 1"}, {"from": "a", "body": "8888 1881"}]
    for which in ("m1", 0):
        assert [p[:2] for p in places(match, *before, {"from": "a", "replace": which, "body": "visa 4012 8888"})] == [("payment-card", 2)]
    # recipients saw what was corrected
    assert [p[:2] for p in places(match, {"id": "m1", "body": "visa 4012 8888"}, {"replace": "m1", "body": "8888 1881"})] == [("payment-card", 1)]
    # nobody else can correct it, and what is not there is not corrected: then it stands behind
    assert places(match, *before, {"from": "b", "replace": "m1", "body": "visa 4012 8888"}) == []
    assert places(match, *before, {"from": "a", "replace": "m9", "body": "visa 4012 8888"}) == []


def test_bad_conversations_are_named(rules):
    bad = [7, None, {}, {"from": "a"}, {"body": 7}, {"body": "x", "xhtml": []}, {"body": "x", "from": 1}, {"body": "x", "replace": {}}]
    lines = "".join(json.dumps({"id": n, "messages": ["ok", m]}) + "\n" for n, m in enumerate(bad))
    got = rules("match", "--rules", TOP / "rules", "--jsonl", stdin=lines + json.dumps({"id": 9, "messages": [{"body": None, "xhtml": ""}]}) + "\n")
    assert got.returncode == 1 and [json.loads(line)["id"] for line in got.stdout.splitlines()] == [9]
    assert [int(n) for n in re.findall(r"^stdin:(\d+): ", got.stderr, re.M)] == list(range(1, len(bad) + 1))


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


SLOW = [r"(?:[a-z ]*)*ST-\d", r"(a+)+$", r"(a|aa)+$", r"([a-z]+)*\d", r"(.*)*x", r"(.*a){20}", r"(a?){30}a{30}", r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(x+x+)+y", r"(?:\d+)+-ID", r"(?i)(?:[a-z0-9]+[._-]?)+@example", r"ST-(?:[a-z ]*)*\d", r"\b(?:\w+ ?)+:secret", r"(?:(?:ab)*)*c\d",
        r"id: (?:\s*\w*\s*)*;", r"(?:\s+\S+\s*)+END", r"(?:[\w.-]+)+@[a-z]+", r"^(\w+\s?)*\d$", r"(?:[a-z]{1,20}){1,20}\d"]
SOUND = [r"\bST-\d{6}\b", r"(?:[a-z]{1,40} ){1,5}Z", r"[A-Za-z0-9]{20,120}", r"(?:\d[ -]?){12,18}\d", r"[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,100}\.[a-z]{2,10}",
         r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----", r"eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000}", r"https?://[^\s/]+/\S*", r"\d+ EUR"]


@pytest.mark.parametrize("regex,slow", [(r, True) for r in SLOW] + [(r, False) for r in SOUND])
def test_slow_patterns_are_refused(rules, tmp_path, regex, slow):
    (tmp_path / "a.rules").write_text('detectors: ( { id = "a"; title = "A"; patterns = ( { regex = "%s"; confidence = 60; } ); } );' % regex)
    checked, linted = rules("check", tmp_path), rules("lint", "--json", tmp_path)
    assert checked.returncode == linted.returncode == (1 if slow else 0), checked.stderr
    assert json.loads(linted.stdout)["catastrophic"] == (1 if slow else 0)
    assert ("this regex" in checked.stderr) == slow


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
    for args in ((), ("explode",), ("match", "--jsonl", "--what"), ("check", "--json"), ("check", "a", "b"), ("list", "--what")):
        got = rules(*args)
        assert got.returncode == 2 and "usage: filterctl rules" in got.stderr


RULES = """detectors: (
  { id = "staff"; title = "Staff"; patterns = ( { regex = "\\\\bST-\\\\d{6}\\\\b"; confidence = 60; } );
    tests = { match = [ "ST-004711" ]; no_match = [ "ST-47" ]; }; },
  { id = "broken"; title = "Broken"; patterns = ( { regex = "\\\\bBR-\\\\d{6}\\\\b"; confidence = 60; } );
    tests = {
      match = [ "BR-004711",
        "BR-47" ];
      no_match = [ "see BR-123456" ]; }; },
  { id = "bare"; title = "Untested"; patterns = ( { regex = "\\\\bUN-\\\\d{6}\\\\b"; confidence = 60; } ); }
);
"""


def test_test_reports_each_detector(rules, tmp_path):
    file = tmp_path / "a.rules"
    file.write_text(RULES)
    got = rules("test", file)
    assert got.returncode == 1
    assert re.search(r"^ok +staff +1 match, 1 no_match$", got.stdout, re.M)
    assert re.search(r"^FAIL broken +2 of 3 tests$", got.stdout, re.M)
    assert re.search(r"^-- +bare +has no tests$", got.stdout, re.M)
    assert '%s:7: this match test of "broken" is not found: BR-47' % file in got.stderr
    assert '%s:8: this no_match test of "broken" is found: see BR-123456' % file in got.stderr
    got = rules("test", "--json", file)
    report = json.loads(got.stdout)
    assert got.returncode == 1 and (report["tests"], report["failed"], report["untested"]) == (5, 2, 1)
    assert [(d["detector"], d["match"], d["no_match"], d["failed"]) for d in report["detectors"]] == [
        ("staff", 1, 1, 0), ("broken", 2, 1, 2), ("bare", 0, 0, 0)]
    assert report["detectors"][1]["failures"][0]["line"] == 7
    assert rules("test", file, "--detector", "staff").returncode == 0
    assert "no detector" in rules("test", file, "--detector", "none").stderr
    assert rules("test", tmp_path / "missing").returncode == 1


def test_shipped_detectors_all_have_tests(rules):
    got = rules("test", "--json", TOP / "rules")
    assert got.returncode == 0, got.stderr
    assert [d["detector"] for d in json.loads(got.stdout)["detectors"] if not (d["match"] and d["no_match"])] == []


def test_profile_names_the_dear_ones(rules, tmp_path):
    (tmp_path / "a.rules").write_text("""detectors: (
      { id = "staff"; title = "Staff"; patterns = ( { regex = "\\\\bST-\\\\d{6}\\\\b"; confidence = 60; } ); },
      { id = "dear"; title = "Dear"; patterns = ( { regex = "(?:[a-y]{1,40} ){1,5}Z"; confidence = 60; } ); },
      { id = "idle"; title = "Idle"; patterns = ( { regex = "idle-\\\\d"; confidence = 60; } ); } );""")
    corpus = tmp_path / "corpus"
    corpus.write_bytes(b"some words and more words that end in Z\nhello ST-123456 and ST-123457\n\xff\n" * 50)
    got = rules("profile", "--rules", tmp_path / "a.rules", "--json", corpus)
    assert got.returncode == 0, got.stderr
    report = json.loads(got.stdout)
    assert (report["texts"], report["not_utf8"]) == (100, 50)
    assert report["found"] == {"staff": 100, "dear": 50}
    cost = {p["detector"]: p for p in report["patterns"]}
    assert report["patterns"][0]["detector"] == "dear"
    assert cost["dear"]["confirms"] >= 50 and cost["dear"]["matched"] == 50 and cost["idle"]["confirms"] == 0
    assert 0 < sum(p["share"] for p in report["patterns"]) <= 100
    table = rules("profile", "--rules", tmp_path / "a.rules", "-", stdin="a ST-123456\n")
    assert re.search(r"confirms +matched +found", table.stdout) and re.search(r" 1 +literal +staff \(", table.stdout)
    assert "1 texts, " in table.stdout
    assert rules("profile", "--rules", tmp_path / "a.rules", tmp_path / "missing").returncode == 3
