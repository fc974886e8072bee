"""How plugins fare in every server process, as all processes can read it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.breaker import FAILURES, PAUSE, Breaker
from pronaflow_kernel.plugins.guard import Guard
from pronaflow_kernel.plugins.models import ServerProcess
from pronaflow_kernel.plugins.processes import (
    BEAT,
    FORGOTTEN,
    PRESENT,
    Figures,
    Reporter,
    figures,
    present,
)
from pronaflow_kernel.plugins.timing import Timing
from pronaflow_kernel.testing import World

_ROWS = select(ServerProcess.__table__)
HOOK = ("notes", "extend_payload")


class Process:
    """A server process: a guard that counts, and what writes that down."""

    def __init__(self, world: World, role: str = "server") -> None:
        self.clock = FixedClock(world.clock.now())
        self.guard = Guard(lambda *_: True, self.clock, world.kernel.settings.plugins)
        self.reporter = Reporter(world.kernel.db, self.guard, self.clock, role)

    def call(self, seconds: float = 0.001, error: str | None = None) -> None:
        """Count a call of the hook."""
        self.guard.timings.setdefault(HOOK, Timing()).note(seconds, error)
        breaker = self.guard.breakers.setdefault(HOOK, Breaker(self.clock))
        if error is not None:
            breaker.failed()

    def break_down(self) -> None:
        """Fail until the breaker opens."""
        for _ in range(FAILURES):
            self.call(error="RuntimeError: out of order")


@pytest.fixture
def world(world: World):
    """The server, without rows of processes after the test."""
    yield world
    with world.kernel.db.write(Scope.system()) as uow:
        for row in uow.all(_ROWS):
            uow.remove(ServerProcess, row)


@pytest.fixture
def rows(world: World) -> Any:
    """The stored rows."""

    def rows() -> list[Any]:
        with world.kernel.db.read(Scope.system()) as reader:
            return reader.all(_ROWS)

    return rows


def known(world: World) -> dict[tuple[str, str], Figures]:
    """What all processes told."""
    with world.kernel.db.read(Scope.system()) as reader:
        return figures(reader)


def test_calls_of_all_processes_are_added_up(world: World) -> None:
    one, other = Process(world), Process(world)
    for _ in range(19):
        one.call(0.001)
    other.call(2.0, "RuntimeError: out of order")
    one.reporter.report()
    other.reporter.report()
    told = known(world)[HOOK]
    assert (told.calls, told.failures, told.breaker) == (20, 1, "closed")
    assert told.last_error == "RuntimeError: out of order"
    assert told.p95_ms == pytest.approx(1.0, rel=0.2)


def test_servers_that_were_seen_lately_are_counted(world: World) -> None:
    def seen() -> int:
        with world.kernel.db.read(Scope.system()) as reader:
            return present(reader)

    one, other = Process(world), Process(world)
    assert seen() == 0
    one.reporter.report()
    other.reporter.report()
    assert seen() == 2
    one.reporter.leave()
    assert seen() == 1
    world.clock.advance(PRESENT.total_seconds())
    assert seen() == 0


def test_workers_tell_how_plugins_fare_and_are_no_servers(world: World, rows: Any) -> None:
    worker = Process(world, "worker")
    worker.call()
    worker.reporter.report()
    assert [row["role"] for row in rows()] == ["worker"]
    assert known(world)[HOOK].calls == 1
    with world.kernel.db.read(Scope.system()) as reader:
        assert present(reader) == 0


def test_the_worst_breaker_counts(world: World) -> None:
    well, half, ill = Process(world), Process(world), Process(world)
    well.call()
    half.break_down()
    half.clock.set(half.clock.now() + PAUSE)
    for process in (well, half):
        process.reporter.report()
    assert known(world)[HOOK].breaker == "half-open"
    ill.break_down()
    ill.reporter.report()
    assert known(world)[HOOK].breaker == "open"


def test_what_is_degraded_in_one_process_is_so_in_all(world: World) -> None:
    ill = Process(world)
    ill.break_down()
    ill.reporter.report()
    assert world.kernel.state("notes").state == "ready"
    status = world.kernel.state("notes", known(world))
    assert status.state == "degraded"
    assert status.reason == (
        "extend_payload is left alone after repeated failures, lately RuntimeError: out of order"
    )
    assert {each.id: each.state for each in world.kernel.states(known(world))}["notes"] == "degraded"


def test_nothing_new_is_not_written_but_for_a_sign_of_life(world: World, rows: Any) -> None:
    process = Process(world)
    process.reporter.report()
    first = process.clock.now()
    process.clock.set(first + BEAT - timedelta(seconds=1))
    process.reporter.report()
    assert [row["seen_at"] for row in rows()] == [first]
    process.clock.set(first + BEAT)
    process.reporter.report()
    assert [row["seen_at"] for row in rows()] == [first + BEAT]


def test_what_is_new_is_written_at_once(world: World) -> None:
    process = Process(world)
    process.reporter.report()
    process.call()
    process.reporter.report()
    assert known(world)[HOOK].calls == 1


def test_a_process_that_is_not_seen_any_more_counts_no_more(world: World) -> None:
    process = Process(world)
    process.call()
    process.reporter.report()
    world.clock.set(world.clock.now() + PRESENT)
    assert known(world) == {}


def test_rows_of_dead_processes_are_removed(world: World, rows: Any) -> None:
    dead, alive = Process(world), Process(world)
    dead.reporter.report()
    alive.clock.set(alive.clock.now() + FORGOTTEN + timedelta(seconds=1))
    alive.reporter.report()
    assert [row["seen_at"] for row in rows()] == [alive.clock.now()]


def test_a_process_that_was_taken_for_dead_writes_itself_down_again(world: World, rows: Any) -> None:
    process = Process(world)
    process.reporter.report()
    [row] = rows()
    with world.kernel.db.write(Scope.system()) as uow:
        uow.remove(ServerProcess, row)
    process.call()
    process.reporter.report()
    assert [each["id"] for each in rows()] == [row["id"]]


def test_an_end_takes_the_row_away(world: World, rows: Any) -> None:
    process = Process(world)
    process.reporter.start()
    process.reporter.stop()
    assert rows() == []


def test_a_failure_is_logged_once_and_tried_again(
    world: World, rows: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    process = Process(world)

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError("disk full")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "pronaflow.plugins"):
        patch.setattr(world.kernel.db, "write", broken)
        process.reporter.report()
        process.reporter.report()
    assert len(caplog.records) == 1
    assert "disk full" in str(caplog.records[0].exc_info)
    process.reporter.report()
    assert len(rows()) == 1
