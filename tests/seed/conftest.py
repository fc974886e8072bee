"""A server with the stand-in plugin; and a session that skips a test which the seed coverage names fails."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pronaflow_kernel.plugins.discovery import discover
from pronaflow_kernel.testing import World

from .coverage import named_tests, not_run


@pytest.fixture(scope="session")
def standin(new_database, tmp_path_factory):
    """A server whose only plugin is the stand-in in `standin/`."""
    sys.path.insert(0, str(Path(__file__).parent / "standin"))
    point = EntryPoint("standin", "pronaflow_standin.plugin:StandInPlugin", "pronaflow.plugins")
    world = World(new_database(), tmp_path_factory.mktemp("standin"), candidates=discover([point]))
    yield world
    world.close()


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker of a distributed session; its controller has the reports
        return
    ran, skipped = (
        {report.nodeid for outcome in outcomes for report in reporter.stats.get(outcome, ())}
        for outcomes in (("passed", "failed"), ("skipped", "xfailed"))
    )
    if named := not_run(named_tests(), ran, skipped):
        reporter.write_line(f"skipped although docs/reference/seed-coverage.md names them: {named}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
