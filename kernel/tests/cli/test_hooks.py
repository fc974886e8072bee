"""`pronaflow hooks`: what can be asked, who answers in which order, and how that goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from pronaflow_kernel.clock import SystemClock
from pronaflow_kernel.persistence.database import Database
from pronaflow_kernel.persistence.engines import open_engines
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.models import ServerProcess
from pronaflow_kernel.plugins.specs import PREFIXES, kernel_specs
from pronaflow_kernel.plugins.timing import Timing

PUBLISHES = """
from types import SimpleNamespace
from pronaflow_kernel.api import Plugin, hookimpl, hookspec

class Hooks:
    @hookspec(since="0.2", deprecated="0.3: use check_bush", removed_in="0.4")
    def check_tree(self, kind: str) -> None:
        "Object to a tree."

class Main(Plugin):
    @hookimpl
    def provide_hookspecs(self):
        return Hooks
"""

OBJECTS = """
from pronaflow_kernel.api import Plugin, hookimpl

class Main(Plugin):

    @hookimpl
    def check_change(self, changes):
        pass
"""

EXTENDS = "extend_payload(self, rows"
OBJECTING = 'hooks = ["check_change"]'


@pytest.fixture
def listed(run: Callable[..., Result]) -> Callable[[], dict[str, dict[str, Any]]]:
    """What `hooks list` tells, by hook."""

    def listed() -> dict[str, dict[str, Any]]:
        return {row.pop("hook"): row for row in json.loads(run("hooks", "list", "--json").stdout)}

    return listed


@pytest.fixture
def shown(run: Callable[..., Result]) -> Callable[[str], dict[str, Any]]:
    """What `hooks show` tells of a hook."""
    return lambda hook: json.loads(run("hooks", "show", hook, "--json").stdout)


@pytest.fixture
def orchard(site, run: Callable[..., Result]):
    """A database, a plugin with a hook of its own, and two that object to changes, the first by id last."""
    site.add("trees", code=PUBLISHES)
    site.add("apples", 'requires = {birds = ">=0"}\n' + OBJECTING, OBJECTS)
    site.add("birds", OBJECTING, OBJECTS)
    run("db", "upgrade")
    return site


@pytest.fixture
def served() -> Callable[..., None]:
    """Writes down what a server process counted of a hook, each call of a millisecond."""

    def served(
        plugin: str,
        hook: str,
        *,
        calls: int,
        failures: int = 0,
        error: str | None = None,
        breaker: str | None = None,
    ) -> None:
        timing = Timing()
        for number in range(calls):
            timing.note(0.001, error if number < failures else None)
        counted = {"plugin": plugin, "hook": hook, "timing": timing.data(), "breaker": breaker}
        engines = open_engines("sqlite:///instance/pronaflow.sqlite3", threads=1)
        clock = SystemClock()
        try:
            with Database(engines, clock, lambda *_: None).write(Scope.system(), origin="system") as uow:
                row = {
                    "host": "here",
                    "pid": 1,
                    "started_at": uow.now,
                    "seen_at": uow.now,
                    "figures": [counted],
                }
                uow.insert(ServerProcess, row)
        finally:
            engines.dispose()

    return served


class TestList:
    def test_every_hook_with_its_owner_and_how_many_implement_it(self, orchard, listed) -> None:
        found = listed()
        assert list(found) == [*kernel_specs(), "check_tree"]
        assert found["check_change"] == {
            "owner": "kernel",
            "since": "1.0",
            "implementations": 2,
            "deprecated": None,
            "removed_in": None,
        }
        assert found["extend_payload"]["implementations"] == 0
        assert found["check_tree"] == {
            "owner": "trees",
            "since": "0.2",
            "implementations": 0,
            "deprecated": "0.3: use check_bush",
            "removed_in": "0.4",
        }

    def test_as_text(self, orchard, run) -> None:
        lines = [" ".join(line.split()) for line in run("hooks", "list").stdout.splitlines()]
        assert lines[0] == "HOOK OWNER SINCE IMPLEMENTED BY DEPRECATED"
        assert "check_change kernel 1.0 2 plugins" in lines
        assert "provide_hookspecs kernel 1.0 1 plugin" in lines
        assert "check_tree trees 0.2 no plugins 0.3: use check_bush; goes in 0.4" in lines

    def test_a_broken_plugin_spoils_nothing(self, orchard, listed) -> None:
        orchard.add("broken", OBJECTING, code="raise RuntimeError")
        assert listed()["check_change"]["implementations"] == 2

    def test_without_a_database_it_tells_the_kernels_own(self, site, run, listed) -> None:
        result = run("hooks", "list")
        assert "Which hooks plugins publish and implement is not known. There is no database" in result.stderr
        assert list(listed()) == list(kernel_specs())
        assert "check_change           kernel  1.0    ?" in result.stdout


class TestShow:
    def test_the_spec_and_what_its_prefix_promises(self, orchard, run, shown) -> None:
        spec = kernel_specs()["check_change"]
        data = shown("check_change")
        assert data["signature"] == spec.signature
        assert data["doc"] == spec.doc
        assert data["arguments"][0] == {"name": "uow", "type": "UnitOfWork", "deprecated": None}
        assert data["semantics"]["failure"] == PREFIXES["check"].failure
        text = run("hooks", "show", "check_change").stdout
        assert text.startswith(
            f"{spec.signature}\n\n{spec.doc}\n\nowner       kernel\nsince       1.0\nasked "
        )

    def test_implementations_in_order_of_call_with_their_place_and_state(self, orchard, run, shown) -> None:
        rows = shown("check_change")["implementations"]
        assert [(row["plugin"], row["state"], row["function"]) for row in rows] == [
            ("birds", "ready", "Main.check_change"),
            ("apples", "ready", "Main.check_change"),
        ]
        file = orchard.folder / "site_birds" / "plugin.py"
        assert (rows[0]["file"], rows[0]["line"]) == (str(file), 6)
        assert file.read_text().splitlines()[5].strip() == "@hookimpl"
        lines = run("hooks", "show", "check_change").stdout.splitlines()
        assert [line.split()[:3] for line in lines[-2:]] == [
            ["1", "birds", "ready"],
            ["2", "apples", "ready"],
        ]
        assert lines[-2].endswith(f"{file}:6")

    def test_how_that_goes_in_all_servers_together(self, orchard, run, shown, served) -> None:
        served("birds", "check_change", calls=3, failures=1, error="ValueError: too early")
        served("birds", "check_change", calls=1)
        birds, apples = shown("check_change")["implementations"]
        assert (birds["calls"], birds["failures"], birds["breaker"]) == (4, 1, None)
        assert 1 <= birds["p95_ms"] < 1.2
        assert birds["last_error"] == "ValueError: too early"
        assert (apples["calls"], apples["failures"], apples["p95_ms"]) == (0, 0, None)
        text = run("hooks", "show", "check_change").stdout
        assert text.splitlines()[-4].split()[:6] == ["1", "birds", "ready", "4", "1", f"{birds['p95_ms']:g}"]
        assert text.endswith("\n\nbirds failed last with ValueError: too early\n")

    def test_a_plugin_whose_breaker_is_open_in_a_server_is_degraded(
        self, orchard, run, shown, served
    ) -> None:
        orchard.add(
            "extras", 'hooks = ["extend_payload"]', OBJECTS.replace("check_change(self, changes", EXTENDS)
        )
        served("extras", "extend_payload", calls=5, failures=5, error="no time", breaker="open")
        [extras] = shown("extend_payload")["implementations"]
        assert (extras["state"], extras["breaker"]) == ("degraded", "open")

    def test_a_plugin_that_is_off_stands_there_as_such(self, orchard, run, shown) -> None:
        run("plugins", "disable", "apples")
        assert [row["state"] for row in shown("check_change")["implementations"]] == ["ready", "disabled"]

    def test_deprecations_with_what_to_do_instead(self, orchard, run) -> None:
        text = run("hooks", "show", "check_tree").stdout
        assert "owner       trees\nsince       0.2\ndeprecated  0.3: use check_bush; goes in 0.4\n" in text
        assert text.endswith("No plugin implements it.\n")

    def test_an_unknown_one_brings_the_nearest(self, orchard, run) -> None:
        stderr = run("hooks", "show", "check_changes", code=1).stderr
        assert "There is no hook 'check_changes'; did you mean 'check_change'" in stderr
        assert "'check_tree'?" in run("hooks", "show", "chek_tree", code=1).stderr

    def test_one_like_no_other_is_sent_to_the_list(self, orchard, run) -> None:
        stderr = run("hooks", "show", "xyz", code=1).stderr
        assert "There is no hook 'xyz'; pronaflow hooks list lists them" in stderr

    def test_without_a_database_it_tells_what_the_spec_says(self, site, run, shown) -> None:
        assert shown("check_change")["implementations"] is None
        assert "Who implements it is not known." in run("hooks", "show", "check_change").stdout
