"""What `make install` puts where, the configuration check, and which libraries which program is linked with."""

import os
import re
import subprocess

import pytest

from lib import filterd, run, servers

KINDS = ("prosody",)
BUILD = os.environ.get("FILTERD_BUILD", str(servers.SOURCE / ".run" / "check-build"))
JUDGES = re.compile(r"lib(clamav|pcre2[^.]*|hs|hs_runtime|archive|poppler[^.]*|glib-2|cairo)\.so")


def needed(program):
    """Libraries a program asks for itself, and all that are loaded with it."""
    direct = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    loaded = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", direct), re.findall(r"^\s*(\S+)", loaded, re.M)


def judges(libraries):
    return [lib for lib in libraries if JUDGES.match(lib)]


def test_broker_is_linked_with_no_scanner(prefix):
    direct, loaded = needed(prefix / "sbin" / "filterd")
    assert not judges(direct) and not judges(loaded)
    symbols = subprocess.run(["readelf", "-Ws", "--dyn-syms", prefix / "sbin" / "filterd"], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"\b(cl_scan\w+|cl_engine\w+|pcre2_\w+|hs_(scan|compile)\w*|archive_read\w*)\b", symbols)


def test_worker_is_linked_with_the_scanners(prefix):
    """Shows that the test above would see them."""
    direct, loaded = needed(prefix / "libexec" / "filterd" / "filterd-scan")
    assert any(lib.startswith("libclamav") for lib in judges(direct))
    assert any(lib.startswith("libpcre2") for lib in judges(direct))


def test_worker_is_linked_with_no_network_library(prefix):
    direct, _ = needed(prefix / "libexec" / "filterd" / "filterd-scan")
    assert not [lib for lib in direct if re.match(r"lib(ssl|microhttpd|event_openssl)\.so", lib)]


@pytest.fixture(scope="module")
def destdir():
    path = run.scratch("filterd-destdir-")
    done = subprocess.run(["make", "-s", "-C", BUILD, "install", "DESTDIR=%s" % path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    yield path
    run.remove(path)


def test_destdir_takes_everything(destdir):
    top = [p for p in destdir.iterdir()]
    assert top, "nothing was installed"
    files = {str(p.relative_to(destdir)) for p in destdir.rglob("*") if p.is_file()}
    names = {f.rsplit("/", 1)[-1] for f in files}
    for name in ("filterd", "filterctl", "filterd-scan", "mod_filterd.lua", "mod_filterd.erl", "filterd.8", "filterctl.1"):
        assert name in names, "%s is not installed: %s" % (name, sorted(files))
    assert any(f.endswith(".rules") for f in files)
    assert any(f.endswith("local.cfg") for f in files)
    assert not [f for f in files if f.endswith((".mk", ".o", ".a", ".pyc"))]


def test_uninstall_leaves_nothing(destdir, folder):
    for target in ("install", "uninstall"):
        done = subprocess.run(["make", "-s", "-C", BUILD, target, "DESTDIR=%s" % folder], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert [str(p) for p in folder.rglob("*") if p.is_file()] == []


def test_moved_tree_checks_its_configuration(destdir, daemon):
    """A tree that was moved (DESTDIR, a package being built) finds its own parts."""
    program = next(p for p in destdir.rglob("filterd") if p.is_file() and os.access(p, os.X_OK))
    done = subprocess.run([str(program), "-t", "-c", str(daemon.config)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


# -- filterd -t -c FILE

@pytest.fixture
def daemon(prefix, folder):
    """A filterd with a good configuration that is not started."""
    server = servers.new_server("prosody", folder)
    syslog = filterd.Syslog(folder / "syslog.sock", folder / "syslog")
    yield filterd.Filterd(prefix, folder / "filterd", server, syslog)
    syslog.close()


def test_good_configuration(daemon):
    done = daemon.check_config()
    assert done.returncode == 0, done.stdout + done.stderr


def replace(daemon, pattern, new):
    text = daemon.config.read_text()
    changed = re.sub(pattern, new, text, count=1)
    assert changed != text, "the test changes nothing: %s" % pattern
    daemon.config.write_text(changed)
    return next(i for i, (a, b) in enumerate(zip(text.splitlines() + [""], changed.splitlines() + [""]), 1) if a != b)


@pytest.mark.parametrize("pattern,new,says", [
    (r"workers = 2", "workers = many", None),
    (r"workers = 2", "workers = -1", "workers"),
    (r"text_budget_ms", "text_budget_mss", "text_budget_mss"),
    (r'malware = "block"', 'malware = "deliver"', "malware"),
    (r'from = "\*"', 'from = "nowhere"', "nowhere"),
    (r'serves = "filter"', 'serves = "everything"', "serves"),
    (r"port = \d+;", "port = 70000;", "port"),
    (r"listen = ", "lissten = ", "lissten"),
], ids=["type", "range", "unknown option", "malware delivered", "unknown zone", "unknown service", "port", "unknown in section"])
def test_bad_configuration_names_file_and_line(daemon, pattern, new, says):
    line = replace(daemon, pattern, new)
    done = daemon.check_config()
    answer = done.stdout + done.stderr
    assert done.returncode != 0, answer
    assert "%s:%d" % (daemon.config, line) in answer, answer
    assert says is None or says in answer, answer


def test_missing_configuration(daemon):
    done = daemon.check_config(daemon.workdir / "none.conf")
    assert done.returncode != 0 and "none.conf" in done.stdout + done.stderr


def test_broken_rule_names_file_and_line(daemon):
    bad = daemon.rules / "broken.rules"
    bad.write_text('detectors: ( {\n  id = "broken"; title = "Broken";\n  patterns = ( { regex = "a(b"; confidence = 50; } );\n} );\n')
    done = daemon.check_config()
    answer = done.stdout + done.stderr
    assert done.returncode != 0, answer
    assert re.search(r"broken\.rules:[1-4]\b", answer), answer


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_secret_that_others_can_read_is_refused(daemon, mode):
    secret = next(daemon.workdir.glob("filter*.secret"))
    secret.chmod(mode)
    done = daemon.check_config()
    answer = done.stdout + done.stderr
    assert done.returncode != 0 and secret.name in answer, answer
    assert secret.read_text().strip() not in answer


def test_options_are_documented(prefix):
    done = subprocess.run([str(prefix / "sbin" / "filterd"), "--options"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "text_budget_ms" in done.stdout and "on_failure" in done.stdout
