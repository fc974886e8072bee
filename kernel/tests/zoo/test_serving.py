"""An animal that breaks while it serves: its caller is told, the log names it, and nobody else is harmed."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, MetaData, Table, func, select

from pronaflow_kernel.api import IdType
from pronaflow_kernel.plugins.breaker import FAILURES
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import ANIMALS, NEIGHBOUR, Animal, journey, with_company
from pronaflow_kernel.testing.zoo.animal import implements, source
from pronaflow_kernel.testing.zoo.answers import ANIMALS as ANSWERING
from pronaflow_kernel.testing.zoo.healthy import PEBBLES

if TYPE_CHECKING:
    from conftest import Meet

SLEEPERS = {"plugins.slow_hook_ms": 80}
BREAKING = [animal for animal in ANIMALS.values() if animal.poke is not None]
WITH_DATABASE = [a for a in BREAKING if a in ANSWERING or re.search(r"\buow\b|\bdb\.", a.plugin)]
WITHOUT = [animal for animal in BREAKING if animal not in WITH_DATABASE]
DEGRADED = [animal for animal in BREAKING if animal.ends == "degraded"]
WRITERS = [animal for animal in BREAKING if "Trace" in animal.plugin]


def provoke(world: World, animal: Animal) -> str:
    assert animal.poke is not None
    return animal.poke(world, world.person())


def check_breaking(world: World, animal: Animal, log: pytest.LogCaptureFixture) -> None:
    """Its caller sees what is due, the log says once who and why, and the neighbour does its work."""
    found = {status.id: (status.state, status.reason) for status in world.kernel.plugins.values()}
    assert found == dict.fromkeys(found, ("ready", ""))
    log.clear()
    assert provoke(world, animal) == animal.sees
    assert [word for word in animal.words if word not in log.text] == []
    assert len([record for record in log.records if record.levelno >= logging.WARNING]) == 1
    journey(world, world.person())


@pytest.mark.parametrize("animal", WITH_DATABASE, ids=str)
def test_its_caller_is_told_and_nobody_else_notices(
    meet: Meet, animal: Animal, caplog: pytest.LogCaptureFixture
) -> None:
    check_breaking(meet(*with_company(animal), **SLEEPERS), animal, caplog)


@pytest.mark.parametrize("animal", WITHOUT, ids=str)
def test_so_it_is_where_no_database_is_touched(
    meet_on_sqlite: Meet, animal: Animal, caplog: pytest.LogCaptureFixture
) -> None:
    check_breaking(meet_on_sqlite(*with_company(animal), **SLEEPERS), animal, caplog)


@pytest.mark.parametrize("animal", DEGRADED, ids=str)
def test_one_that_fails_again_and_again_is_left_alone(
    meet_on_sqlite: Meet, animal: Animal, caplog: pytest.LogCaptureFixture
) -> None:
    world = meet_on_sqlite(*with_company(animal), **SLEEPERS)
    caplog.clear()
    for _ in range(FAILURES + 5):
        assert provoke(world, animal) == animal.sees
    status = world.kernel.state(animal.id)
    assert status.state == "degraded"
    assert [word for word in animal.words if word not in f"{animal.id} {status.reason}"] == []
    assert world.kernel.state(f"on_{animal.id}").state == "ready"
    health = world.anonymous().get("/health")
    assert (health.status, health.json["plugins"][animal.id]) == (200, "degraded")
    assert status.reason not in health.body.decode()
    assert len([r for r in caplog.records if animal.id in r.getMessage()]) <= FAILURES + 1
    journey(world, world.person())


def test_one_that_others_were_faster_than_is_asked_again(meet_on_sqlite: Meet) -> None:
    slow = Animal(
        "overtaken",
        "Nothing: the first time that it is asked, somebody else has just changed its row.",
        declares='hooks = ["check_change"]',
        plugin=source(
            implements(
                "check_change",
                """
                self.asked = getattr(self, "asked", 0) + 1
                if self.asked == 1:
                    raise api.StaleRow
                """,
            )
        ),
    )
    world = meet_on_sqlite(NEIGHBOUR, slow)
    assert world.person().post(PEBBLES, {"title": "One"}).status == 201


@pytest.mark.parametrize("animal", WRITERS, ids=str)
def test_nothing_of_what_it_wrote_before_it_failed_is_kept(meet: Meet, animal: Animal) -> None:
    world = meet(NEIGHBOUR, animal)
    person = world.person()
    assert animal.poke is not None
    animal.poke(world, person)
    trace = Table(f"{animal.id}__trace", MetaData(), Column("id", IdType()))
    with world.kernel.db.engines.read.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(trace)) == 0
    if animal.sees.startswith("503"):
        assert person.get(PEBBLES).data == []
        assert [e for e in world.events(person.workspace_id) if e["type"].startswith("pebble")] == []
