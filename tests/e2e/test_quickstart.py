"""./quickstart as a newcomer meets it. Building is ./check's own business; here the parts around it."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from lib import run, servers
from lib.client import Client

FRONT = servers.SOURCE / "quickstart"
BACK = servers.SOURCE / "tests" / "e2e" / "quickstart.py"


def descendants(pid):
    found, pending = [], [pid]
    while pending:
        for children in pathlib.Path("/proc/%d/task" % pending.pop()).glob("*/children"):
            pids = [int(p) for p in children.read_text().split()]
            found += pids
            pending += pids
    return found


def alive(pid):
    try:
        return pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def back(prefix, folder, kind, mode, **kwargs):
    return subprocess.Popen(["/usr/bin/python3", str(BACK), "--server", kind, "--mode", mode, "--prefix", str(prefix), "--folder", str(folder)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)


def test_story(prefix, folder, kind):
    process = back(prefix, folder, kind, "story")
    out = process.communicate(timeout=120)[0]
    assert process.returncode == 0, out
    for step in range(1, 7):
        assert "(%d) " % step in out, out
    for event in ("policy.redact", "policy.block", "malware.found"):
        assert " %s [" % event in out, "no syslog line for %s:\n%s" % (event, out)
    assert "All 6 steps held" in out and "\033[" not in out


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_serve(prefix, folder, kind, how):
    process = back(prefix, folder, kind, "serve")
    try:
        ready = folder / "ready.json"
        run.until(lambda: ready.exists() or process.poll() is not None, 60, "no ready.json")
        assert process.poll() is None, process.communicate()[0]
        facts = json.loads(ready.read_text())
        assert list(facts) == ["server", "xmpp", "accounts", "muc", "component", "upload", "upload_url", "config", "rules", "control",
                               "syslog", "pids"]
        assert facts["server"] == kind and list(facts["xmpp"]) == ["host", "port", "ca"]
        assert list(facts["accounts"]) == ["alice@example.test", "bob@example.test", "carol@partner.test"]
        assert (facts["muc"], facts["component"], facts["upload"]) == ("rooms.example.test", "filter.example.test", "upload.example.test")
        for path in (facts["xmpp"]["ca"], facts["config"], facts["rules"], facts["control"], facts["syslog"]):
            assert os.path.exists(path), path
        assert set(facts["pids"]) == {"filterd", "server"} and all(map(alive, facts["pids"].values()))
        with socket.create_connection((facts["xmpp"]["host"], facts["xmpp"]["port"]), 5):
            pass

        class Theirs:
            xmpp_port, ca, accounts = facts["xmpp"]["port"], facts["xmpp"]["ca"], facts["accounts"]
        with Client(Theirs, "alice@example.test") as alice, Client(Theirs, "carol@partner.test") as carol:
            alice.send("carol@partner.test", "my visa card number is 4012 8888 8888 1881")
            assert "4012 8888" not in carol.wait_message().body
        everyone = descendants(process.pid)
        assert len(everyone) >= 5
        process.send_signal(how)
        out = process.communicate(timeout=30)[0]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 0, out
    assert not ready.exists()
    time.sleep(0.2)
    assert not [p for p in everyone if alive(p)], "left running"


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--server", "openfire"], ["--server"]])
def test_front_refuses_what_it_does_not_know(arguments):
    done = subprocess.run([str(FRONT), *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "usage" in done.stderr


def test_neither_root_nor_sudo_prints_the_one_line(folder):
    """A machine without the packages: programs in front of the real ones play it."""
    tools = folder / "bin"
    tools.mkdir()
    for name, script in (("dpkg-query", "exit 1"), ("id", "echo 1000"), ("sudo", "exit 1"), ("apt-get", "echo must not run; exit 1")):
        (tools / name).write_text("#!/bin/sh\n%s\n" % script)
        (tools / name).chmod(0o755)
    done = subprocess.run([str(FRONT)], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": "%s:%s" % (tools, os.environ["PATH"])})
    assert done.returncode == 1
    line = [l for l in done.stdout.splitlines() if "apt-get install" in l]
    assert len(line) == 1 and "libclamav-dev" in line[0] and "prosody" in line[0], done.stdout
    assert "must not run" not in done.stdout
