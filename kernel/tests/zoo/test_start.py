"""Whatever is wrong with a plugin, the server starts, all others serve, and the state says who and why."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect

from pronaflow_kernel.assembly import assemble
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import ANIMALS, NEIGHBOUR, Animal, journey, with_company
from pronaflow_kernel.testing.zoo.tables import ANIMALS as WITH_TABLES
from pronaflow_kernel.testing.zoo.tables import BEHIND, MIGRATIONS

if TYPE_CHECKING:
    from conftest import Meet, Zoo

STILLBORN = [animal for animal in ANIMALS.values() if animal.poke is None]
WITHOUT_TABLES = [animal for animal in STILLBORN if animal not in WITH_TABLES]


def check_start(world: World, animal: Animal, log: pytest.LogCaptureFixture) -> None:
    """The server serves, the animal is named with its reason, and who relies on it is blocked."""
    found = world.kernel.plugins
    status = found[animal.id]
    unrun = animal.pending and world.kernel.db.engines.write.dialect.name == "postgresql"
    state, words = (
        ("pending", ("pending: 0001", "pronaflow db upgrade")) if unrun else (animal.state, animal.words)
    )
    assert status.state == state, status.reason
    assert [word for word in words if word not in status.reason] == [], status.reason
    assert "\n" not in status.reason
    assert bool(status.trace) == (animal.traced and not unrun)
    first, second = found[f"on_{animal.id}"], found[f"on_on_{animal.id}"]
    assert (first.state, first.reason) == (
        "blocked",
        f"requires {animal.id}, which is {state} ({status.reason})",
    )
    assert (second.state, second.reason) == (
        "blocked",
        f"requires on_{animal.id}, which is blocked ({first.reason})",
    )
    assert found["neighbour"].state == "ready"
    told = [r for r in log.records if r.levelname == "ERROR" and f"plugin {animal.id} " in r.getMessage()]
    assert len(told) == bool(status.trace)


def check_health(world: World, animal: Animal) -> None:
    """The public sees that something is wrong with the animal, and nothing more."""
    health = world.anonymous().get("/health")
    assert (health.status, health.json["status"]) == (200, "degraded")
    assert health.json["plugins"][animal.id] == world.kernel.plugins[animal.id].state
    assert world.kernel.plugins[animal.id].reason not in health.body.decode()


@pytest.mark.parametrize("animal", WITHOUT_TABLES, ids=str)
def test_it_fails_alone_and_says_why(
    meet_on_sqlite: Meet, animal: Animal, caplog: pytest.LogCaptureFixture
) -> None:
    world = meet_on_sqlite(*with_company(animal))
    check_start(world, animal, caplog)
    check_health(world, animal)
    journey(world, world.person())


@pytest.mark.parametrize("animal", WITH_TABLES, ids=str)
def test_with_broken_tables_it_fails_alone_too(
    meet: Meet, animal: Animal, caplog: pytest.LogCaptureFixture
) -> None:
    world = meet(*with_company(animal))
    check_start(world, animal, caplog)
    check_health(world, animal)
    journey(world, world.person())


@pytest.mark.parametrize("animal", MIGRATIONS, ids=str)
def test_of_a_migration_that_failed_nothing_is_left(meet: Meet, animal: Animal) -> None:
    world = meet(NEIGHBOUR, animal)
    with world.kernel.db.engines.read.connect() as connection:
        tables = inspect(connection.execution_options(unscoped="a test looks")).get_table_names()
    assert [name for name in tables if name.startswith(f"{animal.id}__")] == []


def test_a_package_with_code_in_its_init_is_never_imported(meet_on_sqlite: Meet) -> None:
    world = meet_on_sqlite(NEIGHBOUR, ANIMALS["init_bomb"])
    package = find_spec("zoo_init_bomb")
    assert world.kernel.plugins["init_bomb"].state == "failed"
    assert package is not None and package.origin is not None
    assert not Path(package.origin).with_name("crater").exists()


def test_one_whose_migrations_nobody_ran_waits_for_them(
    zoo: Zoo, shared_database: str, meet: Meet, tmp_path: Path
) -> None:
    meet(NEIGHBOUR).close()
    overrides = {"environment": "test", "database_url": shared_database, "data_dir": str(tmp_path)}
    kernel = assemble(env={}, overrides=overrides, candidates=zoo(NEIGHBOUR, BEHIND), migrate=False)
    kernel.close()
    assert kernel.plugins["neighbour"].state == "ready"
    status = kernel.plugins["behind"]
    assert (status.state, status.trace) == ("pending", "")
    assert all(word in status.reason for word in BEHIND.words)


def test_all_of_them_at_once(meet: Meet) -> None:
    world = meet(NEIGHBOUR, *ANIMALS.values())
    unrun = world.kernel.db.engines.write.dialect.name == "postgresql"
    states = {animal.id: world.kernel.plugins[animal.id].state for animal in ANIMALS.values()}
    assert states == {
        animal.id: "pending" if animal.pending and unrun else animal.state for animal in ANIMALS.values()
    }
    journey(world, world.person())
