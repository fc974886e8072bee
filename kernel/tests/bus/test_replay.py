"""Letting a subscriber hear again of what has happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pronaflow_kernel.errors import Conflict, NotFound
from pronaflow_kernel.events.selection import Selection, newest, position_at
from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs import replay
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop


class Past:
    """What a person wrote before a subscriber is to hear of it again."""

    def __init__(self, world: World, workshop: Workshop, ann: Person) -> None:
        self.world, self.workshop, self.ann = world, workshop, ann
        self.heard: list[str] = []
        self.first = 1
        self.work: Any = None

    def listen(self, mode: str = "db", **how: Any) -> None:
        """Have a subscriber, and then three notes."""

        def run(_uow: Any, given: Any) -> None:
            for event in given if mode == "batch" else [given]:
                self.heard.append(event.payload["title"])

        self.workshop.listen(run, "note.created", name="tell", mode=mode, **how)
        self.world.drain()
        self.first = self.newest() + 1
        self.work = self.workshop.bus.works.by_kind["notes.tell"]
        for title in ("a", "b", "c"):
            self.write(title)
        self.world.drain()
        self.heard.clear()

    def write(self, title: str) -> Any:
        return self.ann.post("/api/v1/notes", {"title": title}).json["data"]

    def newest(self) -> int:
        with self.workshop.bus.engine.connect() as connection:
            return newest(connection)

    def count(self, selection: Selection) -> int:
        with self.workshop.bus.engine.connect() as connection:
            return replay.count(connection, self.work, selection)

    def replay(self, selection: Selection, rate: int = 100, is_on: Any = lambda *_: True) -> Iterator[Any]:
        now = self.world.clock.now()
        return replay.replay(self.workshop.bus.engine, self.work, selection, is_on, new_id(), now, rate)


@pytest.fixture
def past(world: World, workshop: Workshop, ann: Person) -> Past:
    return Past(world, workshop, ann)


@pytest.mark.parametrize("how", [{}, {"ordered": True}, {"mode": "external", "replayable": True}], ids=str)
def test_the_subscriber_hears_of_everything_once_more(how: Any, past: Past) -> None:
    past.listen(**how)
    [step] = past.replay(Selection(past.first))
    assert (step.position, step.events, step.jobs) == (past.newest(), 3, 3)
    assert len({job["replay_id"] for job in past.workshop.jobs()}) == 1
    past.world.drain()
    assert past.heard == ["a", "b", "c"]


def test_only_what_was_selected_is_told_again(past: Past) -> None:
    past.listen()
    for selection, titles in (
        (Selection(past.first + 1), ["b", "c"]),
        (Selection(past.first, past.first + 1), ["a", "b"]),
        (Selection(past.first, types=("task.*", "note.cr*")), ["a", "b", "c"]),
        (Selection(past.first, types=("n_te.created", "note.deleted")), []),
        (Selection(past.first, workspace_id=past.ann.workspace_id), ["a", "b", "c"]),
        (Selection(past.first, workspace_id=new_id()), []),
    ):
        past.heard.clear()
        assert past.count(selection) == len(titles)
        list(past.replay(selection))
        past.world.drain()
        assert past.heard == titles


def test_it_goes_in_steps_of_which_each_is_done_and_can_be_gone_on_from(past: Past) -> None:
    past.listen()
    step = next(past.replay(Selection(past.first), rate=2))
    assert (step.position, step.jobs) == (past.first + 1, 2)
    past.world.drain()
    assert past.heard == ["a", "b"]
    list(past.replay(Selection(step.position + 1)))
    past.world.drain()
    assert past.heard == ["a", "b", "c"]


def test_what_is_new_comes_first(past: Past) -> None:
    past.listen()
    list(past.replay(Selection(past.first)))
    past.write("new")
    past.world.drain()
    assert past.heard == ["new", "a", "b", "c"]


def test_workspaces_where_the_plugin_is_off_are_left_out(past: Past) -> None:
    past.listen()
    [step] = past.replay(
        Selection(past.first), is_on=lambda *where: where != ("notes", past.ann.workspace_id)
    )
    assert (step.events, step.jobs) == (3, 0)


def test_what_was_erased_is_not_told_again(past: Past) -> None:
    past.listen()
    past.workshop.execute("UPDATE core__event SET payload = '{}' WHERE position = :at", at=past.first + 1)
    list(past.replay(Selection(past.first)))
    past.world.drain()
    assert past.heard == ["a", "c"]


def test_a_time_is_the_position_of_what_was_recorded_from_then_on(past: Past) -> None:
    later = past.world.clock.now() + timedelta(days=4000)  # than whatever other tests have left
    past.listen()
    past.world.clock.set(later)
    past.write("later")
    past.world.drain()
    last = past.newest()
    with past.workshop.bus.engine.connect() as connection:
        assert position_at(connection, later) == last
        assert position_at(connection, later + timedelta(seconds=1)) == last + 1


class TestWhoMayHearAgain:
    @pytest.mark.parametrize(
        ("how", "may"),
        [
            ({}, True),
            ({"mode": "batch"}, True),
            ({"mode": "external"}, False),
            ({"mode": "external", "replayable": True}, True),
            ({"replayable": False}, False),
        ],
        ids=str,
    )
    def test_is_said_by_the_subscriber_or_its_mode(self, how: Any, may: bool) -> None:
        assert Subscriber("tell", ("note.*",), lambda *_: None, **how).can_be_replayed is may

    def test_others_are_refused(self, past: Past) -> None:
        past.workshop.listen(lambda *_: None, "note.*", name="mail", mode="external")
        with pytest.raises(Conflict, match=r"notes\.mail must not hear of an event twice"):
            replay.listener(past.workshop.bus.works, "notes.mail")

    def test_nobody_else_is_known(self, past: Past) -> None:
        past.workshop.listen(lambda *_: None, "note.*", name="mail")
        with pytest.raises(NotFound, match=r"No subscriber notes\.mial runs; did you mean notes\.mail"):
            replay.listener(past.workshop.bus.works, "notes.mial")


class TestASubscriberInBatches:
    def set_back(self, past: Past, first: int) -> int:
        return replay.set_back(past.workshop.bus.engine, past.work, first, past.world.clock.now())

    def test_reads_again_from_where_it_is_set(self, past: Past) -> None:
        past.listen("batch")
        assert self.set_back(past, past.first + 1) == past.newest()
        past.world.drain()
        assert past.heard == ["b", "c"]

    def test_is_never_set_forward(self, past: Past) -> None:
        past.listen("batch")
        far = past.newest() + 2
        with pytest.raises(Conflict, match=f"has read up to position {far - 2}: from {far} on it would"):
            self.set_back(past, far)
        past.write("d")
        past.world.drain()
        assert past.heard == ["d"]
