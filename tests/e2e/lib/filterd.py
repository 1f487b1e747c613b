"""filterd itself for a run: configuration, secrets, start, stop, status, and a syslog receiver.

    syslog = Syslog(workdir / "log.sock", workdir / "syslog")
    daemon = Filterd(prefix, workdir, server, syslog)
    daemon.start()
    daemon.wait_ready()
"""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from . import ca, run

SOURCE = pathlib.Path(__file__).resolve().parents[3]
# RFC 5424 section 6: header, structured data, message
_LINE = re.compile(r"<(\d+)>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\\\"]|\"(?:[^\"\\]|\\.)*\")*\])+) ?(.*)\Z", re.S)
_PARAM = re.compile(r'([!#-<>-~]+)="((?:[^"\\\]]|\\.)*)"', re.S)


class Event:
    """A syslog line of filterd: name, severity, fields, ref, text and the line itself."""

    def __init__(self, line):
        self.line = line
        m = _LINE.match(line)
        self.valid = bool(m)
        self.name, self.fields, self.text, self.severity = "", {}, line, None
        if m:
            self.severity = int(m.group(1)) & 7
            self.name = m.group(6)
            self.fields = {k: re.sub(r"\\(.)", r"\1", v) for k, v in _PARAM.findall(m.group(7))}
            self.text = m.group(8).lstrip("\ufeff")

    @property
    def ref(self):
        return self.fields.get("ref", "")

    def __repr__(self):
        return "<Event %s>" % self.line


class Syslog:
    """A UNIX datagram socket that takes what filterd would tell /dev/log; every line is kept, and written to a file."""

    def __init__(self, path, file):
        self.path, self.file = pathlib.Path(path), pathlib.Path(file)
        self.events = []
        self._changed = threading.Condition()
        if self.path.exists():
            self.path.unlink()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(str(self.path))
        os.chmod(self.path, 0o666)
        self._out = open(self.file, "a", buffering=1)
        threading.Thread(target=self._receive, daemon=True).start()

    @property
    def target(self):
        return "unix:%s" % self.path

    def _receive(self):
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            line = data.decode("utf-8", "replace").rstrip("\n")
            with self._changed:
                self.events.append(Event(line))
                self._out.write(line.replace("\n", "\\n") + "\n")
                self._changed.notify_all()

    def mark(self):
        """The place after the newest event, for the since of the calls below."""
        with self._changed:
            return len(self.events)

    def find(self, name=None, since=0, **fields):
        """Events with this name and these fields."""
        with self._changed:
            events = self.events[since:]
        return [e for e in events if (name is None or e.name == name) and
                all(e.fields.get(k) == str(v) for k, v in fields.items())]

    def wait(self, name, timeout=5.0, since=0, **fields):
        """The first such event, waiting for it; None if it doesn't come."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.find(name, since, **fields)
            if found:
                return found[0]
            with self._changed:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(min(left, 0.2))

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self._out.close()
        if self.path.exists():
            self.path.unlink()


def choose_user(folder):
    """As whom filterd should run: whoever runs us; for root a powerless account, which must be able to reach folder."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("filterd", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        if run.reachable(folder):
            return name
    raise RuntimeError("%s cannot be reached by users other than root" % folder)


def _quote(text):
    return '"%s"' % str(text).replace("\\", "\\\\").replace('"', '\\"')


class Filterd:
    """One filterd with everything it needs in workdir: filterd.conf, rules/, signatures/, *.secret, state/, run/."""

    def __init__(self, prefix, workdir, server, syslog, rules=None, signatures=None, workers=2, guards=None,
                 official="", file_time_ms=20000, text_timeout_ms=None, upload_size_max=104857600,
                 on_failure='encrypted = "block"; timeout = "block";', policy=None, zones=None, extra="", inspect_tls=False):
        self.prefix, self.workdir = pathlib.Path(prefix), pathlib.Path(workdir)
        self.server, self.syslog = server, syslog
        self.workers, self.extra, self.on_failure, self.official = workers, extra, on_failure, official
        self.file_time_ms, self.text_timeout_ms, self.upload_size_max = file_time_ms, text_timeout_ms, upload_size_max
        self.guards = list(guards or server.hosts)
        self.policy, self.zones = policy, zones
        self.inspect_tls = inspect_tls  # the inspect channel over TLS with a pinned certificate, and no UNIX socket
        self.workdir.mkdir(parents=True, exist_ok=True)
        self.user = choose_user(self.workdir)
        self.config = self.workdir / "filterd.conf"
        self.rules = self.workdir / "rules"
        self.signatures = self.workdir / "signatures"
        self.state, self.run_dir = self.workdir / "state", self.workdir / "run"
        self.control = self.run_dir / "control"
        self.inspect = self.run_dir / "inspect"
        self.log = self.workdir / "filterd.log"
        self.upload_port = run.free_port()
        self.upload_url = "http://127.0.0.1:%d" % self.upload_port
        self.process = None
        for source, target in ((rules or SOURCE / "rules", self.rules), (signatures or SOURCE / "signatures", self.signatures)):
            if not target.exists():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.mk"))
        owner = pwd.getpwnam(self.user)
        for folder in (self.state, self.run_dir):
            folder.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        self.state.chmod(0o700)
        self.run_dir.chmod(0o755)
        for domain, secret in server.secrets.items():
            file = self.workdir / (domain + ".secret")
            file.touch(0o600)
            file.write_text(secret + "\n")
        self.write_config()

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def _inspect_section(self):
        if not self.inspect_tls:
            return 'inspect = { socket = %s; group = ""; };' % _quote(self.inspect)
        certificate, key = ca.Authority(self.workdir / "channel").issue("channel", ["filterd.test"])
        if os.geteuid() == 0:
            os.chown(key, pwd.getpwnam(self.user).pw_uid, -1)
        return 'inspect = { socket = ""; listen = "127.0.0.1"; port = %d; certificate = %s; key = %s; };' % (
            run.free_port(), _quote(certificate), _quote(key))

    def write_config(self):
        s, links = self.server, []
        for domain, serves in ((s.filter_component, "filter"), (s.upload_component, "upload")):
            if domain:
                guards = "guards = [ %s ];" % ", ".join(map(_quote, self.guards)) if serves == "filter" else ""
                if s.settings.component_tls:
                    guards += " tls = true; ca = %s; tls_name = %s;" % (_quote(s.ca), _quote(s.hosts[0]))
                links.append("\t{ domain = %s; serves = %s; host = \"127.0.0.1\"; port = %d; secret_file = %s; %s }" % (
                    _quote(domain), _quote(serves), s.component_port, _quote(self.workdir / (domain + ".secret")), guards))
        zones = self.zones or [("internal", [s.hosts[0]]), ("partners", list(s.hosts[1:]))]
        scan = "text_timeout_ms = %d; " % self.text_timeout_ms if self.text_timeout_ms else ""
        upload = ("upload = { listen = \"127.0.0.1\"; port = %d; url = %s; size_max = %d; quota = \"2G\"; };" % (
                  self.upload_port, _quote(self.upload_url), self.upload_size_max)) if s.upload_component else ""
        self.config.write_text("\n".join([
            "user = %s;" % _quote(self.user),
            "state_dir = %s;" % _quote(self.state), "run_dir = %s;" % _quote(self.run_dir),
            "rules = %s;" % _quote(self.rules), 'language = "en";',
            'control = { socket = %s; group = ""; };' % _quote(self.control),
            "links = (\n%s\n);" % ",\n".join(links),
            self._inspect_section(),
            "scan = { workers = %d; signatures = %s; official = %s; text_budget_ms = 50; %sfile_time_ms = %d; file_max = %d; };" % (
                self.workers, _quote(self.signatures), _quote(self.official), scan, self.file_time_ms, self.upload_size_max),
            upload,
            'syslog = { target = %s; facility = "mail"; };' % _quote(self.syslog.target),
            "zones = (\n%s\n);" % ",\n".join("\t{ name = %s; domains = [ %s ]; }" % (
                _quote(n), ", ".join(map(_quote, d))) for n, d in zones if d),
            self.policy or 'policy = ( { from = "*"; to = "*"; talk = true; files = true; malware = "block"; on_failure = { %s }; } );'
            % self.on_failure,
            self.extra]) + "\n")

    def start(self):
        self.process = run.spawn([self.prefix / "sbin" / "filterd", "-c", self.config], self.log)
        return self

    def request(self, command, timeout=60.0, **fields):
        """One request on the control socket (filterd/PROTOCOL.control)."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(str(self.control))
            s.sendall(json.dumps({"cmd": command, **fields}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                part = s.recv(65536)
                if not part:
                    raise ConnectionError("control socket closed")
                answer += part
        return json.loads(answer)

    def status(self):
        """The daemon's status, or None while it doesn't answer."""
        try:
            return self.request("status", timeout=5)
        except (OSError, ValueError):
            return None

    def ready(self):
        """Links and an inspect channel are up, and workers can judge."""
        status = self.status()
        return bool(status and status.get("ok") and status["links"] and all(l["up"] for l in status["links"]) and
                    status["channels"] and status["scan"]["serving"]) and status

    def wait_ready(self, timeout=60.0):
        def check():
            if self.process and self.process.poll() is not None:
                raise RuntimeError("filterd ended with status %d:\n%s\n%s" % (
                    self.process.returncode, run.tail(self.log), "\n".join(e.line for e in self.syslog.events[-20:])))
            return self.ready()
        try:
            return run.until(check, timeout, "")
        except TimeoutError:
            raise TimeoutError("filterd was not ready within %d s: %s\n%s" % (
                timeout, json.dumps(self.status()), run.tail(self.log))) from None

    def roles(self):
        """Running processes below the monitor: name -> list of pids, from their command lines.
        Names: broker, recorder, nursery, worker."""
        found = {}
        pending = [self.pid] if self.pid else []
        while pending:
            for child in _children(pending.pop()):
                pending.append(child)
                name = _role(child)
                if name:
                    found.setdefault(name, []).append(child)
        return found

    def ctl(self, *args, check=False, input=None, timeout=60):
        """filterctl with this daemon's configuration; returns subprocess.CompletedProcess."""
        done = subprocess.run([str(self.prefix / "bin" / "filterctl"), "-c", str(self.config), *map(str, args)], capture_output=True, text=True,
                              input=input, timeout=timeout)
        if check and done.returncode:
            raise RuntimeError("filterctl %s: %s%s" % (" ".join(map(str, args)), done.stdout, done.stderr))
        return done

    def check_config(self, config=None):
        """filterd -t -c FILE"""
        return subprocess.run([str(self.prefix / "sbin" / "filterd"), "-t", "-c", str(config or self.config)],
                              capture_output=True, text=True, timeout=60)

    def reload_now(self):
        """As filterctl reload: until what is new serves.  What is refused fails, with the reason."""
        answer = self.request("reload")
        assert answer.get("ok"), answer

    def add_rules(self, name, text):
        """A rule file of the test's own, in force when this returns; another of that name, of tests before, goes."""
        file = self.rules / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            self.reload_now()

    def reload(self):
        """SIGHUP"""
        self.process.send_signal(signal.SIGHUP)

    def sanitizer_reports(self):
        """Lines of the log with which a sanitizer began a report."""
        return [line for line in self.log.read_text(errors="replace").splitlines()
                if "ERROR: AddressSanitizer" in line or "ERROR: LeakSanitizer" in line or "runtime error:" in line] \
            if self.log.exists() else []

    def stop(self):
        status = None
        if self.process:
            status = run.end(self.process)
            self.process = None
        return status

    def kill(self):
        """kill -9 of the monitor"""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _children(pid):
    try:
        return [int(c) for t in pathlib.Path("/proc/%d/task" % pid).iterdir() for c in (t / "children").read_text().split()]
    except OSError:
        return []


def _role(pid):
    try:
        argv = pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().decode(errors="replace").split("\0")
        parent = int(re.search(r"^PPid:\s*(\d+)", pathlib.Path("/proc/%d/status" % pid).read_text(), re.M).group(1))
        above = pathlib.Path("/proc/%d/cmdline" % parent).read_bytes().decode(errors="replace").split("\0")
    except (OSError, AttributeError):
        return None
    if "--role" in argv:
        return argv[argv.index("--role") + 1]
    if argv[0].split(":")[0].endswith("filterd-scan"):
        return "worker" if above[0].split(":")[0].endswith("filterd-scan") else "nursery"
    return None
