"""Jobs of a plugin that is off are laid aside, and come back whichever way it comes on again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.jobs.enqueue import Jobs
from pronaflow_kernel.jobs.models import PARKED, READY
from pronaflow_kernel.jobs.types import JobType
from pronaflow_kernel.jobs.works import Works
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop


class Shop:
    """A job of the plugin `notes`, of which a test hands in as many as it likes."""

    def __init__(self, world: World, workshop: Workshop) -> None:
        self.world, self.workshop = world, workshop
        self.done: list[int] = []
        workshop.does(
            JobType("print", lambda _uow, args: self.done.append(args["page"])),
            Subscriber("tell", ("note.*",), lambda _uow, event: self.done.append(event.payload["title"])),
        )

    def enqueue(self, count: int, workspace_id: str | None = None, **how: Any) -> None:
        jobs = Jobs("notes", self.workshop.bus.works.job_types)
        with self.world.kernel.db.write(Scope.system(workspace_id)) as uow:
            for page in range(count):
                jobs.enqueue(uow, "print", {"page": page}, **how)

    def states(self) -> Counter[tuple[int, int]]:
        """How many jobs there are, by state and attempt."""
        return Counter((job["state"], job["attempt"]) for job in self.workshop.jobs())


@pytest.fixture
def shop(world: World, workshop: Workshop) -> Iterator[Shop]:
    yield Shop(world, workshop)
    world.kernel.switches.set("notes", True)


def test_a_thousand_wait_for_their_plugin_and_are_done_once(shop: Shop, world: World) -> None:
    shop.enqueue(1000)
    world.kernel.switches.set("notes", False)
    world.drain()
    assert shop.states() == {(PARKED, 0): 1000}
    assert (shop.done, shop.workshop.dead()) == ([], [])
    world.kernel.switches.set("notes", True)
    world.drain()
    assert sorted(shop.done) == list(range(1000))
    assert (shop.workshop.jobs(), shop.workshop.dead()) == ([], [])


def test_those_of_a_workspace_wait_for_the_switch_there(shop: Shop, world: World) -> None:
    off, on = world.person(), world.person()
    world.kernel.switches.set("notes", False, off.workspace_id)
    shop.enqueue(2, off.workspace_id)
    shop.enqueue(1, on.workspace_id)
    world.drain()
    assert (shop.done, shop.states()) == ([0], {(PARKED, 0): 2})
    world.kernel.switches.set("notes", True, off.workspace_id)
    world.drain()
    assert sorted(shop.done) == [0, 0, 1]


def test_those_of_a_plugin_that_did_not_start_come_back_when_it_does(
    shop: Shop, world: World, workshop: Workshop
) -> None:
    runs = workshop.bus.works
    shop.enqueue(1)
    workshop.bus.works = Works([])
    world.drain()
    assert shop.states() == {(PARKED, 0): 1}
    workshop.bus.works = runs
    world.drain()
    assert shop.done == [0]


def test_they_come_back_although_their_like_was_handed_in_meanwhile(shop: Shop, world: World) -> None:
    for _ in range(2):
        shop.enqueue(1, dedup_key="pages")
        world.kernel.switches.set("notes", False)
        world.drain()
    world.kernel.switches.set("notes", True)
    shop.enqueue(1, dedup_key="pages")
    world.drain()
    assert shop.done == [0, 0, 0]


def test_what_was_already_to_be_told_is_told_later(shop: Shop, world: World, ann: Person) -> None:
    ann.post("/api/v1/notes", {"title": "early"})
    world.kernel.bus.relay()
    assert READY in {job["state"] for job in shop.workshop.jobs()}
    world.kernel.switches.set("notes", False)
    world.drain()
    world.kernel.switches.set("notes", True)
    world.drain()
    assert shop.done == ["early"]
