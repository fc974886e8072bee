"""Tasks that come due, and that were due, are announced once for each day, by the assignee's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.attribution import attributed
from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"
Tell = Callable[[str], list[str]]


@pytest.fixture
def told(world: World, ann: Person) -> Tell:
    """Lets the job come due at an instant, and answers what it announced, each with its day."""

    def look(instant: str) -> list[str]:
        world.clock.set(datetime.fromisoformat(instant).replace(tzinfo=UTC))
        before = len(world.events(ann.workspace_id))
        (job,) = (job for job in world.kernel.contributions["tasks"].jobs if job.name == "remind")
        for _ in range(2):  # a second look, as after a crash, tells nothing new
            with world.kernel.db.read(Scope.system()) as reader:
                attributed("tasks", job.run)(reader, {})  # type: ignore[arg-type]
        return [
            f"{row['type']} {row['payload']['due_date']}" for row in world.events(ann.workspace_id)[before:]
        ]

    return look


@pytest.fixture
def due(ann: Person, project: Any) -> Callable[..., Any]:
    """Makes a task of ann's that is due on a day."""

    def make(day: str, **values: Any) -> Any:
        body = {"project_id": project["id"], "title": "Soon", "due_date": day, "assigned_to": ann.id}
        return ann.post(TASKS, {**body, **values}).data

    return make


def live_in(world: World, person: Person, zone: str) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.preferences.change(uow, "locale", person.id, {"timezone": zone})


def test_it_is_told_a_day_before_the_day_ends_and_once_after(told: Tell, due: Callable[..., Any]) -> None:
    due("2026-03-05")
    assert told("2026-03-04T23:01") == []
    assert told("2026-03-05T00:01") == ["task.due_soon 2026-03-05"]
    assert told("2026-03-05T23:01") == []
    assert told("2026-03-06T00:01") == ["task.overdue 2026-03-05"]
    assert told("2026-03-06T12:01") == []


def test_the_day_ends_where_the_assignee_lives(
    world: World, ann: Person, told: Tell, due: Callable[..., Any]
) -> None:
    live_in(world, ann, "Asia/Ho_Chi_Minh")
    due("2026-03-05")
    assert told("2026-03-04T16:01") == []
    assert told("2026-03-04T17:01") == ["task.due_soon 2026-03-05"]
    assert told("2026-03-05T17:01") == ["task.overdue 2026-03-05"]


def test_a_day_of_25_hours_ends_an_hour_later(
    world: World, ann: Person, told: Tell, due: Callable[..., Any]
) -> None:
    live_in(world, ann, "America/New_York")
    due("2026-11-01")
    assert told("2026-11-02T04:01") == ["task.due_soon 2026-11-01"]
    assert told("2026-11-02T05:01") == ["task.overdue 2026-11-01"]


def test_an_hour_counts_where_one_is_named(told: Tell, due: Callable[..., Any]) -> None:
    due("2026-03-05T15:00:00Z")
    assert told("2026-03-04T14:01") == []
    assert told("2026-03-04T15:01") == ["task.due_soon 2026-03-05"]
    assert told("2026-03-05T15:01") == ["task.overdue 2026-03-05"]


def test_a_new_day_is_told_anew(ann: Person, told: Tell, due: Callable[..., Any]) -> None:
    task = due("2026-03-05")
    assert told("2026-03-05T08:01") == ["task.due_soon 2026-03-05"]
    ann.patch(f"{TASKS}/{task['id']}", {"due_date": "2026-03-06"})
    assert "task.due_soon 2026-03-06" in told("2026-03-06T08:01")


@pytest.mark.parametrize(
    ("values", "then"),
    [
        ({"assigned_to": None}, {}),
        ({}, {"status": "completed"}),
        ({}, {"status": "cancelled"}),
    ],
    ids=["nobody's", "completed", "cancelled"],
)
def test_what_nobody_has_to_do_is_not_told(
    ann: Person, told: Tell, due: Callable[..., Any], values: Any, then: Any
) -> None:
    task = due("2026-03-05", **values)
    if then:
        ann.patch(f"{TASKS}/{task['id']}", then)
    assert told("2026-03-05T08:01") == []


def test_what_is_long_overdue_is_no_news(told: Tell, due: Callable[..., Any]) -> None:
    due("2026-03-05")
    assert told("2026-03-20T08:01") == []
