"""Switches by the command line: without the plugins' code, for one workspace, and who hears of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel import assembly
from pronaflow_kernel.cli.state import State
from pronaflow_kernel.clock import SystemClock
from pronaflow_kernel.identity.models import User
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.database import Database
from pronaflow_kernel.persistence.engines import open_engines
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.models import ServerProcess
from pronaflow_kernel.tenancy.service import create_workspace
from pronaflow_kernel.web import server

HEARS = """
from pathlib import Path
from pronaflow_kernel.api import Plugin

class Main(Plugin):
    def on_enable(self, uow, since):
        with Path("heard").open("a") as file:
            print(uow.scope.workspace_id, since is not None, file=file)
"""


@pytest.fixture
def orchard(site, run):
    """A database, and plugins of which some stand on others: trees < apples; birds alone."""
    site.add("trees")
    site.add("apples", 'requires = {trees = ">=0"}')
    site.add("birds")
    run("db", "upgrade")
    return site


@pytest.fixture
def db(orchard) -> Iterator[Database]:
    """The database of the site."""
    engines = open_engines(State().settings().database_url, threads=1)
    yield Database(engines, SystemClock(), lambda *_: None)
    engines.dispose()


@pytest.fixture
def workspace(db: Database) -> str:
    """The id of a workspace."""
    with db.write(Scope.system()) as uow:
        names = {"email": "ann@example.com", "email_norm": "ann@example.com"}
        names |= {"username": "ann", "username_norm": "ann", "full_name": "Ann"}
        user = uow.insert(User, {**names, "status": "active"})
        found: str = create_workspace(uow, user["id"], {"name": "Home"})["id"]
        return found


@pytest.fixture
def states(run: Callable[..., Any]) -> Callable[..., dict[str, str]]:
    """What `plugins list` says, id to state."""
    return lambda *more: {
        row["id"]: row["state"] for row in json.loads(run("plugins", "list", "--json", *more).stdout)
    }


def test_a_critical_plugin_that_fails_can_be_switched_off_and_the_server_starts(site, run, states) -> None:
    site.add("vital", "critical = true", code="raise RuntimeError('out of order')")
    run("db", "upgrade")
    assert "vital is failed" in run("plugins", "list").stderr
    assert run("plugins", "disable", "vital").stdout == "vital is now off\n"
    assert states() == {"vital": "disabled"}
    result = run("plugins", "enable", "vital")
    assert result.stdout == "vital is now on\n"
    assert "Whether it runs now is not known, and it was not told that it is on" in result.stderr
    assert "out of order" in result.stderr


def test_no_code_of_a_plugin_runs_to_switch_it_off(site, run) -> None:
    site.add("loud", code="open('imported', 'w').close()\nfrom pronaflow_kernel.api import Plugin as Main")
    run("db", "upgrade")
    run("plugins", "disable", "loud")
    assert not (site.folder.parent / "here" / "imported").exists()


def test_without_a_database_it_says_how_to_make_one(site, run) -> None:
    site.add("birds")
    assert "There is no database yet" in run("plugins", "disable", "birds", code=1).stderr


def test_a_switch_for_one_workspace(orchard, run, states, workspace: str) -> None:
    here = ("--workspace", workspace)
    assert run("plugins", "disable", "birds", *here).stdout == (
        f"birds is now off in the workspace {workspace}\n"
    )
    assert (states()["birds"], states(*here)["birds"]) == ("ready", "disabled")
    assert "switched off in this workspace" in run("plugins", "list", *here).stdout
    run("plugins", "enable", "birds", *here)
    assert states(*here)["birds"] == "ready"


def test_the_cascade_is_that_of_the_workspace(orchard, run, states, workspace: str) -> None:
    here = ("--workspace", workspace)
    stderr = run("plugins", "disable", "trees", *here, code=1).stderr
    assert "apples requires trees; --cascade switches it off too" in stderr
    run("plugins", "disable", "trees", *here, "--cascade")
    assert states(*here) == {"trees": "disabled", "apples": "disabled", "birds": "ready"}
    assert set(states().values()) == {"ready"}
    stderr = run("plugins", "enable", "apples", *here, code=1).stderr
    assert "apples requires trees, which is off; --cascade switches it on too" in stderr
    run("plugins", "enable", "apples", *here, "--cascade")
    assert set(states(*here).values()) == {"ready"}


def test_what_is_off_everywhere_is_not_switched_on_for_one_workspace(orchard, run, workspace: str) -> None:
    run("plugins", "disable", "birds")
    stderr = run("plugins", "enable", "birds", "--workspace", workspace, code=1).stderr
    assert "birds is switched off for the whole server: switch it on there first" in stderr


@pytest.mark.parametrize("unknown", [new_id(), "nonsense"], ids=["an id", "no id"])
@pytest.mark.parametrize("command", [("enable", "birds"), ("disable", "birds"), ("list",)])
def test_an_unknown_workspace_is_refused_in_words(
    orchard, run, command: tuple[str, ...], unknown: str
) -> None:
    result = run("plugins", *command, "--workspace", unknown, code=1)
    assert result.stderr == f"Error: There is no workspace {unknown}\n"


def test_a_plugin_hears_once_that_it_is_on(site, run, workspace: str) -> None:
    site.add("ears", code=HEARS)
    for where in ((), ("--workspace", workspace)):
        run("plugins", "disable", "ears", *where)
        run("plugins", "enable", "ears", *where)
        run("plugins", "enable", "ears", *where)
    assert (site.folder.parent / "here" / "heard").read_text() == f"None True\n{workspace} True\n"


def test_a_breaker_of_a_server_that_runs_shows_in_the_list(run, states, db: Database) -> None:
    timing = {"calls": 5, "failures": 5, "last_error": "OSError: gone", "steps": {"40": 5}}
    part = {"plugin": "birds", "hook": "extend_payload", "timing": timing, "breaker": "open"}
    with db.write(Scope.system()) as uow:
        values = {"host": "here", "pid": 1, "started_at": uow.now, "seen_at": uow.now, "figures": [part]}
        uow.insert(ServerProcess, values)
    assert states()["birds"] == "degraded"
    shown = run("plugins", "show", "birds").stdout
    assert "extend_payload is left alone after repeated failures, lately OSError: gone" in shown


@pytest.mark.parametrize("command", ["serve", "quickstart"])
def test_safe_mode_starts_first_party_plugins_only(
    orchard, run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, str] = {}

    def serve(app: Any, *_: Any, **__: Any) -> None:
        found.update({each.id: each.state for each in app.extensions["pronaflow.kernel"].states()})

    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.setattr(assembly, "first_party", lambda: {"pronaflow-trees"})
    run(command)
    assert set(found.values()) == {"ready"}
    run(command, "--safe-mode")
    assert found == {"trees": "ready", "apples": "disabled", "birds": "disabled"}


def test_a_server_writes_down_how_it_fares_while_it_runs(
    run, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows() -> list[Any]:
        with db.read(Scope.system()) as reader:
            return reader.all(select(ServerProcess.pid))

    def serve(*_: Any, **__: Any) -> None:
        deadline = time.monotonic() + 30
        while not rows():
            assert time.monotonic() < deadline
        assert rows() == [{"pid": os.getpid()}]

    monkeypatch.setattr(server, "serve", serve)
    run("serve")
    assert rows() == []
