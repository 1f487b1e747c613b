"""What happens when parts of filterd die, hang, or are given broken files: nothing passes unjudged, nothing is lost
or doubled, and service is back soon."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from lib import run, story
from lib.filterd import Filterd

FILTERD = {"workers": 2, "text_timeout_ms": 1500, "file_time_ms": 6000}
BACK_S = 2.0
HUNG_BACK_S = 10.0  # after what hangs did so: 5 to 6 s to notice it, and a server under load attaches in its own time


@pytest.fixture
def cast(the_site):
    return story.Cast(the_site)


def kill(pids, how=signal.SIGKILL):
    for pid in pids:
        os.kill(pid, how)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Traffic:
    """alice writes numbered messages to bob while something happens; each must be delivered once or bounced."""

    def __init__(self, cast, every_s=0.01):
        self.cast, self.every_s = cast, every_s
        self.sent, self._stop = [], threading.Event()
        self.seen, self.mine = cast.bob.mark(), cast.alice.mark()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set():
            self.sent.append(self.cast.alice.send(self.cast.bob.bare, "number %d" % len(self.sent)))
            time.sleep(self.every_s)

    def __enter__(self):
        self._thread.start()
        time.sleep(0.3)
        return self

    def __exit__(self, *problem):
        self._stop.set()
        self._thread.join()
        if problem[0] is None:
            self.check()

    def check(self):
        def settled():
            got = [m.id for m in self.cast.bob.messages(self.seen)]
            back = [s.id for s in self.cast.alice.received[self.mine:] if s.type == "error"]
            return not set(self.sent) - set(got) - set(back) and (got, back)
        try:
            got, back = run.until(settled, 15, "")
        except TimeoutError:
            got = [m.id for m in self.cast.bob.messages(self.seen)]
            back = [s.id for s in self.cast.alice.received[self.mine:] if s.type == "error"]
        assert not set(self.sent) - set(got) - set(back), "lost: %s" % sorted(set(self.sent) - set(got) - set(back))
        assert len(got) == len(set(got)), "delivered twice"
        assert not set(got) & set(back), "delivered and bounced: %s" % sorted(set(got) & set(back))
        order = [self.sent.index(i) for i in got if i in self.sent]
        assert order == sorted(order), "out of order"
        self.delivered, self.bounced = got, back


def back_within(cast, seconds, what):
    """A message passes again within this time, counted from now."""
    begin, seen = time.monotonic(), cast.bob.mark()
    while True:
        id = cast.alice.send(cast.bob.bare, "ping")
        try:
            cast.bob.wait_message(id=id, timeout=0.25, since=seen)
            return time.monotonic() - begin
        except AssertionError:
            assert time.monotonic() - begin < seconds, "%s: no message passed within %g s" % (what, seconds)


def test_worker_killed(the_site, cast):
    before = the_site.filterd.roles()["worker"]
    since = the_site.syslog.mark()
    with Traffic(cast) as traffic:
        kill(before)
        time.sleep(1.0)
        took = back_within(cast, BACK_S, "workers killed")
    assert the_site.syslog.wait("worker.died", since=since)
    after = run.until(lambda: [w for w in the_site.filterd.roles().get("worker", []) if w not in before], 5, "no new workers")
    assert took < BACK_S and after
    assert len(traffic.delivered) > len(traffic.bounced), "killing a worker cost more than its jobs"


def outcome(cast, id, seen, mine, timeout):
    """The message that arrived, or the error that came back, whichever comes."""
    return run.until(lambda: next((m for m in cast.bob.messages(seen) if m.id == id), None) or
                     next((s for s in cast.alice.received[mine:] if s.id == id and s.type == "error"), None),
                     timeout, "neither delivered nor bounced within %g s" % timeout)


def test_hung_worker_costs_its_job_alone(the_site, cast):
    """Stopped workers overrun their wall-clock budget: they are killed, and what they held is judged by others
    or ends in the policy's action for that cause, before the connector's own deadline."""
    before = the_site.filterd.roles()["worker"]
    since, seen, mine = the_site.syslog.mark(), cast.bob.mark(), cast.alice.mark()
    kill(before, signal.SIGSTOP)
    id = cast.alice.send(cast.bob.bare, "who judges this?")
    end = outcome(cast, id, seen, mine, 4.5)
    assert end.type != "error" or the_site.syslog.wait("scan.failed", since=since, cause="timeout")
    assert the_site.syslog.wait("worker.died", since=since, timeout=5)
    run.until(lambda: not all(map(alive, before)), 5, "the hung worker was not killed")
    back_within(cast, BACK_S, "workers hung")
    kill(filter(alive, before), signal.SIGCONT)  # those that had no job: nothing was lost by their sleep
    run.until(lambda: len(the_site.filterd.roles()["worker"]) == len(before), 5, "workers were not replaced")


def test_nursery_killed(the_site, cast):
    before = the_site.filterd.roles()["nursery"]
    with Traffic(cast):
        kill(before)
        time.sleep(1.5)
    back_within(cast, 10, "nursery killed")
    run.until(lambda: [n for n in the_site.filterd.roles().get("nursery", []) if n not in before], 10, "no new nursery")
    story.redacted(the_site, cast)


def test_recorder_killed(the_site, cast):
    before = the_site.filterd.roles()["recorder"]
    with Traffic(cast):
        kill(before)
        time.sleep(0.5)
        back_within(cast, BACK_S, "recorder killed")
    assert run.until(lambda: [r for r in the_site.filterd.roles().get("recorder", []) if r not in before], 5, "no new recorder")
    story.blocked(the_site, cast)  # an incident is recorded again


def test_broker_killed(the_site, cast):
    before = the_site.filterd.roles()["broker"]
    since = the_site.syslog.mark()
    with Traffic(cast) as traffic:
        kill(before)
        took = back_within(cast, BACK_S, "broker killed")
        time.sleep(0.2)
    assert took < BACK_S
    assert the_site.syslog.wait("link.up", since=since)
    assert traffic.delivered
    story.redacted(the_site, cast)


def test_monitor_killed_takes_all_along(the_site, cast):
    everyone = [pid for pids in the_site.filterd.roles().values() for pid in pids]
    assert len(everyone) >= 4
    seen, mine = cast.bob.mark(), cast.alice.mark()
    the_site.filterd.kill()
    run.until(lambda: not any(map(alive, everyone)), 12, "left running: %s" % [p for p in everyone if alive(p)])
    id = cast.alice.send(cast.bob.bare, "unjudged")
    assert cast.alice.wait_error(id, since=mine).error[:2] == ("wait", "resource-constraint")
    cast.bob.settle()
    assert not cast.bob.messages(seen)
    the_site.filterd.start()
    the_site.filterd.wait_ready()
    story.harmless(the_site, cast)


def test_sigterm_ends_all(the_site):
    everyone = [pid for pids in the_site.filterd.roles().values() for pid in pids] + [the_site.filterd.pid]
    assert the_site.filterd.stop() == 0
    assert not any(map(alive, everyone))


# -- what hangs

@pytest.mark.slow
def test_hung_broker(the_site, cast):
    """The connector's deadline decides over what is under way, and the monitor brings another broker. A verdict that would
    come too late is ignored."""
    before, since = the_site.filterd.roles()["broker"], the_site.syslog.mark()
    seen, mine = cast.bob.mark(), cast.alice.mark()
    with Traffic(cast, 0.05) as traffic:
        begin = time.monotonic()
        kill(before, signal.SIGSTOP)
        time.sleep(0.1)
        id = cast.alice.send(cast.bob.bare, "hello?")
        error = cast.alice.wait_error(id, 12, mine).error
        took = time.monotonic() - begin
        back_within(cast, max(HUNG_BACK_S - took, 0.1), "broker hung")
    assert error[:2] == ("wait", "resource-constraint") and 3 < took < 7, (error, took)
    assert not any(map(alive, before)), "the hung broker was not killed"
    assert the_site.syslog.wait("process.hung", since=since, role="broker", pid=before[0])
    assert traffic.delivered and traffic.bounced
    assert not [m for m in cast.bob.messages(seen) if m.id == id]
    story.redacted(the_site, cast)


@pytest.mark.slow
def test_hung_nursery(the_site, cast):
    """It does not replace its workers: another nursery comes, and until then the workers that are left serve."""
    roles, since = the_site.filterd.roles(), the_site.syslog.mark()
    before, worker = roles["nursery"], roles["worker"][:1]
    with Traffic(cast, 0.05) as traffic:
        kill(before, signal.SIGSTOP)
        kill(worker)
        event = the_site.syslog.wait("process.hung", 12, since, role="nursery", pid=before[0])
        assert event and event.severity == 3
        run.until(lambda: [n for n in the_site.filterd.roles().get("nursery", []) if n not in before], 20, "no new nursery")
        assert the_site.syslog.wait("config.reloaded", 30, since), "the new nursery does not serve"
    assert len(traffic.bounced) <= 1, "it cost more than the job of the killed worker"
    run.until(lambda: not any(map(alive, before)), 20, "the hung nursery was not killed")
    story.redacted(the_site, cast)


@pytest.mark.slow
def test_hung_recorder(the_site, cast):
    """What can't be recorded doesn't happen; what needs no record goes on; another recorder comes."""
    before, since = the_site.filterd.roles()["recorder"], the_site.syslog.mark()
    seen, mine = cast.carol.mark(), cast.alice.mark()
    with Traffic(cast, 0.05) as traffic:
        kill(before, signal.SIGSTOP)
        id = cast.alice.send(cast.carol.bare, "my visa card number is %s, thanks" % story.CARD)  # would be redacted
        assert cast.alice.wait_error(id, 12, mine)
        assert the_site.syslog.wait("process.hung", 8, since, role="recorder", pid=before[0])
        run.until(lambda: [r for r in the_site.filterd.roles().get("recorder", []) if r not in before], 5, "no new recorder")
    assert not any(map(alive, before)), "the hung recorder was not killed"
    assert traffic.bounced == [id], "what needs no record was held up, too"
    assert not [m for m in cast.carol.messages(seen) if m.id == id], "delivered without a record"
    run.until(lambda: recorded(the_site, cast), 10, "the new recorder does not record")
    story.blocked(the_site, cast)


def recorded(site, cast):
    """Does a message arrive that must be recorded first?"""
    seen = cast.carol.mark()
    id = cast.alice.send(cast.carol.bare, "my visa card number is %s, thanks" % story.CARD)
    try:
        return cast.carol.wait_message(id=id, timeout=1, since=seen)
    except AssertionError:
        return None


def test_second_instance_is_refused(the_site, cast):
    done = subprocess.run([str(the_site.prefix / "sbin" / "filterd"), "-c", str(the_site.filterd.config)],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert "another" in (done.stdout + done.stderr).lower() or str(the_site.filterd.pid) in done.stdout + done.stderr
    story.harmless(the_site, cast)


# -- reload

@pytest.fixture
def restored(the_site):
    """Configuration, rules and signatures are as before after the test."""
    f = the_site.filterd
    config = f.config.read_text()
    files = {p: p.read_bytes() for folder in (f.rules, f.signatures) for p in folder.iterdir() if p.is_file()}
    yield f
    f.config.write_text(config)
    for folder in (f.rules, f.signatures):
        for p in folder.iterdir():
            if p.is_file() and p not in files:
                p.unlink()
    for p, data in files.items():
        if not p.exists() or p.read_bytes() != data:
            p.write_bytes(data)
    since = the_site.syslog.mark()
    f.reload()
    assert the_site.syslog.wait("config.reloaded", 20, since), "could not go back to the old configuration"


def test_reload_with_broken_configuration_keeps_the_old(the_site, cast, restored):
    since = the_site.syslog.mark()
    text = restored.config.read_text()
    restored.config.write_text(text + "zonez = ( );\n")
    restored.reload()
    event = the_site.syslog.wait("config.rejected", 10, since)
    assert event and "filterd.conf" in event.line and str(len(text.splitlines()) + 1) in event.line, event
    assert not the_site.syslog.find("config.reloaded", since)
    story.redacted(the_site, cast)


def test_reload_with_broken_rule_keeps_the_old(the_site, cast, restored):
    since = the_site.syslog.mark()
    (restored.rules / "zz-broken.rules").write_text('detectors: ( { id = "b"; title = "B"; patterns = ( { regex = "(" } ) } );\n')
    restored.reload()
    event = the_site.syslog.wait("config.rejected", 15, since)
    assert event and "zz-broken.rules" in event.line, event
    story.redacted(the_site, cast)


NEW_RULE = '''
detectors: ( {
  id = "codename"; title = "Code name";
  patterns = ( { regex = "\\\\bProject Halibut\\\\b"; confidence = 90; } );
  tests = { match = [ "about Project Halibut" ]; no_match = [ "about halibut" ]; };
} );
rules: ( {
  id = "codename-inside"; mode = "enforce"; when = { };
  detect = ( { detector = "codename"; confidence = 50; } );
  action = "block"; severity = "high"; notice = { en = "That name may not be written."; };
} );
'''


def test_reload_brings_a_new_rule_in_force(the_site, cast, restored):
    seen, mine, since = cast.bob.mark(), cast.alice.mark(), the_site.syslog.mark()
    cast.alice.send(cast.bob.bare, "Project Halibut begins")
    cast.bob.wait_message("Project Halibut begins", since=seen)
    (restored.rules / "codename.rules").write_text(NEW_RULE.replace("\\\\", "\\"))
    with Traffic(cast) as traffic:
        restored.reload()
        assert the_site.syslog.wait("config.reloaded", 15, since)
    assert not traffic.bounced, "the reload cost messages"
    id = cast.alice.send(cast.bob.bare, "Project Halibut ends")
    assert "That name may not be written." in cast.alice.wait_error(id, since=mine).error[2]


def test_included_rules_count_and_broken_ones_keep_the_old(the_site, cast, restored, folder):
    own = folder / "included"
    own.mkdir()
    good, more = NEW_RULE.replace("\\\\", "\\"), own / "more.rules"
    (own / "codename.rules").write_text(good)
    (restored.rules / "zz-site.rules").write_text('include = [ "%s" ];\n' % own)
    restored.reload_now()

    def blocked():
        mine = cast.alice.mark()
        id = cast.alice.send(cast.bob.bare, "Project Halibut ends")
        return "That name may not be written." in cast.alice.wait_error(id, since=mine).error[2]
    assert blocked()
    for name, file, text in (("codename.rules", own / "codename.rules", good.replace(");", ");;", 1).replace("confidence = 90", "confidence = ")),
                             ("more.rules", more, 'include = [ "more.rules" ];\n'), ("zz-site.rules", more, None)):
        (own / "codename.rules").write_text(good)
        if text is None:  # what is included is gone
            (own / "codename.rules").unlink()
            more.unlink()
            own.rmdir()
        else:
            file.write_text(text)
        since = the_site.syslog.mark()
        restored.reload()
        event = the_site.syslog.wait("config.rejected", 15, since)
        assert event and name in event.line, event
        assert blocked()


# -- signatures

SAMPLE = b"an invention of this test, harmless " * 40


def upload(client):
    return client.upload("sample.bin", SAMPLE)[0]


def test_signature_added_and_removed_is_noticed(the_site, cast, restored):
    assert upload(cast.alice) == 201
    database = restored.signatures / "site.hdb"
    since = the_site.syslog.mark()
    new = restored.workdir / "site.hdb.new"
    new.write_text("%s:%d:Test.Invention\n" % (hashlib.md5(SAMPLE).hexdigest(), len(SAMPLE)))
    with Traffic(cast) as traffic:
        new.rename(database)
        assert the_site.syslog.wait("signatures.reloaded", 20, since)
    assert not traffic.bounced, "new signatures cost messages"
    assert 400 <= upload(cast.alice) < 500
    event = the_site.syslog.wait("malware.found", since=since)
    assert event and "Test.Invention" in event.line
    since = the_site.syslog.mark()
    database.unlink()
    assert the_site.syslog.wait("signatures.reloaded", 20, since)
    assert upload(cast.alice) == 201


@pytest.mark.parametrize("name,text", [
    ("broken.hdb", "this is no hash\n"), ("broken.ndb", "Nonsense\n"), ("broken.ldb", ""),
    ("broken.yara", "rule broken { strings: $a = \"x\" condition: $b }\n"),
], ids=["hdb", "ndb", "empty ldb", "yara"])
def test_broken_signatures_are_refused_by_name(the_site, cast, restored, name, text):
    since = the_site.syslog.mark()
    (restored.signatures / name).write_text(text)
    event = the_site.syslog.wait("signatures.rejected", 20, since)
    assert event and name in event.line, event
    story.virus(the_site, cast)  # the old ones still find EICAR
    (restored.signatures / name).unlink()
    time.sleep(1)


def test_start_with_broken_signatures_fails_loudly(the_site, folder):
    """Nothing is in force that could be kept: filterd does not start."""
    other = Filterd(the_site.prefix, folder / "other", the_site.server, the_site.syslog)
    (other.signatures / "broken.hdb").write_text("this is no hash\n")
    other.start()
    try:
        assert other.process.wait(60) != 0
    finally:
        other.stop()
    assert "broken.hdb" in run.tail(other.log)


NO_WRITABLE_CODE = "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0 and os.execv(sys.argv[1], sys.argv[1:])"  # PR_SET_MDWE


def test_what_is_degraded_is_told_loudly(the_site, folder):
    """PCRE2's JIT needs memory that is written and then run; where that is refused filterd serves, slower, and says so."""
    other = Filterd(the_site.prefix, folder / "degraded", the_site.server, the_site.syslog)
    other.config.write_text(re.sub(r"port = \d+; secret_file", "port = %d; secret_file" % run.free_port(), other.config.read_text()))
    since = the_site.syslog.mark()
    other.process = run.spawn([sys.executable, "-c", NO_WRITABLE_CODE, other.prefix / "sbin" / "filterd", "-c", other.config], other.log)
    try:
        event = the_site.syslog.wait("engine.degraded", 60, since)
        assert event and "JIT" in event.line, run.tail(other.log)
        assert "JIT" in other.status()["scan"]["degraded"]
        assert "DEGRADED: PCRE2's JIT" in other.ctl("status").stdout
    finally:
        other.stop()
