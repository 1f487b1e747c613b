"""The README's session: a newcomer writes, tests and ships a first rule.  It is read from the README and run as it stands there, line by line."""

import os
import pathlib
import re
import subprocess

import pytest

from lib import story

README = pathlib.Path(__file__).resolve().parents[2] / "README"
KINDS = ("prosody",)


def session():
    """(command with its lines of input, lines that it prints) for each command."""
    text = README.read_text().split("\nWrite a rule\n", 1)[1].split("\nMore\n", 1)[0]
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    steps, end = [], None
    for line in lines:
        if end is not None:
            steps[-1][0].append(line)
            end = None if line == end else end
        elif line.startswith("$ "):
            steps.append(([line[2:]], []))
            here = re.search(r"<<'(\w+)'", line)
            end = here.group(1) if here else None
        else:
            steps[-1][1].append(line)
    return [("\n".join(command), printed) for command, printed in steps]


def looks_like(printed, shown):
    return re.fullmatch(".*".join(map(re.escape, shown.split("..."))), printed)


@pytest.fixture
def shell(the_site, prefix, tmp_path):
    """Runs a command where the README's paths are the site's."""
    tool = tmp_path / "bin" / "filterctl"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\nexec "%s/bin/filterctl" -c "%s" "$@"\n' % (prefix, the_site.filterd.config))
    tool.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()

    def run(command):
        command = command.replace("/etc/filterd/rules", str(the_site.filterd.rules)).replace("/etc/filterd/filterd.conf", str(the_site.filterd.config))
        return subprocess.run(["/bin/bash", "-c", command], cwd=work, env=dict(os.environ, PATH="%s:%s" % (tool.parent, os.environ["PATH"])),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60).stdout.splitlines()
    return run


def test_the_session_is_whole():
    commands = "\n".join(command for command, _ in session())
    for command in ("check", "test", "match", "explain", "lint"):
        assert "filterctl rules %s" % command in commands
    assert "filterctl reload" in commands


def test_the_session(the_site, shell):
    cast = story.Cast(the_site)
    before, since = cast.carol.mark(), the_site.syslog.mark()
    cast.alice.send(cast.carol.bare, "ask employee EMP-204417")
    cast.carol.wait_message("ask employee EMP-204417", since=before)
    for command, printed in session():
        got = shell(command)
        assert len(got) == len(printed) and all(map(looks_like, got, printed)), "\n".join([command, "printed"] + got + ["README says"] + printed)
    sentence = re.search(r'"(ask employee [^"]*)" reaches a partner as "([^"]*)"', README.read_text())
    seen = cast.carol.mark()
    id = cast.alice.send(cast.carol.bare, sentence.group(1))
    assert cast.carol.wait_message(id=id, since=seen).body == sentence.group(2)
    assert the_site.syslog.wait("policy.redact", since=since)
