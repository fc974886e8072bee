"""Jobs that share a transaction: each is as if it were alone."""

from __future__ import annotations

from contextlib import suppress

from notes_plugin.plugin import Note
from sqlalchemy.exc import IntegrityError

from pronaflow_kernel.api import Event, UnitOfWork
from pronaflow_kernel.errors import StaleRow
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop
from .test_delivery import taker, write


def test_undoes_the_work_of_one_that_fails_and_keeps_that_of_the_others(
    world: World, workshop: Workshop, ann: Person
) -> None:
    def run(uow: UnitOfWork, event: Event) -> None:
        uow.insert(Note, {"title": f"about {event.payload['title']}"})
        if event.payload["title"] == "bad":
            raise RuntimeError

    workshop.listen(run, "note.created")
    for title in ("a", "bad", "b"):
        write(ann, title)
    world.drain()
    titles = workshop.titles(ann.workspace_id)
    assert titles == ["a", "about a", "about b", "b", "bad"]
    assert [job["attempt"] for job in workshop.jobs()] == [1]


def test_whose_statement_failed_unheard_blames_no_other(
    world: World, workshop: Workshop, ann: Person
) -> None:
    def run(uow: UnitOfWork, event: Event) -> None:
        if event.payload["title"] == "bad":
            with suppress(IntegrityError):
                uow.insert(Note, {"id": event.aggregate_id, "title": "twice"})
        uow.insert(Note, {"title": f"about {event.payload['title']}"})

    workshop.listen(run, "note.created")
    for title in ("a", "bad", "b"):
        write(ann, title)
    world.drain()
    kept = {"a", "about a", "about b", "b", "bad"}
    # On PostgreSQL nothing can be written after it; SQLite does not mind.
    assert kept <= set(workshop.titles(ann.workspace_id)) <= kept | {"about bad"}
    assert len(workshop.jobs()) == (workshop.bus.engine.dialect.name == "postgresql")


def test_does_each_alone_where_others_are_in_the_way(world: World, workshop: Workshop, ann: Person) -> None:
    tried: list[str] = []

    def run(uow: UnitOfWork, event: Event) -> None:
        uow.insert(Note, {"title": f"about {event.payload['title']}"})
        tried.append(event.payload["title"])
        if tried == ["a", "b"]:
            raise StaleRow

    workshop.listen(run, "note.created")
    for title in ("a", "b"):
        write(ann, title)
    world.drain()
    assert workshop.titles(ann.workspace_id) == ["a", "about a", "about b", "b"]
    assert tried == ["a", "b", "a", "b"]


def test_is_undone_where_another_worker_has_one_of_its_jobs(
    world: World, workshop: Workshop, ann: Person
) -> None:
    def run(uow: UnitOfWork, event: Event) -> None:
        uow.insert(Note, {"title": f"about {event.payload['title']}"})

    workshop.listen(run, "note.created")
    for title in ("a", "b"):
        write(ann, title)
    workshop.bus.relay()
    with workshop.bus.engine.begin() as connection:
        jobs = taker(ann).take(connection, "default", world.clock.now())
    workshop.execute("UPDATE core__job SET lease_token = worker_id WHERE id = :id", id=jobs[0]["id"])
    workshop.bus.runner.run(jobs, lambda: True)
    titles = workshop.titles(ann.workspace_id)
    assert titles == ["a", "about b", "b"]
    assert [job["id"] for job in workshop.jobs()] == [jobs[0]["id"]]
