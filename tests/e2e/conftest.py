"""Fixtures. Options: --prefix DIR (an installed filterd), --server KIND (only this kind of server)."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from lib import run, site  # noqa: E402

KINDS = ("prosody", "ejabberd")


def pytest_addoption(parser):
    parser.addoption("--prefix", default=str(site.PREFIX), help="where filterd is installed")
    parser.addoption("--server", choices=KINDS, help="only tests on this server")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; left out by ./check --quick")


def pytest_generate_tests(metafunc):
    """Tests that use a server run on every kind, or on those that their module names in KINDS."""
    if "kind" in metafunc.fixturenames:
        only = metafunc.config.getoption("--server")
        kinds = [k for k in getattr(metafunc.module, "KINDS", KINDS) if only in (None, k)]
        metafunc.parametrize("kind", kinds, scope="module")


@pytest.fixture(scope="session")
def prefix(request):
    path, is_copy = run.usable_prefix(request.config.getoption("--prefix"))
    yield path
    if is_copy:
        run.remove(path)


@pytest.fixture
def folder():
    """A folder that daemons without privileges can enter, gone after the test."""
    path = run.scratch()
    yield path
    run.remove(path)


@pytest.fixture(scope="module")
def running(request, kind, prefix):
    """A site on this kind of server, for all tests of a module (which may name settings in SERVER and FILTERD);
    clients are closed after each test (the_site)."""
    with site.Site(kind, prefix, server=getattr(request.module, "SERVER", None),
                   daemon=getattr(request.module, "FILTERD", None)) as s:
        yield s.start()
        s.filterd.stop()
        reports = s.filterd.sanitizer_reports()
    assert not reports, "sanitizer reports in filterd's log: %s" % reports


@pytest.fixture
def the_site(running):
    if running.filterd.process is None or running.filterd.process.poll() is not None:
        running.filterd.start()
    running.filterd.wait_ready()
    yield running
    running.close_clients()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the newest lines of the site it ran on."""
    outcome = yield
    report = outcome.get_result()
    where = item.funcargs.get("the_site") if hasattr(item, "funcargs") else None
    if report.failed and where:
        report.sections.append(("syslog", "\n".join(e.line for e in where.syslog.events[-30:])))
        report.sections.append(("filterd.log", run.tail(where.filterd.log, 40) if where.filterd else ""))
        report.sections.append((where.kind, run.tail(where.server.log, 20)))
