"""The tests behind `pytest --pronaflow-contract`: one for each plugin, database and check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pronaflow_kernel.testing.contract import Check, Subject
from pronaflow_kernel.testing.contract_option import NOTES, checked_plugins, wanted


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each plugin, database and check."""
    cases = [
        pytest.param((plugin_id, kind), check, id=name)
        for plugin_id in checked_plugins(metafunc.config)
        for name, (kind, check) in wanted(plugin_id).items()
    ]
    metafunc.parametrize(("subject", "check"), cases, indirect=["subject"], scope="session")


@pytest.fixture(scope="session")
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """The plugin under test with a server of its own, which all its checks share."""
    plugin_id, kind = request.param
    folder = tmp_path_factory.mktemp(plugin_id)
    hook = request.config.hook
    made = Subject.of(
        plugin_id,
        _databases(kind, request, tmp_path_factory),
        folder,
        further=_merged(hook.pytest_pronaflow_makers(plugin_id=plugin_id)),
        requests=_merged(hook.pytest_pronaflow_requests(plugin_id=plugin_id)),
    )
    yield made
    request.config.stash[NOTES] += made.notes
    made.close()


def _databases(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    if kind == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('database') / 'pronaflow.sqlite3'}"
    from pronaflow_kernel.testing.postgres import create_database

    server: str = request.getfixturevalue("postgres_server")
    return lambda: create_database(server)


def _merged(answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for answer in reversed(answers) for key, value in answer.items()}


def test_contract(subject: Subject, check: Check) -> None:
    """Fails with every problem that the check finds, one a line."""
    problems = check.problems(subject)
    if problems:
        pytest.fail("\n".join([f"{check.summary}:", *(f"- {each}" for each in problems)]), pytrace=False)
