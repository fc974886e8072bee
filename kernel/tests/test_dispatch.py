"""Delivery after the commit, in this process."""

from __future__ import annotations

import threading
from typing import Any

from pronaflow_kernel.clock import SystemClock
from pronaflow_kernel.errors import StaleRow
from pronaflow_kernel.events.dispatch import Dispatcher
from pronaflow_kernel.events.types import Event, Subscriber
from pronaflow_kernel.persistence.uow import UnitOfWork
from pronaflow_kernel.plugins.guard import Guard
from pronaflow_kernel.settings.schema import PluginSettings
from pronaflow_kernel.testing import Person, World


def listen(world: World, run: Any, *patterns: str) -> None:
    """Let a subscriber of the plugin `notes` hear of events from here on."""
    dispatcher: Dispatcher = world.kernel.dispatcher
    dispatcher.attach(world.kernel.db, [("notes", Subscriber("test", patterns, run))])


def test_a_subscriber_hears_after_the_commit_in_the_event_s_workspace(world: World, ann: Person) -> None:
    heard: list[tuple[str, str | None, str | None]] = []

    def run(uow: UnitOfWork, event: Event) -> None:
        heard.append((event.type, uow.scope.workspace_id, event.user_id))

    listen(world, run, "note.*")
    ann.post("/api/v1/notes", {"title": "x"})
    assert heard == []
    world.drain()
    assert heard == [("note.created", ann.workspace_id, ann.id)]


def test_one_that_fails_harms_neither_the_request_nor_the_next_event(world: World, ann: Person) -> None:
    heard: list[str] = []

    def run(uow: UnitOfWork, event: Event) -> None:
        heard.append(event.payload["title"])
        if event.payload["title"] == "bad":
            raise RuntimeError

    listen(world, run, "note.created")
    assert ann.post("/api/v1/notes", {"title": "bad"}).status == 201
    ann.post("/api/v1/notes", {"title": "good"})
    world.drain()
    assert heard == ["bad", "good"]


def test_one_that_others_are_in_the_way_of_runs_again(world: World, ann: Person) -> None:
    tried: list[str] = []

    def run(uow: UnitOfWork, event: Event) -> None:
        tried.append(event.id)
        if len(tried) < 3:
            raise StaleRow

    listen(world, run, "note.created")
    ann.post("/api/v1/notes", {"title": "x"})
    world.drain()
    assert len(tried) == 3


def test_subscribers_of_a_plugin_that_is_off_hear_nothing(world: World, ann: Person) -> None:
    heard: list[str] = []
    listen(world, lambda uow, event: heard.append(event.type), "note.*")
    ann.post("/api/v1/notes", {"title": "x"})
    world.kernel.switches.set("notes", False)
    try:
        world.drain()
    finally:
        world.kernel.switches.set("notes", True)
    assert heard == []


def test_the_thread_delivers_what_waits_before_it_ends() -> None:
    guard = Guard(lambda *where: True, SystemClock(), PluginSettings())
    dispatcher = Dispatcher(guard)
    done = threading.Event()
    dispatcher.start()
    dispatcher.committed([], [lambda: 1 / 0, done.set])
    dispatcher.stop()
    assert done.is_set()
