"""The counter of unread notifications equals a recount, whatever happens, in whatever order and at once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pronaflow_kernel.api import Event, Principal, Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_notifications.plugin import NotificationsPlugin

from .conftest import URL, told

Make = Callable[..., Any]


def deliver(world: World, events: list[Event], person: Person) -> None:
    """Tell of events, each in a transaction of its own, as the bus does."""
    plugin = world.kernel.contributions["notifications"].plugin
    assert isinstance(plugin, NotificationsPlugin)
    for event in events:
        with world.kernel.db.write(Scope(Principal.system(), person.workspace_id, "owner")) as uow:
            plugin.teller.tell(uow, event)


def events_of(world: World, person: Person) -> list[Event]:
    """What happened in a workspace."""
    names = Event.__dataclass_fields__
    return [Event(**{name: row[name] for name in names}) for row in world.events(person.workspace_id)]


def again(world: World, person: Person) -> Person:
    """The same person at another device, for another thread."""
    return Person(world.app.test_client(), person.token, person.id, person.username, person.email)


def test_events_that_come_twice_and_marks_at_the_same_time(
    world: World, ann: Person, project: Any, colleague: Make, task: Make, recount: Make
) -> None:
    people = [colleague(project["id"]) for _ in range(3)]
    before = {event.id for event in events_of(world, ann)}
    made = [ann.post("/api/v1/tasks", {"project_id": project["id"], "title": f"T{n}"}).data for n in range(4)]
    for each in made:
        url = f"/api/v1/tasks/{each['id']}"
        ann.patch(url, {"assignee_ids": [person.id for person in people]})
        for title in ("A", "B"):
            ann.patch(url, {"title": title})
    events = [event for event in events_of(world, ann) if event.id not in before]
    failures: list[BaseException] = []

    def run(action: Callable[[], Any]) -> Thread:
        def safely() -> None:
            try:
                action()
            except BaseException as error:
                failures.append(error)

        thread = Thread(target=safely)
        thread.start()
        return thread

    def marks(person: Person) -> None:
        for _ in range(3):
            for row in person.get(URL).data[:2]:
                for mark in ("read", "unread"):
                    assert person.patch(f"{URL}/{row['id']}/{mark}", {}).status == 200
            assert person.post(f"{URL}/mark-all-read").status == 200

    threads = [run(lambda: deliver(world, events, ann)), run(lambda: deliver(world, events[::-1], ann))]
    threads += [run(lambda person=person: marks(again(world, person))) for person in people]  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert failures == []
    for person in people:
        kept, anew = recount(person)
        assert kept == anew
        found = person.get(URL, page_size=100).data
        assert sum(row["aggregated_count"] for row in found) == 4 * 3
        assert len({row["event_id"] for row in found}) == len(found)
    world.drain()


STEPS = ("change", "comment", "read", "unread", "all", "delete", "wait", "leave")


@settings(
    derandomize=True,
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(steps=["change", "change", "read", "change", "unread", "all", "comment", "delete", "leave"])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=12))
def test_the_counter_equals_a_recount_after_each_step(
    world: World, ann: Person, project: Any, colleague: Make, task: Make, recount: Make, steps: list[str]
) -> None:
    bob: Person = colleague(project["id"])
    url = f"/api/v1/tasks/{task(project, assigned_to=bob.id)['id']}"
    for number, step in enumerate(steps):
        newest = next(iter(bob.get(URL).data), None)
        if step == "change":
            ann.patch(url, {"title": f"Title {number}"})
        elif step == "comment":
            ann.post(f"{url}/comments", {"content": "Well"})
        elif step == "wait":
            world.clock.advance(200)
        elif step == "all":
            unread = len(told(bob, status="unread"))
            assert bob.post(f"{URL}/mark-all-read").json["count"] == unread
        elif step == "leave":
            ann.delete(f"/api/v1/projects/{project['id']}/members/{bob.id}")
        elif newest is not None and step == "delete":
            bob.delete(f"{URL}/{newest['id']}")
        elif newest is not None and step in ("read", "unread"):
            bob.patch(f"{URL}/{newest['id']}/{step}", {})
        world.drain()
        kept, anew = recount(bob)
        assert kept == anew == bob.get(f"{URL}/unread-count").data["unread_count"]
