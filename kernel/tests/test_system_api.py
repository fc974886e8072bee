"""What system administrators see of plugins and hooks, and the switches, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.models import ServerProcess
from pronaflow_kernel.plugins.processes import Reporter
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.zoo import ANIMALS, NEIGHBOUR, Animal, dependant, settle
from pronaflow_kernel.testing.zoo.animal import source
from pronaflow_kernel.testing.zoo.healthy import PEBBLES

PLUGINS = "/api/v1/system/plugins"
HOOKS = "/api/v1/system/hooks"
EVERY = [
    ("GET", PLUGINS),
    ("GET", f"{PLUGINS}/neighbour"),
    ("POST", f"{PLUGINS}/neighbour/enable"),
    ("POST", f"{PLUGINS}/neighbour/disable"),
    ("GET", HOOKS),
    ("GET", f"{HOOKS}/extend_payload"),
]
BROKEN = ANIMALS["raises_on_load"]
HEARING = Animal(
    "hearing",
    "Nothing: it remembers when it was switched on.",
    plugin=source(
        "heard = []",
        """
        def on_enable(self, uow, since):
            self.heard.append((uow.scope.workspace_id, since))
            if since is None:
                raise LookupError("nothing to catch up with")
        """,
    ),
)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with healthy plugins and a broken one."""
    folder = tmp_path_factory.mktemp("packages")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        found = settle([NEIGHBOUR, dependant(NEIGHBOUR), BROKEN, HEARING], folder)
        made = World(new_database(), folder, candidates=found)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def _all_on(world: World) -> Iterator[None]:
    """Every test finds all switches on."""
    yield
    for plugin_id in world.kernel.plugins:
        world.kernel.switches.set(plugin_id, True)


@pytest.fixture
def admin(world: World) -> Person:
    """Somebody who may run the installation."""
    return world.administrator("ada")


@pytest.fixture
def switch(admin: Person) -> Callable[..., Any]:
    """Throws a switch: `switch("neighbour", "disable", cascade=True)`."""
    return lambda plugin, way, **body: admin.post(f"{PLUGINS}/{plugin}/{way}", body)


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_it_is_for_system_administrators_alone(world: World, ann: Person, method: str, path: str) -> None:
    body = {} if method == "POST" else None
    assert world.anonymous().request(method, path, body).status == 401
    refused = ann.request(method, path, body)
    assert (refused.status, refused.error["message"]) == (403, "Only system administrators may do this")


def test_the_list_tells_states_reasons_and_manifests(admin: Person) -> None:
    answer = admin.get(PLUGINS)
    found = {row["id"]: row for row in answer.data}
    assert answer.json["pagination"]["total"] == len(found) == 4
    assert (found["neighbour"]["state"], found["neighbour"]["reason"]) == ("ready", "")
    assert found["neighbour"]["manifest"]["summary"].startswith("A healthy plugin")
    assert found["on_neighbour"]["manifest"]["requires"] == {"neighbour": ">=0"}
    assert found[BROKEN.id]["state"] == "failed"
    assert "the disk is gone" in found[BROKEN.id]["reason"]


def test_a_plugin_shows_what_it_brings(admin: Person) -> None:
    shown = admin.get(f"{PLUGINS}/neighbour").data
    assert {"method": "GET", "path": PEBBLES, "permission": "neighbour.read"} in shown["routes"]
    assert shown["contributions"]["event_types"] == ["pebble.created", "pebble.updated"]
    assert shown["contributions"]["services"] == ["Pebbles"]
    assert "neighbour__pebble" in shown["contributions"]["tables"]
    assert "extend_payload" in shown["hooks"]
    assert shown["traceback"] is None


def test_a_failure_shows_its_traceback(admin: Person) -> None:
    shown = admin.get(f"{PLUGINS}/{BROKEN.id}").data
    assert shown["traceback"].startswith("Traceback (most recent call last)")
    assert (shown["routes"], shown["contributions"]) == ([], {})


def test_figures_are_those_of_all_servers(world: World, admin: Person) -> None:
    pebble = admin.post(PEBBLES, {"title": "Round"}).data
    reporter = Reporter(world.kernel.db, world.kernel.guard, world.kernel.clock)
    reporter.report()
    [figure] = [
        each for each in admin.get(f"{PLUGINS}/neighbour").data["figures"] if each["hook"] == "extend_payload"
    ]
    assert figure["calls"] >= 1
    assert figure["breaker"] == "closed"
    [implementation] = admin.get(f"{HOOKS}/extend_payload").data["implementations"]
    assert implementation["calls"] == figure["calls"]
    reporter.leave()
    assert admin.get(f"{PEBBLES}/{pebble['id']}").status == 200


def test_a_breaker_of_another_server_makes_it_degraded(world: World, admin: Person) -> None:
    timing = {"calls": 5, "failures": 5, "last_error": "OSError: gone", "steps": {"40": 5}}
    part = {"plugin": "neighbour", "hook": "extend_payload", "timing": timing, "breaker": "open"}
    now = world.clock.now()
    with world.kernel.db.write(Scope.system()) as uow:
        values = {"host": "b", "pid": 1, "started_at": now, "seen_at": now, "figures": [part]}
        row = uow.insert(ServerProcess, values)
    shown = admin.get(f"{PLUGINS}/neighbour").data
    with world.kernel.db.write(Scope.system()) as uow:
        uow.remove(ServerProcess, row)
    assert shown["state"] == "degraded"
    assert "extend_payload is left alone" in shown["reason"]
    assert "gone" not in world.anonymous().get("/health").body.decode()


def test_hooks_and_who_implements_them(admin: Person) -> None:
    found = {row["hook"]: row for row in admin.get(HOOKS).data}
    assert found["extend_payload"]["implementations"] == 1
    shown = admin.get(f"{HOOKS}/extend_payload").data
    assert shown["signature"].startswith("def extend_payload(reader: Reader")
    assert [each["plugin"] for each in shown["implementations"]] == ["neighbour"]
    assert shown["implementations"][0]["file"].endswith("plugin.py")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{PLUGINS}/neighbor", "There is no plugin 'neighbor'; did you mean neighbour?"),
        (f"{HOOKS}/extend_payloads", "There is no hook 'extend_payloads'; did you mean extend_payload?"),
    ],
)
def test_an_unknown_name_brings_the_nearest(admin: Person, path: str, words: str) -> None:
    refused = admin.get(path)
    assert (refused.status, refused.error["message"]) == (404, words)


def test_off_and_on_again(admin: Person, switch: Any) -> None:
    assert switch("on_neighbour", "disable").data == [
        {"id": "on_neighbour", "enabled": False, "changed": True}
    ]
    shown = admin.get(f"{PLUGINS}/on_neighbour").data
    assert (shown["state"], shown["reason"]) == ("disabled", "switched off by an operator")
    assert switch("on_neighbour", "disable").data[0]["changed"] is False
    assert switch("on_neighbour", "enable").data[0]["changed"] is True
    assert admin.get(f"{PLUGINS}/on_neighbour").data["state"] == "ready"


def test_others_follow_only_if_that_is_wanted(admin: Person, switch: Any) -> None:
    refused = switch("neighbour", "disable")
    assert (refused.status, refused.error["details"]) == (409, {"must_follow": ["on_neighbour"]})
    assert refused.error["message"] == "on_neighbour requires neighbour"
    assert admin.get(PEBBLES).status == 200
    assert [row["id"] for row in switch("neighbour", "disable", cascade=True).data] == [
        "on_neighbour",
        "neighbour",
    ]
    assert admin.get(PEBBLES).error["code"] == "PLUGIN_DISABLED"
    assert switch("on_neighbour", "enable").error["message"] == (
        "on_neighbour requires neighbour, which is off"
    )
    assert [row["id"] for row in switch("on_neighbour", "enable", cascade=True).data] == [
        "neighbour",
        "on_neighbour",
    ]


def test_a_switch_for_one_workspace(world: World, admin: Person, ann: Person, switch: Any) -> None:
    here = {"workspace_id": ann.workspace_id}
    refused = switch("neighbour", "disable", **here)
    assert (refused.status, refused.error["details"]) == (409, {"must_follow": ["on_neighbour"]})
    assert switch("neighbour", "disable", cascade=True, **here).status == 200
    assert ann.get(PEBBLES).error["code"] == "PLUGIN_DISABLED"
    assert admin.get(PEBBLES).status == 200
    assert switch("neighbour", "enable", **here).data == [
        {"id": "neighbour", "enabled": True, "changed": True}
    ]
    assert ann.get(PEBBLES).status == 200
    status = world.kernel.state("on_neighbour", workspace_id=ann.workspace_id)
    assert (status.state, status.reason) == ("disabled", "switched off in this workspace")


def test_what_is_off_everywhere_is_not_switched_on_in_one_workspace(ann: Person, switch: Any) -> None:
    switch("on_neighbour", "disable")
    refused = switch("on_neighbour", "enable", workspace_id=ann.workspace_id)
    assert (refused.status, refused.error["message"]) == (
        409,
        "on_neighbour is switched off for the whole server: switch it on there first",
    )


def test_an_unknown_workspace_is_refused_in_words(switch: Any) -> None:
    unknown = new_id()
    refused = switch("hearing", "disable", workspace_id=unknown)
    assert (refused.status, refused.error["message"]) == (404, f"There is no workspace {unknown}")


def test_a_plugin_hears_once_that_it_is_on_and_since_when_it_was_off(
    world: World, ann: Person, switch: Any
) -> None:
    heard = world.kernel.contributions["hearing"].plugin.heard  # type: ignore[attr-defined]
    heard.clear()
    moment = world.clock.now()
    for body in ({}, {"workspace_id": ann.workspace_id}):
        assert switch("hearing", "disable", **body).status == 200
        assert switch("hearing", "enable", **body).status == 200
        assert switch("hearing", "enable", **body).status == 200
    assert heard == [(None, moment), (ann.workspace_id, moment)]


def test_one_that_comes_on_with_what_it_requires_hears_of_it_too(world: World, switch: Any) -> None:
    world.kernel.switches.set("neighbour", False)
    assert switch("neighbour", "enable").data == [
        {"id": "neighbour", "enabled": True, "changed": True},
        {"id": "on_neighbour", "enabled": True, "changed": True},
    ]


def test_one_that_fails_when_it_hears_of_it_is_on_all_the_same(
    world: World, switch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.kernel.switches, "off_since", lambda *_: None)
    switch("hearing", "disable")
    answer = switch("hearing", "enable")
    assert answer.data[0]["changed"] is True
    assert answer.json["message"] == (
        "hearing failed when it was told that it is on: LookupError: nothing to catch up with"
    )
    assert world.kernel.switches.active("hearing")
