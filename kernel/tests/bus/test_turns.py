"""Whose turn it is: priorities, tenants, and what was begun before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from pronaflow_kernel.attribution import as_kernel
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs import bus as buses
from pronaflow_kernel.jobs.claims import BATCH, Claims, done, sweep
from pronaflow_kernel.jobs.crew import Found
from pronaflow_kernel.jobs.enqueue import new_job
from pronaflow_kernel.jobs.models import Job
from pronaflow_kernel.jobs.types import JobType
from pronaflow_kernel.testing import World

from .conftest import Workshop

LEASE = timedelta(seconds=30)


@pytest.fixture
def claims() -> Claims:
    """Takes jobs for a worker."""
    return Claims(new_id(), LEASE)


class Queue:
    """The waiting jobs of a test."""

    def __init__(self, world: World, workshop: Workshop, claims: Claims) -> None:
        self.world, self.workshop, self.claims = world, workshop, claims

    def put(self, count: int = 1, **values: Any) -> None:
        """Hand jobs in."""
        given = {"args": {}, **values}
        rows = [new_job("notes.x", now=self.world.clock.now(), **given) for _ in range(count)]
        with self.workshop.bus.engine.begin() as connection:
            connection.execute(insert(Job), rows)

    def take(self) -> list[dict[str, Any]]:
        """Take jobs."""
        with self.workshop.bus.engine.begin() as connection:
            return self.claims.take(connection, "default", self.world.clock.now())


@pytest.fixture
def queue(world: World, workshop: Workshop, claims: Claims) -> Queue:
    """Nothing waits yet."""
    return Queue(world, workshop, claims)


def test_a_workspace_with_much_work_lets_another_one_pass_after_one_batch(queue: Queue) -> None:
    busy, other = sorted([new_id(), new_id()])
    queue.put(3 * BATCH, workspace_id=busy)
    queue.put(workspace_id=other)
    taken = [[job["workspace_id"] for job in queue.take()] for _ in range(3)]
    assert taken == [[busy] * BATCH, [other], [busy] * BATCH]


def test_a_new_workspace_comes_in_at_its_place_in_the_round(queue: Queue) -> None:
    first, second, third = sorted(new_id() for _ in range(3))
    queue.put(BATCH + 1, workspace_id=first)
    queue.put(BATCH, workspace_id=third)
    assert {job["workspace_id"] for job in queue.take()} == {first}
    queue.put(workspace_id=second)
    assert sorted(job["workspace_id"] for job in queue.take()) == [second] + [third] * (BATCH - 1)
    assert [job["workspace_id"] for job in queue.take()] == [first, third]


def test_work_of_no_workspace_has_its_turn_like_a_workspace(queue: Queue) -> None:
    queue.put(2 * BATCH, workspace_id=new_id())
    queue.put(workspace_id=None)
    assert None not in {job["workspace_id"] for job in queue.take()}
    assert [job["workspace_id"] for job in queue.take()] == [None]


def test_a_higher_priority_goes_first_whoever_waits(queue: Queue) -> None:
    queue.put(2, priority=5)
    queue.put(2, priority=1)
    assert [job["priority"] for job in queue.take()] == [1, 1]
    assert [job["priority"] for job in queue.take()] == [5, 5]


def test_what_stands_behind_its_lane_holds_up_no_lower_priority(queue: Queue) -> None:
    later = queue.world.clock.now() + timedelta(hours=1)
    queue.put(lane="a", available_at=later)
    queue.put(lane="a", priority=0)
    queue.put(priority=9)
    assert [job["priority"] for job in queue.take()] == [9]
    assert queue.take() == []


def test_what_was_begun_before_comes_alone_and_every_second_time(queue: Queue) -> None:
    queue.put(2, attempt=1)
    queue.put(2 * BATCH + 1)
    taken = [[job["attempt"] for job in queue.take()] for _ in range(5)]
    assert sorted(map(len, taken)) == [1, 1, 1, BATCH, BATCH]
    assert [len(each) for each in taken if each[0] == 2] == [1, 1]


def test_a_lane_is_done_in_one_turn(queue: Queue) -> None:
    done: list[int] = []
    queue.workshop.does(JobType("x", lambda _uow, args: done.append(args["which"])))
    for which in range(5):
        queue.put(args={"which": which}, lane="a")
    assert queue.workshop.bus.work("default") is Found.SOME
    assert done == [0, 1, 2, 3, 4]


def test_what_is_not_begun_after_a_while_is_left_to_others_and_no_attempt(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is handed in with the same key meanwhile is not in its way."""
    seconds, done = [0.0], []
    waiting: list[list[int]] = []

    def run(_reader: Any, args: Any) -> None:
        done.append(args["which"])
        if args["which"] == 1:
            seconds[0] += 2 * buses.TURN
            as_kernel(queue.put)(dedup_key="k", args={"which": 4})
            waiting.append([job["attempt"] for job in as_kernel(queue.workshop.jobs)()])
        if args["which"] == 2:
            waiting.append([job["attempt"] for job in as_kernel(queue.workshop.jobs)()])

    queue.workshop.does(JobType("x", run, mode="external"))
    monkeypatch.setattr(buses, "perf_counter", lambda: seconds[0])
    for which in (1, 2, 3):
        queue.put(args={"which": which}, dedup_key="k" if which == 2 else None)
    queue.world.drain()
    assert waiting == [[1, 1, 1, 0], [1, 1, 1]]
    assert done == [1, 2, 3, 4]
    assert queue.workshop.jobs() == []


def test_what_waits_for_its_time_is_not_taken_before(queue: Queue) -> None:
    bus, clock = queue.workshop.bus, queue.world.clock
    queue.put(available_at=clock.now() + timedelta(minutes=1))
    bus.tick()
    assert queue.take() == []
    clock.advance(61)
    bus.tick()
    clock.advance(-61)
    assert len(queue.take()) == 1


def test_a_beat_and_a_sweep_wait_for_nobody_who_ends_a_job(queue: Queue) -> None:
    engine, now = queue.workshop.bus.engine, queue.world.clock.now()
    if engine.dialect.name != "postgresql":
        return  # there one writes at a time
    queue.put(2)
    ended, other = queue.take()
    later = now + 2 * LEASE
    with engine.begin() as ending, engine.begin() as connection:
        assert done(ending, ended)
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        queue.claims.beat(connection, later)
        assert sweep(connection, later) == 0
        assert sweep(connection, later + 2 * LEASE) == 1
    assert [(job["id"], job["lease_token"]) for job in queue.workshop.jobs()] == [(other["id"], None)]


def test_a_job_whose_end_could_not_be_written_down_is_not_held_for_ever(queue: Queue) -> None:
    clock, lease = queue.world.clock, LEASE.total_seconds()
    queue.put()
    [job] = queue.take()
    for _ in range(3):
        clock.advance(lease - 1)
        with queue.workshop.bus.engine.begin() as connection:
            queue.claims.beat(connection, clock.now())
        queue.workshop.bus.tick()
    assert queue.take() == []

    queue.claims.let_go([job])
    with queue.workshop.bus.engine.begin() as connection:
        dropped = queue.claims.dropped(connection)
        assert [each["id"] for each in dropped] == [job["id"]]
        queue.claims.pick_up(connection, dropped)
    clock.advance(-3 * (lease - 1))
    assert [again["attempt"] for again in queue.take()] == [2]


def test_a_job_that_was_taken_while_one_looks_is_not_dropped(queue: Queue) -> None:
    queue.put()
    queue.claims.let_go(queue.take())
    with queue.workshop.bus.engine.begin() as connection:
        dropped = queue.claims.dropped(connection)
    queue.workshop.execute("UPDATE core__job SET state = 0, lease_token = NULL, worker_id = NULL")
    [again] = queue.take()
    with queue.workshop.bus.engine.begin() as connection:
        queue.claims.pick_up(connection, dropped)
        assert queue.claims.dropped(connection) == []
    assert [job["lease_token"] for job in queue.workshop.jobs()] == [again["lease_token"]]


def test_a_job_counts_as_in_hand_before_it_is_taken(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """In autocommit others see it as this worker's before the statement has answered."""
    seen: list[Any] = []
    fresh = queue.claims._fresh

    def take(connection: Any, given: dict[str, Any]) -> list[dict[str, Any]]:
        taken = fresh(connection, given)
        seen.append(queue.claims.dropped(connection))
        return taken

    monkeypatch.setattr(queue.claims, "_fresh", take)
    queue.put()
    assert len(queue.take()) == 1
    assert seen == [[]]


def test_what_was_taken_and_lost_on_the_way_is_dropped(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = queue.claims._fresh

    def take(connection: Any, given: dict[str, Any]) -> list[dict[str, Any]]:
        fresh(connection, given)
        connection.commit()
        raise ConnectionError

    queue.put()
    monkeypatch.setattr(queue.claims, "_fresh", take)
    with queue.workshop.bus.engine.connect() as connection, pytest.raises(ConnectionError):
        queue.claims.take(connection, "default", queue.world.clock.now())
    with queue.workshop.bus.engine.connect() as connection:
        assert len(queue.claims.dropped(connection)) == 1
