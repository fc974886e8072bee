"""What is stored already when the code, or the time, is another one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from marshmallow import fields
from notes_plugin.plugin import CREATED

from pronaflow_kernel.api import Event, Schema, UnitOfWork
from pronaflow_kernel.attribution import as_kernel
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop
from .test_delivery import write

HOURS = timedelta(hours=2)


class Renamed(Schema):
    """The payload of `note.created` in a version 2."""

    note_id = fields.String()
    heading = fields.String()


NEXT = replace(
    CREATED,
    payload=Renamed,
    version=2,
    upcast={1: lambda old: {"note_id": old["note_id"], "heading": old["title"].upper()}},
)


@pytest.mark.parametrize("mode", ["db", "external", "batch"])
@pytest.mark.parametrize("relayed", [False, True])
def test_an_event_of_an_old_version_is_heard_as_the_new_one(
    world: World, workshop: Workshop, ann: Person, monkeypatch: pytest.MonkeyPatch, mode: Any, relayed: bool
) -> None:
    heard: list[str] = []

    def run(_uow: UnitOfWork, told: Any) -> None:
        events: list[Event] = told if mode == "batch" else [told]
        heard.extend(event.payload["heading"] for event in events)

    workshop.listen(run, "note.created", mode=mode)
    world.drain()
    write(ann, "old")
    if relayed:
        workshop.bus.relay()
    monkeypatch.setitem(world.kernel.event_types, CREATED.name, NEXT)
    world.drain()
    assert heard == ["OLD"]
    assert (workshop.jobs(), workshop.dead()) == ([], [])


def test_a_payload_that_is_not_as_declared_is_given_up_and_its_lane_goes_on(
    world: World, workshop: Workshop, ann: Person
) -> None:
    heard: list[str] = []
    workshop.listen(lambda uow, event: heard.append(event.payload["title"]), "note.*", ordered=True)
    note = write(ann, "bad")
    workshop.execute(
        """UPDATE core__event SET payload = '{"title": "bad"}'
        WHERE seq = (SELECT max(seq) FROM core__event)"""
    )
    ann.patch(f"/api/v1/notes/{note}", {"title": "good"})
    world.drain()
    assert heard == ["good"]
    [dead] = workshop.dead()
    assert dead["reason"] == "payload of note.created differs from its schema in note_id"


@pytest.mark.parametrize("jump", [HOURS, -HOURS], ids=["ahead", "back"])
def test_whoever_lives_keeps_its_job_when_the_clock_jumps(
    world: World, workshop: Workshop, ann: Person, jump: timedelta
) -> None:
    """And holds it for no longer than its lease by the new time, should it die then."""
    heard: list[str] = []
    bus, clock = workshop.bus, world.clock
    before = clock.now()

    def run(_reader: Any, event: Event) -> None:
        clock.advance(jump.total_seconds())
        as_kernel(bus.tick)()
        [job] = [job for job in as_kernel(workshop.jobs)() if job["kind"] == "notes.test"]
        assert job["lease_until"] == clock.now() + bus.claims.lease
        heard.append(event.id)

    workshop.listen(run, "note.created", mode="external")
    write(ann)
    world.drain()
    clock.set(before)
    assert len(heard) == 1
    assert "notes.test" not in {job["kind"] for job in (*workshop.jobs(), *workshop.dead())}
