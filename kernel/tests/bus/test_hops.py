"""Subscribers that answer events with events do not do so for ever."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.events.hops import MOST
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.jobs.enqueue import Jobs
from pronaflow_kernel.jobs.types import JobType
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop

REASON = "loop: note.updated would be 9 hops away from whoever began, each the answer to another"


class Echo:
    """Answers what happens to a note by something else that happens to it."""

    def __init__(self, world: World, workshop: Workshop) -> None:
        self.world, self.workshop = world, workshop

    def answer(self, uow: Any, given: Any) -> None:
        for event in given if isinstance(given, list) else [given]:
            self.publish(uow, event.aggregate_id)

    def publish(self, uow: Any, note_id: str) -> None:
        uow.publish(
            self.world.kernel.event_types["note.updated"], note_id, {"note_id": note_id, "title": "x"}
        )

    def enqueue(self, uow: Any, event: Any) -> None:
        jobs = Jobs("notes", self.workshop.bus.works.job_types)
        jobs.enqueue(uow, "later", {"note_id": event.aggregate_id})

    def hops(self, note_id: str) -> list[int]:
        mine = select(EventRow.hop).where(EventRow.aggregate_id == note_id).order_by(EventRow.seq)
        with self.workshop.bus.engine.connect() as connection:
            return list(connection.scalars(mine))


@pytest.fixture
def echo(world: World, workshop: Workshop) -> Echo:
    return Echo(world, workshop)


def write(person: Person) -> str:
    return str(person.post("/api/v1/notes", {"title": "x"}).json["data"]["id"])


@pytest.mark.parametrize("way", ["db", "external", "batch", "job"])
def test_an_answer_to_an_answer_ends_somewhere(way: str, echo: Echo, world: World, ann: Person) -> None:
    def reach_out(reader: Any, event: Any) -> None:
        with world.kernel.db.write(reader.scope, origin="system") as uow:
            echo.answer(uow, event)

    how: Any = {
        "db": [Subscriber("echo", ("note.*",), echo.answer)],
        "external": [Subscriber("echo", ("note.*",), reach_out, mode="external")],
        "batch": [Subscriber("echo", ("note.*",), echo.answer, mode="batch")],
        "job": [
            Subscriber("ask", ("note.*",), echo.enqueue),
            JobType("later", lambda uow, args: echo.publish(uow, args["note_id"])),
        ],
    }[way]
    echo.workshop.does(*how)
    world.drain()
    note_id = write(ann)
    world.drain()
    assert echo.hops(note_id) == list(range(MOST + 1))
    [dead] = echo.workshop.dead()
    assert (dead["reason"], dead["hop"]) == (REASON, MOST + 1)
    assert echo.workshop.jobs() == []


def test_what_a_person_does_is_always_the_beginning(echo: Echo, world: World, ann: Person) -> None:
    echo.workshop.listen(lambda *_: None, "note.*")
    notes = [write(ann) for _ in range(2)]
    world.drain()
    assert [echo.hops(note_id) for note_id in notes] == [[0], [0]]
