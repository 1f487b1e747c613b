"""What the shipped rules find in texts that hold nothing: fortunes in nine languages, manual pages, documentation, as Debian packages them.

./check installs the packages.  None of these texts was chosen or changed for its content: each file of each package is read, each
line is one message, as it is.  Lines in other encodings than UTF-8 are left out.
"""

import collections
import gzip
import json
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ("fortunes", "fortunes-min", "fortunes-de", "fortunes-it", "fortunes-es", "fortunes-ru", "fortunes-pl", "fortunes-zh",
            "fortunes-br", "fortunes-cs", "manpages", "doc-debian", "debian-faq")
NO_TEXT = (".dat", ".u8", ".png", ".gif", ".svg", ".js")
HIGH = 75
# What stands in these texts and is no false alarm, or one that a reader would raise too: documentation says "for internal use only", has
# numbers to call, and shows lines of a shadow file and of patches.
MORE = {"confidentiality-marking": 4, "phone-number": 8, "connection-string-password": 2, "password-hash": 2, "source-code": 2}
TRUE = ("email-address",)  # thousands, and each one is


def lines_of(package):
    files = subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True, check=True).stdout.splitlines()
    for path in map(pathlib.Path, files):
        if path.is_symlink() or not path.is_file() or path.name.endswith(NO_TEXT):
            continue
        data = path.read_bytes()
        for line in (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).splitlines():
            try:
                text = line.decode()
            except UnicodeDecodeError:
                continue
            if text.strip() and "\0" not in text:
                yield "%s: %s" % (path, text), text


@pytest.fixture(scope="module")
def alarms(prefix, tmp_path_factory):
    """(number of lines, {detector: [where each finding of high confidence is]}, lines whose scan did not end)"""
    folder = tmp_path_factory.mktemp("benign")
    sources = [line for package in PACKAGES for line in lines_of(package)]
    with open(folder / "in", "w") as f:
        f.writelines(json.dumps({"id": n, "text": text}) + "\n" for n, (_, text) in enumerate(sources))
    with open(folder / "in") as stdin, open(folder / "out", "w") as stdout:
        subprocess.run([str(pathlib.Path(prefix) / "bin" / "filterctl"), "rules", "match", "--rules", str(TOP / "rules"), "--jsonl"], stdin=stdin,
                       stdout=stdout, check=True, timeout=300)
    found, unfinished, answers = collections.defaultdict(list), [], 0
    with open(folder / "out") as f:
        for answer in map(json.loads, f):
            answers += 1
            if "incomplete" in answer:
                unfinished.append(sources[answer["id"]][0])
            for finding in answer["findings"]:
                if finding["confidence"] >= HIGH:
                    found[finding["detector"]].append("%d: %s" % (finding["confidence"], sources[answer["id"]][0]))
    assert answers == len(sources)
    (folder / "in").unlink()
    (folder / "out").unlink()
    return len(sources), found, unfinished


def test_the_corpus_is_large(alarms):
    assert alarms[0] >= 400000


def test_cards_and_ibans(alarms):
    lines, found, _ = alarms
    places = found["payment-card"] + found["iban"]
    assert len(places) * 100000 <= lines, places


def test_all_other_detectors(alarms, record_property):
    lines, found, _ = alarms
    counts = {d: len(places) for d, places in sorted(found.items(), key=lambda i: -len(i[1]))}
    print("%d lines; findings of confidence %d or more: %s" % (lines, HIGH, counts or "none"))
    record_property("benign", json.dumps(counts))
    noisy = {d: places[:5] for d, places in found.items() if len(places) > MORE.get(d, 1) and d not in TRUE}
    assert not noisy


def test_every_line_is_read_to_its_end(alarms):
    assert not alarms[2]
