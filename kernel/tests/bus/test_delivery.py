"""From the commit of a change to the end of the work that it causes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from pronaflow_kernel.api import Event, UnitOfWork
from pronaflow_kernel.errors import StaleRow
from pronaflow_kernel.jobs import claims
from pronaflow_kernel.jobs.types import Backoff, Discard, Retry
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop

LEASE = timedelta(seconds=30)


def taker(person: Person) -> claims.Claims:
    """Another worker."""
    return claims.Claims(person.id, LEASE)


def write(person: Person, title: str = "x") -> str:
    return str(person.post("/api/v1/notes", {"title": title}).json["data"]["id"])


class TestASubscriber:
    def test_hears_after_the_commit_in_the_workspace_of_the_event(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[tuple[str, str | None, str | None]] = []

        def run(uow: UnitOfWork, event: Event) -> None:
            heard.append((event.type, uow.scope.workspace_id, event.user_id))

        workshop.listen(run, "note.*")
        write(ann)
        assert heard == []
        world.drain()
        assert heard == [("note.created", ann.workspace_id, ann.id)]
        assert workshop.jobs() == []

    def test_of_a_plugin_that_is_off_gets_no_job_for_what_happens_then(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[str] = []
        workshop.listen(lambda uow, event: heard.append(event.type), "note.*")
        write(ann)
        world.kernel.switches.set("notes", False)
        try:
            world.drain()
        finally:
            world.kernel.switches.set("notes", True)
        world.drain()
        assert heard == []

    def test_that_fails_harms_neither_the_request_nor_the_next_event(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[str] = []

        def run(uow: UnitOfWork, event: Event) -> None:
            heard.append(event.payload["title"])
            if event.payload["title"] == "bad":
                raise RuntimeError("no")

        workshop.listen(run, "note.created")
        write(ann, "bad")
        write(ann, "good")
        world.drain()
        assert heard == ["bad", "good"]
        [job] = workshop.jobs()
        assert job["attempt"] == 1
        assert job["last_error"] == "RuntimeError: no"

    def test_that_others_are_in_the_way_of_runs_again_at_once(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        tried: list[str] = []

        def run(uow: UnitOfWork, event: Event) -> None:
            tried.append(event.id)
            if len(tried) < 3:
                raise StaleRow

        workshop.listen(run, "note.created")
        write(ann)
        world.drain()
        assert len(tried) == 3
        assert workshop.jobs() == []


class TestAFailure:
    def test_is_tried_again_later_each_time_after_twice_the_wait(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        tried: list[Any] = []

        def run(uow: UnitOfWork, event: Event) -> None:
            tried.append(world.clock.now())
            raise RuntimeError

        workshop.listen(run, "note.created", backoff=Backoff(base=10, cap=15))
        begin = world.clock.now()
        write(ann)
        for _ in range(4):
            world.drain()
            [job] = workshop.jobs()
            world.clock.set(job["available_at"])
        waits = [(after - before).total_seconds() for before, after in pairwise(tried)]
        assert tried[0] == begin
        for wait, plain in zip(waits, (10, 15, 15), strict=True):
            assert 0.8 * plain <= wait <= 1.2 * plain

    def test_after_the_last_attempt_is_kept_with_its_reason(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        def run(uow: UnitOfWork, event: Event) -> None:
            raise RuntimeError("never")

        workshop.listen(run, "note.created", max_attempts=3, backoff=Backoff(base=0))
        write(ann)
        world.drain()
        assert workshop.jobs() == []
        [dead] = workshop.dead()
        assert (dead["attempt"], dead["reason"], dead["last_error"]) == (
            3,
            "failed 3 times",
            "RuntimeError: never",
        )

    def test_that_can_never_end_well_is_given_up_at_once(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        def run(uow: UnitOfWork, event: Event) -> None:
            raise Discard("the receiver is gone")

        workshop.listen(run, "note.created")
        write(ann)
        world.drain()
        assert [dead["reason"] for dead in workshop.dead()] == ["the receiver is gone"]

    def test_may_say_itself_when_to_try_again(self, world: World, workshop: Workshop, ann: Person) -> None:
        def run(uow: UnitOfWork, event: Event) -> None:
            raise Retry("too many requests", after=90)

        workshop.listen(run, "note.created", max_attempts=1)
        write(ann)
        world.drain()
        [job] = workshop.jobs()
        assert job["available_at"] - world.clock.now() == timedelta(seconds=90)


class TestOrder:
    def test_events_of_one_thing_wait_for_one_another_and_others_do_not(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[tuple[str, str]] = []
        broken = True

        def run(uow: UnitOfWork, event: Event) -> None:
            if broken and event.aggregate_id == first:
                raise RuntimeError
            heard.append((event.aggregate_id, event.type))

        workshop.listen(run, "note.*", ordered=True, backoff=Backoff(base=10))
        first, second = write(ann, "1"), write(ann, "2")
        for note in (first, second):
            ann.patch(f"/api/v1/notes/{note}", {"title": "changed"})
        world.drain()
        assert [which for which, _ in heard] == [second, second]

        broken = False
        world.clock.advance(60)
        world.drain()
        world.clock.advance(-60)
        assert [type_ for which, type_ in heard if which == first] == ["note.created", "note.updated"]

    def test_one_that_is_given_up_lets_the_next_pass(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[str] = []

        def run(uow: UnitOfWork, event: Event) -> None:
            if event.type == "note.created":
                raise Discard("no")
            heard.append(event.type)

        workshop.listen(run, "note.*", ordered=True)
        ann.patch(f"/api/v1/notes/{write(ann)}", {"title": "changed"})
        world.drain()
        assert heard == ["note.updated"]


class TestAWorker:
    def test_that_dies_leaves_its_jobs_to_others_after_its_lease(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[str] = []
        workshop.listen(lambda uow, event: heard.append(event.id), "note.created")
        write(ann)
        workshop.bus.relay()
        with workshop.bus.engine.begin() as connection:
            [taken] = taker(ann).take(connection, "default", world.clock.now())
        world.drain()
        assert heard == []

        world.clock.advance(LEASE.total_seconds() + 1)
        workshop.bus.tick()
        world.drain()
        world.clock.advance(-LEASE.total_seconds() - 1)
        assert len(heard) == 1
        assert taken["attempt"] == 1

    def test_that_was_only_slow_has_its_work_undone(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        workshop.listen(lambda uow, event: None, "note.created")
        write(ann)
        workshop.bus.relay()
        with workshop.bus.engine.begin() as connection:
            [job] = taker(ann).take(connection, "default", world.clock.now())
        world.clock.advance(LEASE.total_seconds() + 1)
        workshop.bus.tick()
        with workshop.bus.engine.begin() as connection:
            [again] = taker(ann).take(connection, "default", world.clock.now())
        workshop.run(job)
        assert [each["lease_token"] for each in workshop.jobs()] == [again["lease_token"]]
        workshop.run(again)
        world.clock.advance(-LEASE.total_seconds() - 1)
        assert workshop.jobs() == []

    def test_that_is_killed_by_a_job_takes_it_alone_from_then_on(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        workshop.listen(lambda uow, event: None, "note.created")
        for _ in range(3):
            write(ann)
        workshop.bus.relay()
        now, other = world.clock.now(), taker(ann)
        with workshop.bus.engine.begin() as connection:
            assert len(other.take(connection, "default", now)) == 3
            claims.sweep(connection, now + timedelta(minutes=1))
            assert len(other.take(connection, "default", now)) == 1


class TestWhatNobodyKnows:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("UPDATE core__job SET kind = 'gone.test'", "nobody does gone.test"),
            ("UPDATE core__job SET event_seq = 999999", "event 999999 is not in the ledger any more"),
            ("UPDATE core__event SET type = 'note.eaten'", "nobody provides the event type note.eaten"),
            (
                "UPDATE core__event SET schema_version = 7",
                "note.created has a payload of version 7, and 1 is known",
            ),
        ],
        ids=["kind", "event", "type", "version"],
    )
    def test_is_given_up_with_the_reason(
        self, world: World, workshop: Workshop, ann: Person, change: str, words: str
    ) -> None:
        workshop.listen(lambda uow, event: None, "note.created")
        write(ann)
        workshop.bus.relay()
        where = (
            " WHERE seq = (SELECT max(seq) FROM core__event)" if "core__event" in change.split()[1] else ""
        )
        workshop.execute(change + where)
        world.drain()
        assert [dead["reason"] for dead in workshop.dead()] == [words]


class TestBatches:
    def test_come_in_the_order_of_commits_each_event_once(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[list[str]] = []
        workshop.listen(
            lambda uow, events: heard.append([event.payload["title"] for event in events]),
            "note.created",
            mode="batch",
        )
        world.drain()
        for title in "abc":
            write(ann, title)
        world.drain()
        write(ann, "d")
        world.drain()
        assert heard == [["a", "b", "c"], ["d"]]

    def test_that_fail_are_read_one_by_one_and_the_bad_one_is_stepped_over(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[str] = []

        def run(uow: UnitOfWork, events: list[Event]) -> None:
            titles = [event.payload["title"] for event in events]
            if "bad" in titles:
                raise RuntimeError("bad")
            heard.extend(titles)

        workshop.listen(run, "note.created", mode="batch", max_attempts=2, backoff=Backoff(base=0))
        world.drain()
        for title in ("a", "bad", "b"):
            write(ann, title)
        world.drain()
        assert heard == ["a", "b"]
        assert [dead["last_error"] for dead in workshop.dead()] == ["RuntimeError: bad"]

    def test_tell_at_once_what_stands_before_the_bad_one(
        self, world: World, workshop: Workshop, ann: Person
    ) -> None:
        heard: list[str] = []

        def run(uow: UnitOfWork, events: list[Event]) -> None:
            titles = [event.payload["title"] for event in events]
            if "bad" in titles:
                raise RuntimeError("bad")
            heard.extend(titles)

        workshop.listen(run, "note.created", mode="batch", backoff=Backoff(base=600))
        world.drain()
        for title in ("a", "b", "c", "bad", "d"):
            write(ann, title)
        world.drain()
        assert heard == ["a", "b", "c"]
