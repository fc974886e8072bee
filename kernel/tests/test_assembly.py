"""Plugins that are broken in one way each: the server starts, the culprit is named, the others serve."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.assembly import StartRefused, assemble
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

MANIFEST = 'manifest = 1\nid = "{id}"\nname = "X"\nsummary = "x"\napi = ">=1.0,<2"\n{more}'
GOOD = "from pronaflow_kernel import api\n\n\nclass P(api.Plugin):\n    pass\n"
NO_PERMISSION = """
from pronaflow_kernel import api
from flask import Blueprint

blp = Blueprint("open_door", __name__, url_prefix="/api/v1/door")


@blp.get("")
def door():
    return "open"


class P(api.Plugin):
    @api.hookimpl
    def provide_blueprints(self):
        return [blp]
"""
WRONG_HOOK = """
from pronaflow_kernel import api


class P(api.Plugin):
    @api.hookimpl
    def no_such_hook(self):
        pass
"""
BAD_RULE = """
from pronaflow_kernel import api


class P(api.Plugin):
    @api.hookimpl
    def provide_blueprints(self):
        blp = api.Blueprint("bad_rule", url_prefix="/api/v1/bad", tag="Bad")

        @blp.endpoint("GET", "/<no_such_converter:x>", permission=api.PUBLIC)
        def bad(reader, x):
            "Bad."

        return [blp]
"""
FOREIGN_TABLE = """
from pronaflow_kernel import api

Base = api.model_base("foreign_table")


class T(Base, api.Identified):
    __tablename__ = "somebody_elses"


class P(api.Plugin):
    @api.hookimpl
    def provide_models(self):
        return Base.metadata
"""

Make = Callable[..., EntryPoint]
Zoo = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Writes a plugin to disk and answers its entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, code: str = GOOD, more: str = "", manifest: str | None = None) -> EntryPoint:
        folder = tmp_path / f"zoo_{name}"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        (folder / "plugin.py").write_text(code)
        (folder / "plugin.toml").write_text(manifest or MANIFEST.format(id=name, more=more))
        (folder / "migrations").mkdir()
        monkeypatch.delitem(sys.modules, f"zoo_{name}.plugin", raising=False)
        return EntryPoint(name, f"zoo_{name}.plugin:P", GROUP)

    return write


@pytest.fixture(scope="session")
def shared_database(new_database: Callable[[], str]) -> str:
    """One database for all: plugins without tables leave nothing in it."""
    return new_database()


@pytest.fixture
def zoo(new_world: Callable[..., World], shared_database: str) -> Callable[..., World]:
    """A server with these plugins and no others."""

    def start(points: list[EntryPoint], **settings: Any) -> World:
        return new_world(settings, candidates=discover(points), database_url=shared_database)

    return start


def states(world: World) -> dict[str, tuple[str, str]]:
    return {status.id: (status.state, status.reason) for status in world.kernel.plugins.values()}


BROKEN = {
    "syntax_error": ("def", "SyntaxError"),
    "raises": ("1 / 0", "ZeroDivisionError"),
    "missing_import": ("import nothing_of_that_name", "nothing_of_that_name"),
    "exits": ("raise SystemExit(3)", "SystemExit"),
    "no_plugin": ("P = int", "not a subclass of Plugin"),
    "no_permission": (NO_PERMISSION, "without a declared permission"),
    "wrong_hook": (WRONG_HOOK, "no_such_hook"),
    "foreign_table": (FOREIGN_TABLE, "must be named foreign_table__"),
    "bad_rule": (BAD_RULE, "no_such_converter"),
    "bad_setup": (GOOD.replace("pass", "def setup(self, ctx): raise OSError('disk')"), "disk"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_fails_alone_and_says_why(zoo: Zoo, make: Make, name: str) -> None:
    code, words = BROKEN[name]
    points = [make(name, code), make("good"), make("dependent", more=f'requires = {{ {name} = ">=0" }}')]
    world = zoo(points)
    found = states(world)
    assert found["good"][0] == "ready"
    assert found[name][0] == "failed" and words in found[name][1]
    assert found["dependent"][0] == "blocked" and name in found["dependent"][1]
    assert world.kernel.plugins[name].trace
    health = world.anonymous().get("/health")
    assert (health.status, health.json["status"], health.json["plugins"][name]) == (200, "degraded", "failed")
    assert words not in health.body.decode()


MANIFESTS = {
    "nothing": ("x = ", "plugin.toml"),
    "keys": (
        'manifest = 1\nid = "keys"\nnonsense = 1',
        "unknown key `nonsense`; `api` is missing; `name` is missing",
    ),
    "types": (MANIFEST.format(id="types", more="uses = 3\ncritical = 1"), "`uses` must be a list of strings"),
    "ranges": (
        MANIFEST.format(id="ranges", more='requires = { tasks = "garbage" }'),
        "'garbage'` is no version range",
    ),
    "events": (MANIFEST.format(id="events", more="events = 5"), "`[events]` has `emits` and `listens`"),
    "other_id": (MANIFEST.format(id="another", more=""), "says id = 'another'"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_bad_manifest_names_every_fault(zoo: Zoo, make: Make, name: str) -> None:
    text, words = MANIFESTS[name]
    world = zoo([make(name, manifest=text)])
    state, reason = states(world)[name]
    assert state in ("failed", "blocked") and words in reason


def test_an_api_range_that_does_not_fit_is_incompatible(zoo: Zoo, make: Make) -> None:
    text = MANIFEST.format(id="future", more="").replace(">=1.0,<2", ">=7")
    world = zoo([make("future", manifest=text)])
    assert states(world)["future"] == ("incompatible", "needs hook API >=7, this kernel has 1.0")


def test_the_reason_names_a_requirement_that_failed(zoo: Zoo, make: Make) -> None:
    points = [make("server"), make("user", more='requires = { server = ">=0" }')]
    found = states(zoo(points))
    assert found["server"] == ("failed", "manifest: the id 'server' is a name of the kernel; choose another")
    assert found["user"][1].startswith("requires server, which is failed (manifest: the id 'server'")


def test_a_circle_is_named(zoo: Zoo, make: Make) -> None:
    points = [
        make("one", more='requires = { two = ">=0" }'),
        make("two", more='requires = { one = ">=0" }'),
        make("three"),
    ]
    found = states(zoo(points))
    assert found["three"][0] == "ready"
    assert all(found[name][0] == "blocked" and "circle" in found[name][1] for name in ("one", "two"))


def test_the_same_id_twice_fails_both(zoo: Zoo, make: Make) -> None:
    point = make("twin")
    found = discover([point, point])
    assert len(found) == 2 and all("claimed by" in str(candidate.fault) for candidate in found)


def test_start_order_follows_requirements_then_ids(zoo: Zoo, make: Make) -> None:
    points = [
        make("zeta"),
        make("alpha", more='requires = { zeta = ">=0" }'),
        make("beta", more='uses = ["zeta", "absent"]'),
    ]
    world = zoo(points)
    assert [chain.id for chain in world.kernel.chains] == ["core", "zeta", "alpha", "beta"]


@pytest.mark.parametrize(("more", "settings"), [("critical = true", {}), ("", {"plugins.startup": "abort"})])
def test_a_failure_aborts_where_that_is_demanded(
    zoo: Zoo, make: Make, more: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(StartRefused, match="vital is failed"):
        zoo([make("vital", "1 / 0", more)], **settings)


def test_a_disabled_plugin_is_not_even_imported(zoo: Zoo, make: Make) -> None:
    world = zoo([make("bad", "1 / 0")], **{"plugins.disabled": ("bad",)})
    assert states(world)["bad"] == ("disabled", "switched off by the settings")


def test_a_broken_migration_stops_its_plugin_only(
    new_world: Callable[..., World], make: Make, tmp_path: Path
) -> None:
    good, chain = make("good"), make("chain")
    world = new_world(candidates=discover([good]))
    (tmp_path / "zoo_chain" / "migrations" / "0007_gap.py").write_text("")
    overrides = {"environment": "test", "database_url": world.database_url, "data_dir": str(tmp_path)}
    kernel = assemble(env={}, overrides=overrides, candidates=discover([good, chain]))
    kernel.close()
    assert kernel.plugins["good"].state == "ready"
    assert kernel.plugins["chain"].state == "failed" and "0007" in kernel.plugins["chain"].reason
