"""Fails a session that skips a test which the seed coverage names."""

from __future__ import annotations

import pytest

from .coverage import named_tests, not_run


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
