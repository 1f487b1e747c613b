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
    config.addinivalue_line("markers", "leave_out(predicate): combinations of parameters that do not exist; they are no tests")
    config.addinivalue_line("markers", "slow: takes long; left out by ./check --quick")


def pytest_generate_tests(metafunc):
    """Tests that use a server run on every kind, or on those that their module names in KINDS."""
    if "kind" in metafunc.fixturenames:
        only = metafunc.config.getoption("--server")
        kinds = [k for k in getattr(metafunc.module, "KINDS", KINDS) if only in (None, k)]
        metafunc.parametrize("kind", kinds)


def pytest_collection_modifyitems(config, items):
    def left_out(item):
        params = item.callspec.params if hasattr(item, "callspec") else {}
        return any(mark.args[0](params) for mark in item.iter_markers("leave_out"))
    gone = [item for item in items if left_out(item)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


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
def sites(request, prefix):
    """Sites of this module, by kind of server, started when first asked for; a module may name settings for them
    in SERVER and FILTERD."""
    started = {}

    def get(kind):
        if kind not in started:
            started[kind] = site.Site(kind, prefix, server=getattr(request.module, "SERVER", None),
                                      daemon=getattr(request.module, "FILTERD", None)).start()
        return started[kind]
    yield get
    reports = []
    for s in started.values():
        s.filterd.stop()
        reports += s.filterd.sanitizer_reports()
        s.stop()
    assert not reports, "sanitizer reports in filterd's log: %s" % reports


@pytest.fixture
def the_site(sites, kind):
    """The module's site on this kind of server, whole again if the test before broke it; its clients are closed
    after each test."""
    s = sites(kind)
    if s.filterd.process is None or s.filterd.process.poll() is not None:
        s.filterd.start()
    s.filterd.wait_ready()
    yield s
    s.close_clients()


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
