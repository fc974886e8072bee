"""What a structure may say, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.api import ValidationFailed, load
from pronaflow_projects.copying.content import length, settled
from pronaflow_projects.templates.structure import MOST_TASKS, Structure, empty, tasks_of

TASK: dict[str, Any] = {
    "title": "Walls",
    "description": None,
    "priority": "medium",
    "estimated_hours": None,
    "story_points": None,
    "is_milestone": False,
    "offset_days": None,
    "duration_days": None,
    "tags": [],
    "checklist": [],
    "custom_fields": {},
    "depends_on": [],
}


def loaded(*phases: Any, **values: Any) -> dict[str, Any]:
    """A structure as it is stored."""
    found: dict[str, Any] = load(Structure(), {"phases": list(phases), **values})
    return found


def faults(*phases: Any, **values: Any) -> set[str]:
    """Fields of a structure that are refused."""
    with pytest.raises(ValidationFailed) as refused:
        loaded(*phases, **values)
    return {error["field"] for error in refused.value.details["errors"]}


def phase(*tasks: Any, **values: Any) -> dict[str, Any]:
    return {"name": "Build", "tasks": list(tasks), **values}


def linked(*links: Any, **values: Any) -> dict[str, Any]:
    return {"title": "x", "depends_on": list(links), **values}


def test_nothing_is_a_structure_too() -> None:
    assert load(Structure(), {}) == empty()


def test_what_is_stored_has_every_key() -> None:
    found = loaded(phase("Walls"))
    assert found == {
        "version": 1,
        "duration_days": None,
        "phases": [{"name": "Build", "description": None, "duration_days": None, "tasks": [TASK]}],
        "custom_fields": [],
    }
    assert load(Structure(), found) == found, "what is answered can be sent"


def test_dependencies_are_named_by_ref_or_place() -> None:
    found = loaded(
        phase({"title": "a", "ref": "start"}),
        phase(linked({"ref": "start", "type": "ss", "lag_days": 2}), linked({"index": 1})),
    )
    assert [task["depends_on"] for task in tasks_of(found)] == [
        [],
        [{"index": 0, "type": "SS", "lag_days": 2}],
        [{"index": 1, "type": "FS", "lag_days": 0}],
    ]


@pytest.mark.parametrize(
    ("tasks", "wrong"),
    [
        ([linked({"ref": "none"})], {"phases.0.tasks.0.depends_on.0"}),
        ([linked({"index": 1})], {"phases.0.tasks.0.depends_on.0"}),
        ([linked({"index": -1})], {"phases.0.tasks.0.depends_on.0"}),
        ([linked({"index": 0})], {"phases.0.tasks.0.depends_on.0"}),
        (["x", linked({"index": 0}, {"index": 0})], {"phases.0.tasks.1.depends_on.1"}),
        ([linked({})], {"phases.0.tasks.0.depends_on.0.index"}),
        ([linked({"index": 0, "ref": "a"})], {"phases.0.tasks.0.depends_on.0.index"}),
        ([{"title": "a", "ref": "r"}, {"title": "b", "ref": "r"}], {"phases.0.tasks.1.ref"}),
        (
            [linked({"index": 1}), linked({"index": 0}), linked({"index": 0})],
            {f"phases.0.tasks.{place}.depends_on" for place in range(3)},
        ),
    ],
    ids=["no ref", "no place", "negative", "itself", "twice", "nothing", "both", "same ref", "circle"],
)
def test_dependencies_that_cannot_be(tasks: Any, wrong: set[str]) -> None:
    assert faults(phase(*tasks)) == wrong


def test_every_fault_is_named() -> None:
    bad = {
        "title": " ",
        "priority": "huge",
        "estimated_hours": -1,
        "offset_days": "soon",
        "duration_days": -1,
        "tags": ["", "x" * 51],
        "checklist": [""],
        "assigned_to": "ann",
        "due_date": "2026-01-01",
    }
    wrong = faults(phase(bad, {}), {"tasks": []}, {"name": "x", "nonsense": 1}, version=2, duration_days=-1)
    assert {f"phases.0.tasks.0.{name}" for name in bad.keys() - {"tags", "checklist"}} <= wrong
    assert {
        "phases.0.tasks.0.tags.0",
        "phases.0.tasks.0.tags.1",
        "phases.0.tasks.0.checklist.0.title",
        "phases.0.tasks.1.title",
        "phases.1.name",
        "phases.2.nonsense",
        "version",
        "duration_days",
    } <= wrong


def test_what_tasks_would_refuse_is_refused_early() -> None:
    milestone = {"title": "m", "is_milestone": True}
    assert faults(phase({**milestone, "estimated_hours": 2})) == {"phases.0.tasks.0.estimated_hours"}
    assert faults(phase({**milestone, "duration_days": 2})) == {"phases.0.tasks.0.duration_days"}
    assert faults(phase({**milestone, "checklist": ["x"]})) == {"phases.0.tasks.0.checklist"}
    assert faults(phase({"title": "t", "tags": ["a\nb"]})) == {"phases.0.tasks.0.tags"}


def test_custom_fields_are_there_and_hold_no_dates() -> None:
    stone = {"name": "Stone", "type": "select", "options": ["Brick", {"label": "Marble"}]}
    day = {"name": "Day", "type": "date"}
    found = loaded(phase({"title": "a", "custom_fields": {"STONE": "Brick"}}), custom_fields=[stone, day])
    assert found["custom_fields"][0]["options"] == [
        {"label": "Brick", "color": None},
        {"label": "Marble", "color": None},
    ]
    assert faults(custom_fields=[stone, {**day, "name": "stone"}]) == {"custom_fields"}
    assert faults(custom_fields=[{**day, "default_value": "2026-01-01"}]) == {"custom_fields.0.default_value"}
    for named in ({"Wood": 1}, {"Day": "2026-01-01"}):
        task = {"title": "a", "custom_fields": named}
        assert faults(phase(task), custom_fields=[day]) == {"phases.0.tasks.0.custom_fields"}


def test_there_is_an_end_to_phases_and_tasks() -> None:
    full = phase(*["x"] * (MOST_TASKS // 2))
    assert len(list(tasks_of(loaded(full, full)))) == MOST_TASKS
    assert faults(full, full, phase("x")) == {"phases"}
    assert faults(*[phase()] * 101) == {"phases"}


def test_tasks_without_days_have_those_of_their_phase() -> None:
    found = loaded(
        phase("a", duration_days=5),
        phase(
            "b",
            {"title": "c", "duration_days": 2},
            {"title": "d", "is_milestone": True},
            {"title": "e", "duration_days": 0},
            {"title": "f", "offset_days": 1, "duration_days": 1},
            duration_days=10,
        ),
        phase("g"),
        phase("h", duration_days=1),
    )
    days = [
        (task["offset_days"], task["duration_days"])
        for task in tasks_of({"phases": settled(found["phases"])})
    ]
    assert days == [(0, 5), (5, 10), (5, 2), (14, 0), (14, 0), (1, 1), (None, None), (15, 1)]
    assert length(found) == 16
    assert length({**found, "duration_days": 30}) == 30
    assert length(loaded(phase("x"))) is None
