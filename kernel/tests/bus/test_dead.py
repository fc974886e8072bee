"""Jobs that were given up, in an operator's hands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pronaflow_kernel.events.erasure import forget_words
from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.jobs import dead
from pronaflow_kernel.jobs.dead import Which
from pronaflow_kernel.jobs.enqueue import Jobs
from pronaflow_kernel.jobs.types import JobType
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop


class Ward:
    """Work that fails until a test cures it."""

    def __init__(self, world: World, workshop: Workshop) -> None:
        self.world, self.workshop = world, workshop
        self.well = False
        self.done: list[Any] = []
        workshop.does(
            Subscriber("tell", ("note.*",), self.hear, ordered=True, max_attempts=1),
            Subscriber("count", ("note.*",), self.read, mode="batch", max_attempts=1),
            JobType("print", self.work, max_attempts=1),
        )
        world.drain()

    def hear(self, _uow: Any, event: Any) -> None:
        self._do(event.payload["title"])

    def read(self, _uow: Any, events: Any) -> None:
        self._do([event.payload["title"] for event in events])

    def work(self, _uow: Any, args: Any) -> None:
        self._do(args["page"])

    def _do(self, what: Any) -> None:
        if not self.well:
            raise RuntimeError("ill")
        self.done.append(what)

    def enqueue(self, page: int, **how: Any) -> None:
        jobs = Jobs("notes", self.workshop.bus.works.job_types)
        with self.world.kernel.db.write(Scope.system()) as uow:
            jobs.enqueue(uow, "print", {"page": page}, **how)

    def retry(self, which: Which) -> list[dead.Chunk]:
        return list(dead.retry(self.workshop.bus.engine, which, self.world.clock.now()))

    def ids(self) -> list[int]:
        return [row["id"] for row in self.workshop.dead()]


@pytest.fixture
def ward(world: World, workshop: Workshop) -> Ward:
    return Ward(world, workshop)


def write(person: Person, title: str) -> None:
    person.post("/api/v1/notes", {"title": title})


def test_a_job_that_is_brought_back_begins_anew(ward: Ward, world: World) -> None:
    ward.enqueue(1)
    world.drain()
    [given_up] = ward.workshop.dead()
    [chunk] = ward.retry(Which())
    assert (chunk.moved, chunk.queues, chunk.left) == ({"notes.print": 1}, {"default"}, ())
    [job] = ward.workshop.jobs()
    kept = ("id", "kind", "args", "queue", "priority", "lane", "workspace_id", "created_at", "max_attempts")
    assert {name: job[name] for name in kept} == {name: given_up[name] for name in kept}
    assert (job["attempt"], job["last_error"]) == (0, None)
    ward.well = True
    world.drain()
    assert (ward.done, ward.workshop.dead()) == ([1], [])


def test_what_is_brought_back_has_its_old_place_in_its_lane(ward: Ward, world: World) -> None:
    for page in (1, 2):
        ward.enqueue(page, lane="a")
    world.drain()
    ward.enqueue(3, lane="a")
    ward.retry(Which())
    ward.well = True
    world.drain()
    assert ward.done == [1, 2, 3]


def test_a_subscriber_in_batches_gets_the_event_that_it_stepped_over(
    ward: Ward, world: World, ann: Person
) -> None:
    world.drain()
    write(ann, "missed")
    for _ in range(4):
        world.drain()
        world.clock.advance(60)
    assert {row["kind"] for row in ward.workshop.dead()} == {"notes.tell", "notes.count"}
    ward.retry(Which(kind="notes.count"))
    ward.well = True
    world.drain()
    assert ward.done == [["missed"]]


def test_one_whose_like_waits_already_stays_dead(ward: Ward, world: World) -> None:
    ward.enqueue(1, dedup_key="pages")
    world.drain()
    ward.enqueue(2, dedup_key="pages")
    [chunk] = ward.retry(Which())
    assert (chunk.moved, list(chunk.left)) == ({}, ward.ids())
    assert [job["args"] for job in ward.workshop.jobs()] == [{"page": 2}]


@pytest.mark.parametrize("chosen", ["ids", "kind", "both"])
def test_only_those_are_moved_that_were_chosen(chosen: str, ward: Ward, world: World) -> None:
    for page in (1, 2):
        ward.enqueue(page)
    world.drain()
    ward.workshop.execute("UPDATE core__job_dead SET kind = 'notes.other' WHERE id = :id", id=ward.ids()[1])
    first, second = ward.ids()
    which = {
        "ids": Which(ids=(first, 10**15)),
        "kind": Which(kind="notes.print"),
        "both": Which((first, second), "notes.print"),
    }
    with ward.workshop.bus.engine.connect() as connection:
        assert dead.count(connection, which[chosen]) == 1
        assert [row["id"] for row in dead.listed(connection, which[chosen], 10)] == [first]
    ward.retry(which[chosen])
    assert ward.ids() == [second]


def test_many_are_moved_in_short_transactions(
    ward: Ward, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in range(5):
        ward.enqueue(page)
    world.drain()
    monkeypatch.setattr(dead, "CHUNK", 2)
    moving = dead.retry(ward.workshop.bus.engine, Which(), world.clock.now())
    next(moving)
    assert len(ward.ids()) == 3, "what was told is committed"
    assert [sum(chunk.moved.values()) for chunk in moving] == [2, 1]


def test_what_is_thrown_away_is_never_done(ward: Ward, world: World) -> None:
    for page in (1, 2):
        ward.enqueue(page)
    world.drain()
    [chunk] = dead.discard(ward.workshop.bus.engine, Which(ids=(ward.ids()[0],)))
    assert chunk.moved == {"notes.print": 1}
    ward.well = True
    ward.retry(Which())
    world.drain()
    assert ward.done == [2]


def test_a_job_is_found_with_its_event(ward: Ward, world: World, ann: Person) -> None:
    write(ann, "lost")
    world.drain()
    ward.enqueue(1)
    [job] = ward.workshop.jobs()
    [told] = [row for row in ward.workshop.dead() if row["kind"] == "notes.tell"]
    with ward.workshop.bus.engine.connect() as connection:
        found = dead.find(connection, told["id"], dead=True)
        waiting = dead.find(connection, job["id"], dead=False)
        assert dead.find(connection, job["id"], dead=True) is None
        assert [row["id"] for row in dead.waiting(connection, Which(), None, 10)] == [job["id"]]
    assert found is not None and waiting is not None
    assert (found["event"]["payload"]["title"], waiting["event"]) == ("lost", None)


def test_the_old_ones_are_forgotten_and_no_others(
    ward: Ward, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead, "CHUNK", 2)
    for page in range(4):
        ward.enqueue(page)
        world.drain()
        world.clock.advance(60)
    before = world.clock.now() - timedelta(seconds=60)
    assert dead.forget(ward.workshop.bus.engine, before) == 3
    assert [row["args"] for row in ward.workshop.dead()] == [{"page": 3}]


class TestCancelling:
    def cancel(self, ward: Ward, job_id: int) -> bool:
        with ward.workshop.bus.engine.begin() as connection:
            return dead.cancel(connection, job_id, ward.world.clock.now())

    def test_a_job_that_waits_is_taken_out_and_kept_as_dead(self, ward: Ward, world: World) -> None:
        ward.enqueue(1, run_at=world.clock.now() + timedelta(days=1))
        [job] = ward.workshop.jobs()
        assert self.cancel(ward, job["id"])
        [given_up] = ward.workshop.dead()
        assert (given_up["reason"], given_up["attempt"]) == ("cancelled by the operator", 0)
        assert ward.workshop.jobs() == []

    def test_one_that_runs_is_left_to_its_worker(self, ward: Ward) -> None:
        ward.enqueue(1)
        [job] = ward.workshop.jobs()
        ward.workshop.execute("UPDATE core__job SET state = 1")
        assert not self.cancel(ward, job["id"])
        assert [row["id"] for row in ward.workshop.jobs()] == [job["id"]]

    def test_one_that_is_not_there_is_nothing(self, ward: Ward) -> None:
        assert not self.cancel(ward, 10**15)


def test_what_was_emptied_with_its_workspace_is_told_to_nobody(ward: Ward, ann: Person, bob: Person) -> None:
    """Its owner was forgotten before anybody heard of it: no work is left over, and nothing is wrong."""
    write(ann, "a secret")
    write(bob, "a note")
    with ward.world.kernel.db.write(Scope.system()) as uow:
        forget_words(uow, [ann.workspace_id])
    ward.well = True
    ward.world.drain()
    assert ward.done in (["a note", ["a note"]], [["a note"], "a note"])
    assert [*ward.workshop.jobs(), *ward.workshop.dead()] == []
