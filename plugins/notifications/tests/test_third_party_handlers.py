"""Handler types of other plugins: they come with their plugin and go with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import Person, World

CONSUMERS = "/api/v1/event-consumers"
PIGEONS = EntryPoint("pigeons", "pronaflow_pigeons.plugin:PigeonsPlugin", GROUP)
BODY = {"event_type": "task.created", "handler_type": "pigeon", "config": {"loft": "Rome"}}


@pytest.fixture(scope="module")
def loft(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with that plugin beside the installed ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent / "packages"))
        made = World(
            new_database(), tmp_path_factory.mktemp("pigeons"), candidates=[*discover(), *discover([PIGEONS])]
        )
        yield made
        made.close()


@pytest.fixture
def flown() -> list[Any]:
    """What pigeons have brought."""
    found: list[Any] = sys.modules["pronaflow_pigeons.plugin"].PigeonsPlugin.flown
    found.clear()
    return found


@pytest.fixture
def eve(loft: World) -> Person:
    return loft.person("eve")


def task(world: World, person: Person, title: str) -> None:
    project = person.post("/api/v1/projects", {"name": title}).data
    assert person.post("/api/v1/tasks", {"project_id": project["id"], "title": title}).status == 201
    world.drain()


def test_it_is_offered_and_does_its_work(loft: World, eve: Person, flown: list[Any]) -> None:
    made = eve.post(CONSUMERS, BODY)
    assert (made.status, made.data["config"]) == (201, {"loft": "Rome"})
    task(loft, eve, "Bread")
    assert flown == [("Rome", "task.created", "Bread")]
    [run] = eve.get(f"{CONSUMERS}/{made.data['id']}/runs").data
    assert run["status"] == "succeeded"


def test_its_own_rules_hold(eve: Person, flown: list[Any]) -> None:
    assert eve.post(CONSUMERS, {**BODY, "config": {}}).faults == {"config.loft"}
    assert eve.post(CONSUMERS, {**BODY, "config": {"loft": "nowhere"}}).faults == {"config.loft"}


def test_it_ceases_where_its_plugin_is_off(loft: World, eve: Person, flown: list[Any]) -> None:
    made = eve.post(CONSUMERS, BODY).data
    loft.kernel.switches.set("pigeons", False, eve.workspace_id)
    task(loft, eve, "Unheard")
    assert flown == []
    assert eve.get(f"{CONSUMERS}/{made['id']}/runs").data == []
    refused = eve.post(CONSUMERS, BODY)
    assert refused.faults == {"handler_type"}
    assert "pigeon" not in refused.error["details"]["errors"][0]["message"]
    assert eve.get(f"{CONSUMERS}/{made['id']}").data["is_active"], "it waits for its plugin"
    loft.kernel.switches.set("pigeons", True, eve.workspace_id)
    task(loft, eve, "Heard")
    assert flown == [("Rome", "task.created", "Heard")]
