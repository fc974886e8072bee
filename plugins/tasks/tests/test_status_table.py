"""The whole table of modules.md 4.3: every move of a task from one status to another, and what it does.

There is no forbidden one: what waits for other tasks, and full statuses, are proven beside (test_waiting.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.rules import faults, progress, with_effects, with_milestone
from pronaflow_tasks.words import STATUS_ALIASES, STATUSES

TASKS = "/api/v1/tasks"

ALIASES = {
    "todo": {"to_do", "not_started", "new", "open"},
    "in_progress": {"doing", "active"},
    "in_review": {"review"},
    "blocked": {"waiting"},
    "completed": {"done", "closed"},
    "cancelled": {"canceled"},
}
"""As modules.md 4.3 has them."""

EARLIER, NOW = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_there_are_no_other_words() -> None:
    assert set(STATUSES) == {"backlog", *ALIASES}
    assert {alias: word for word, aliases in ALIASES.items() for alias in aliases} == STATUS_ALIASES


def row(status: str, **values: Any) -> dict[str, Any]:
    """A task as it is stored."""
    task: dict[str, Any] = {"status": status, "started_at": None, "completed_at": None, "progress": 0}
    if status == "completed":
        task |= {"completed_at": EARLIER, "progress": 100}
    return {**task, "subtasks_count": 0, "subtasks_completed": 0, **values}


@pytest.mark.parametrize("started", [None, EARLIER], ids=["fresh", "started"])
@pytest.mark.parametrize(("old", "new"), list(product(STATUSES, STATUSES)))
def test_what_follows_from_a_move(old: str, new: str, started: datetime | None) -> None:
    task = row(old, started_at=started)
    after = {**task, **with_effects(task, {"status": new}, NOW)}
    begins = new == "in_progress" and old != new
    assert after["started_at"] == (started or (NOW if begins else None)), "the first entry to in_progress"
    completed = {"completed": EARLIER if old == new else NOW}.get(new)
    assert after["completed_at"] == completed
    assert after["progress"] == (100 if new == "completed" else 0)


@pytest.mark.parametrize("new", STATUSES)
def test_the_bar_of_a_checklist_stays(new: str) -> None:
    for old in STATUSES:
        counts = {"subtasks_count": 3, "subtasks_completed": 1}
        task = row(old, **counts, progress=progress(old, 1, 3))
        after = {**task, **with_effects(task, {"status": new}, NOW)}
        assert after["progress"] == (100 if new == "completed" else 33)


@pytest.mark.parametrize(
    ("status", "done", "count", "expected"),
    [
        ("todo", 0, 0, 0),
        ("todo", 0, 4, 0),
        ("in_review", 1, 3, 33),
        ("blocked", 199, 200, 99),
        ("in_progress", 4, 4, 100),
        ("completed", 0, 4, 100),
        ("cancelled", 2, 4, 50),
    ],
)
def test_the_bar(status: str, done: int, count: int, expected: int) -> None:
    assert progress(status, done, count) == expected


@pytest.mark.parametrize("old", STATUSES)
def test_every_move_is_made_and_told(
    world: World, ann: Person, project: Any, events: Callable[[str], list[Any]], counted: Any, old: str
) -> None:
    for new in STATUSES:
        task = ann.post(TASKS, {"project_id": project["id"], "title": "x", "status": old}).data
        known = len(events(task["id"]))
        world.clock.advance(60)
        reply = ann.patch(f"{TASKS}/{task['id']}/status", {"status": new})
        assert (reply.status, reply.data["status"]) == (200, new)
        told = [event["type"] for event in events(task["id"])[known:]]
        moved = [] if new == old else ["task.updated"]
        assert told == moved + ["task.completed"] * (new == "completed" and new != old), (old, new)
    kept, anew = counted(project["id"])
    assert kept == anew


DAY, LATER = date(2026, 3, 9), date(2026, 3, 11)


def stored(**values: Any) -> dict[str, Any]:
    """A task as it is stored, with what milestones are about."""
    blank = {"title": "M", "is_milestone": False, "start_date": None, "due_date": None, "due_at": None}
    return row("todo", **{**blank, "estimated_hours": None, **values})


@pytest.mark.parametrize(
    ("task", "changes", "days"),
    [
        (None, {"is_milestone": True, "due_date": DAY}, (DAY, DAY)),
        (None, {"is_milestone": True, "start_date": DAY}, (DAY, DAY)),
        (None, {"is_milestone": True}, (None, None)),
        (None, {"due_date": DAY}, (None, DAY)),
        ({"start_date": DAY, "due_date": LATER}, {"is_milestone": True}, (LATER, LATER)),
        ({"start_date": DAY}, {"is_milestone": True}, (DAY, DAY)),
        ({"due_date": DAY}, {"is_milestone": True}, (DAY, DAY)),
        ({}, {"is_milestone": True}, (None, None)),
        ({"is_milestone": True, "start_date": DAY, "due_date": DAY}, {"due_date": LATER}, (LATER, LATER)),
        ({"is_milestone": True, "start_date": DAY, "due_date": DAY}, {"start_date": LATER}, (LATER, LATER)),
        ({"is_milestone": True, "start_date": DAY, "due_date": DAY}, {"due_date": None}, (None, None)),
        ({"is_milestone": True, "start_date": DAY, "due_date": DAY}, {"start_date": None}, (None, None)),
        ({"is_milestone": True, "start_date": DAY, "due_date": DAY}, {"title": "N"}, (DAY, DAY)),
        (
            {"is_milestone": True, "start_date": DAY, "due_date": DAY},
            {"is_milestone": False, "due_date": LATER},
            (DAY, LATER),
        ),
    ],
    ids=str,
)
def test_a_milestone_is_one_day(
    task: dict[str, Any] | None, changes: dict[str, Any], days: tuple[date | None, date | None]
) -> None:
    before = None if task is None else stored(**task)
    after = {**(before or stored()), **with_milestone(before, changes)}
    assert (after["start_date"], after["due_date"]) == days
    assert faults(after) == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"estimated_hours": 3.0}, ["estimated_hours"]),
        ({"start_date": DAY, "due_date": LATER}, ["start_date"]),
        ({"start_date": DAY}, ["start_date"]),
        ({"subtasks_count": 1}, ["is_milestone"]),
        (
            {"estimated_hours": 3.0, "due_date": DAY, "subtasks_count": 2},
            ["estimated_hours", "start_date", "is_milestone"],
        ),
        ({"estimated_hours": 0}, []),
    ],
    ids=lambda value: "-".join(value) or "nothing",
)
def test_what_a_milestone_may_not_have(values: dict[str, Any], named: list[str]) -> None:
    problems = faults(stored(is_milestone=True, **values))
    assert [problem.field for problem in problems] == named
    assert {problem.code for problem in problems} <= {"milestone"}
    assert faults(stored(**values)) == [], "any other task may"


@pytest.mark.parametrize(("old", "new"), [("todo", "completed"), ("completed", "todo")])
def test_a_milestone_moves_like_any_task(ann: Person, project: Any, old: str, new: str) -> None:
    body = {
        "project_id": project["id"],
        "title": "M",
        "is_milestone": True,
        "due_date": "2026-03-09",
        "status": old,
    }
    task = ann.post(TASKS, body).data
    moved = ann.patch(f"{TASKS}/{task['id']}/status", {"status": new}).data
    assert (moved["status"], moved["progress"]) == (new, 100 if new == "completed" else 0)
    assert (moved["start_date"], moved["due_date"]) == ("2026-03-09", "2026-03-09")
