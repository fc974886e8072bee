"""Whether ledger and jobs are as the bus leaves them: what somebody broke is found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs import verify
from pronaflow_kernel.jobs.verify import check_payloads, check_tables
from pronaflow_kernel.plugins.discovery import discover
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.tampering import tampering

from ..conftest import NOTES
from .conftest import Workshop

LATE = timedelta(minutes=5)


def fail(*_: Any) -> None:
    raise RuntimeError("ill")


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose ledger no other test has written to."""
    made = World(new_database(), tmp_path_factory.mktemp("data"), candidates=discover([NOTES]))
    yield made
    made.close()


@pytest.fixture
def used(world: World, workshop: Workshop) -> Workshop:
    """A server on which something has happened, was done, waits and is dead."""
    ann = world.person()
    workshop.listen(fail, "note.*", name="ill", max_attempts=1)
    ann.post("/api/v1/notes", {"title": "a"})
    world.drain()
    workshop.listen(fail, "note.*", name="tell")
    for title in ("b", "c"):
        ann.post("/api/v1/notes", {"title": title})
    world.drain()
    workshop.listen(lambda *_: None, "note.*", name="count", mode="batch")
    world.drain()
    return workshop


def faults(world: World, *broken_by: str) -> list[str]:
    """What is found after some statements, which are undone again."""
    with world.kernel.bus.engine.connect() as connection:
        with tampering(connection):
            for statement in broken_by:
                assert connection.execute(text(statement)).rowcount
        found = [fault.words for fault in check_tables(connection, world.clock.now(), LATE)]
        for _, more in check_payloads(connection, world.kernel.event_types):
            found += [fault.words for fault in more]
        connection.rollback()
    return found


def test_nothing_is_wrong_with_what_the_bus_left(world: World, used: Workshop) -> None:
    assert used.jobs()
    assert used.dead()
    assert faults(world) == []


def test_the_ledger_is_read_in_parts(world: World, used: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "_PAYLOADS", verify._PAYLOADS.limit(2))
    with used.bus.engine.connect() as connection:
        parts = [number for number, _ in check_payloads(connection, world.kernel.event_types)]
        assert sum(parts) == connection.scalar(text("SELECT COUNT(*) FROM core__event"))
    assert max(parts) == 2


BROKEN = {
    "gap": (
        "UPDATE core__event SET position = NULL WHERE position = 2",
        "no event has a position between 1 and 3: readers step over what is missing",
    ),
    "unplaced": (
        "UPDATE core__event SET position = NULL, recorded_at = '2026-01-01T00:00:00.000000Z'"
        " WHERE position = (SELECT MAX(position) FROM core__event)",
        "has no position yet: does any server or worker run?",
    ),
    "event": ("UPDATE core__job SET event_seq = 99999 + id", "is about event"),
    "dead event": ("UPDATE core__job_dead SET event_seq = 99999", "is about event 99999, which is not there"),
    "half a lease": ("UPDATE core__job SET state = 1", "is half in a worker's hands"),
    "no lease": (f"UPDATE core__job SET worker_id = '{new_id()}'", "is half in a worker's hands"),
    "reading": ("UPDATE core__reading SET position = 12345", "has read up to position 12345, where no event"),
    "payload": (
        """UPDATE core__event SET payload = '{"x": 1}' WHERE type = 'note.created'""",
        "cannot be told to anybody: payload of note.created differs from its schema in",
    ),
    "version": (
        "UPDATE core__event SET schema_version = 9 WHERE type = 'note.created'",
        "note.created has a payload of version 9, and 1 is known",
    ),
    "alive and dead": (
        "UPDATE core__job_dead SET id = (SELECT MIN(id) FROM core__job)",
        "waits and is dead at once",
    ),
}


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_what_somebody_broke_is_named(rule: str, world: World, used: Workshop) -> None:
    statement, words = BROKEN[rule]
    assert words in faults(world, statement)[0]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-61, "and nobody put it back: does anything run?"), (7200, "do the clocks of the machines agree?")],
    ids=["over", "far"],
)
def test_a_lease_ends_soon(seconds: float, words: str, world: World, used: Workshop) -> None:
    until = (world.clock.now() + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
    found = faults(
        world,
        f"UPDATE core__job SET state = 1, lease_until = '{until.replace('+00:00', 'Z')}',"
        f" lease_token = '{new_id()}', worker_id = '{new_id()}'",
    )
    assert len(found) == len(used.jobs())
    assert all(words in fault for fault in found), found


@pytest.mark.parametrize(
    "change", ["payload = '{}'", "type = 'gone.away'"], ids=["erased", "of a plugin that is gone"]
)
def test_what_nobody_can_be_told_any_more_is_no_fault(change: str, world: World, used: Workshop) -> None:
    assert faults(world, f"UPDATE core__event SET {change} WHERE type = 'note.created'") == []


def test_of_many_faults_of_a_kind_some_are_named(
    world: World, used: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "NAMED", 1)
    assert faults(world, "UPDATE core__job SET state = 1")[-1] == "and there are more of these"
