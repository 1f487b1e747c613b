"""Folders, ports and child processes of a run."""

import ctypes
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def free_port():
    """A TCP port nobody listens on, outside of the range from which the kernel serves outgoing connections."""
    for _ in range(200):
        port = random.randrange(12000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free TCP port found")


def scratch(prefix="filterd-"):
    """A folder of its own which other users may enter (daemons that drop privileges live in it), with a
    path short enough for UNIX sockets."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get("FILTERD_TEST_TMP", "/tmp")))
    folder.chmod(0o755)
    return folder


def reachable(path):
    """Whether users without privileges can get to path."""
    path = pathlib.Path(path).resolve()
    return all(p.stat().st_mode & 0o001 for p in (path, *path.parents))


def usable_prefix(prefix):
    """prefix, or a copy of it where daemons that have dropped root can get to; (path, whether it is a copy)."""
    if os.geteuid() != 0 or reachable(prefix):
        return pathlib.Path(prefix), False
    copy = scratch("filterd-prefix-")
    shutil.copytree(prefix, copy, symlinks=True, dirs_exist_ok=True)
    copy.chmod(0o755)
    return copy, True


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)


def die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(argv, log, **kwargs):
    """Starts a daemon in the foreground, its output in the file log; it doesn't outlive this process."""
    with open(log, "ab") as out:
        return subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                preexec_fn=die_with_parent, **kwargs)


def end(process, grace_s=10.0):
    """SIGTERM, and SIGKILL if it is still there after grace_s. Returns the exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def listening(port, host="127.0.0.1"):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0


def until(predicate, timeout_s, what):
    """Polls predicate() until it is true and returns its value; after timeout_s raises TimeoutError(what)."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def tail(path, lines=30):
    try:
        return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def check(argv, **kwargs):
    """Runs a command to its end; RuntimeError with what it printed if it fails."""
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, **kwargs)
    if done.returncode:
        raise RuntimeError("%s: %s%s" % (argv[0], done.stdout, done.stderr))
    return done.stdout


def processes_of_session(leader):
    """Pids of the processes in the session that leader began."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue        # ended while we looked
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
