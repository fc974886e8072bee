"""What is in a project, as clones and templates take it along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pronaflow_kernel.testing import Person, World
from pronaflow_projects.api import ProjectContent, Projects, WorkDays
from pronaflow_tasks.api import Tasks

DAYS = WorkDays(["mon", "tue", "wed", "thu", "fri"], [date(2026, 3, 11), date(2026, 4, 6)])
START = date(2026, 3, 6)
"""A Friday."""

TEXT = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@st.composite
def structured(draw: Any) -> dict[str, Any]:
    """A task as a structure holds it."""
    milestone = draw(st.booleans())
    offset = draw(st.none() | st.integers(-30, 300))
    lengths = st.none() | st.integers(0, 40)
    length = None if offset is None else 0 if milestone else draw(lengths)
    return {
        "title": draw(TEXT),
        "description": draw(st.none() | TEXT),
        "priority": draw(st.sampled_from(["low", "medium", "high", "critical"])),
        "estimated_hours": None if milestone else draw(st.sampled_from([None, 0.5, 8.0])),
        "story_points": draw(st.sampled_from([None, 0.5, 3.0])),
        "is_milestone": milestone,
        "offset_days": offset,
        "duration_days": length,
        "tags": sorted(draw(st.sets(st.sampled_from(["blue", "green", "red"])))),
        "checklist": []
        if milestone
        else [{"title": title, "description": None} for title in draw(st.lists(TEXT, max_size=2))],
        "custom_fields": {},
        "depends_on": [],
    }


@st.composite
def structures(draw: Any) -> list[dict[str, Any]]:
    """Phases whose tasks wait for some that stand before them."""
    found = [
        {
            "name": draw(TEXT),
            "description": draw(st.none() | TEXT),
            "duration_days": None,
            "tasks": draw(st.lists(structured(), max_size=4)),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    for place, task in enumerate(task for phase in found for task in phase["tasks"]):
        if place:
            before = draw(st.sets(st.integers(0, place - 1), max_size=2))
            kinds = st.sampled_from(["FS", "SS", "FF", "SF"])
            task["depends_on"] = [
                {"index": each, "type": draw(kinds), "lag_days": draw(st.integers(-3, 3))} for each in before
            ]
    return found


@pytest.fixture
def content(world: World) -> ProjectContent:
    """The service that projects gets."""
    return world.kernel.services.require(ProjectContent)


def in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Phases in which what tasks wait for has an order."""
    for phase in found:
        for task in phase["tasks"]:
            task["depends_on"].sort(key=lambda link: link["index"])
    return found


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(structure=structures())
def test_what_is_made_of_a_structure_has_that_structure(
    world: World, ann: Person, acting: Any, content: ProjectContent, structure: list[dict[str, Any]]
) -> None:
    projects = world.kernel.services.require(Projects)
    with acting(ann) as uow:
        project = projects.create(uow, {"name": "Copy", "start_date": START})
        content.fill(uow, project["id"], {"phases": structure, "custom_fields": []}, DAYS, START)
        again = content.describe(uow, project["id"], DAYS, START, with_tasks=True)
        bare = content.describe(uow, project["id"], DAYS, START, with_tasks=False)
        later = projects.create(uow, {"name": "Later", "start_date": date(2027, 1, 1)})
        content.fill(uow, later["id"], again, DAYS, date(2027, 1, 1))
        assert content.describe(uow, later["id"], DAYS, date(2027, 1, 1), with_tasks=True) == again
    assert in_order(again["phases"]) == in_order(structure)
    assert bare["phases"] == [{**phase, "tasks": []} for phase in structure]


def test_dates_on_days_off_move_to_the_next_day_of_work(
    ann: Person, acting: Any, project: Any, content: ProjectContent
) -> None:
    dated: dict[str, dict[str, Any]] = {
        "weekend": {"start_date": "2026-03-07", "due_date": "2026-03-08"},
        "over": {"start_date": "2026-03-06", "due_date": "2026-03-09"},
        "only due": {"due_date": "2026-03-11"},
        "only start": {"start_date": "2026-03-05"},
        "milestone": {"due_date": "2026-03-12", "is_milestone": True},
        "never": {},
    }
    for title, days in dated.items():
        ann.post("/api/v1/tasks", {"project_id": project["id"], "title": title, **days})
    with acting(ann) as uow:
        (phase,) = content.describe(uow, project["id"], DAYS, START, with_tasks=True)["phases"]
        (early,) = content.describe(uow, project["id"], DAYS, None, with_tasks=True)["phases"]
    found = {task["title"]: (task["offset_days"], task["duration_days"]) for task in phase["tasks"]}
    assert found == {
        "weekend": (1, 1),
        "over": (0, 2),
        "only due": (3, 0),
        "only start": (-1, None),
        "milestone": (3, 0),
        "never": (None, None),
    }
    assert min(task["offset_days"] for task in early["tasks"] if task["offset_days"] is not None) == 0


def test_what_waits_for_something_elsewhere_waits_no_more(ann: Person, project: Any) -> None:
    def task(project_id: str) -> str:
        return str(ann.post("/api/v1/tasks", {"project_id": project_id, "title": "x"}).data["id"])

    other = ann.post("/api/v1/projects", {"name": "Other"}).data
    waiting, here, there, gone = (task(each["id"]) for each in (project, project, other, project))
    for before in (here, there, gone):
        link = {"depends_on_task_id": before}
        assert ann.post(f"/api/v1/tasks/{waiting}/dependencies", link).status == 201
    ann.delete(f"/api/v1/tasks/{gone}")
    template = ann.post("/api/v1/projects/templates", {"name": "x", "from_project_id": project["id"]}).data
    (phase,) = template["structure"]["phases"]
    assert [task["depends_on"] for task in phase["tasks"]] == [
        [{"index": 1, "type": "FS", "lag_days": 0}],
        [],
    ]


def test_a_thousand_tasks_are_copied_with_as_many_statements_as_ten(
    world: World, ann: Person, project: Any, acting: Any, tasks: Tasks, events: Callable[[str], list[Any]]
) -> None:
    def copied(count: int) -> tuple[Any, int]:
        rows = [
            {"title": f"Task {number}", "tags": ["red", "blue"], "checklist": [{"title": "Step"}]}
            for number in range(count)
        ]
        with acting(ann) as uow:
            tasks.create_many(uow, project["id"], rows)
        with world.statements() as seen:
            reply = ann.post(f"/api/v1/projects/{project['id']}/clone", {"copy_tasks": True})
        assert reply.status == 201
        return reply.data, len(seen)

    _, few = copied(10)
    copy, many = copied(990)
    assert (copy["tasks_count"], many) == (1000, few)
    assert few <= 35
    assert len(events(copy["id"])) == 1


def test_custom_fields_come_along_by_name(ann: Person, project: Any) -> None:
    url = f"/api/v1/projects/{project['id']}/custom-fields"

    def field(name: str, kind: str, **values: Any) -> str:
        reply = ann.post(url, {"name": name, "type": kind, **values})
        assert reply.status == 201, reply.body
        return str(reply.data["id"])

    def task(title: str, **values: Any) -> None:
        body = {"project_id": project["id"], "title": title, "custom_fields": values}
        assert ann.post("/api/v1/tasks", body).status == 201

    field("Stone", "select", options=["Brick", "Marble"], default_value="Marble")
    field("Colours", "multi_select", options=["Red", "Blue"])
    field("Day", "date")
    task("Walls", Stone="Brick", Colours=["Red", "Blue"], Day="2026-03-01")
    task("Roof", Stone=None)
    task("Door")
    field("Height", "number", required=True)
    field("Built", "date", required=True)
    copy = ann.post(f"/api/v1/projects/{project['id']}/clone", {"copy_tasks": True}).data
    fields = {row["id"]: row for row in ann.get(f"/api/v1/projects/{copy['id']}/custom-fields").data}
    assert [(row["name"], row["required"]) for row in fields.values()] == [
        ("Stone", False),
        ("Colours", False),
        ("Day", False),
        ("Height", True),
        ("Built", True),
    ]

    def labels(field_id: str, value: Any) -> Any:
        names = {each["id"]: each["label"] for each in fields[field_id]["options"]}
        return sorted(map(names.get, value)) if isinstance(value, list) else names[value]

    found = {
        row["title"]: {fields[key]["name"]: labels(key, value) for key, value in row["custom_fields"].items()}
        for row in ann.get("/api/v1/tasks", project_id=copy["id"]).data
    }
    assert found == {
        "Walls": {"Stone": "Brick", "Colours": ["Blue", "Red"]},
        "Roof": {},
        "Door": {"Stone": "Marble"},
    }


def test_a_template_whose_fields_cannot_be_makes_nothing(ann: Person) -> None:
    stone = {"name": "Stone", "type": "select", "options": []}
    template = ann.post("/api/v1/projects/templates", {"name": "x", "structure": {"custom_fields": [stone]}})
    body = {"template_id": template.data["id"], "name": "x"}
    assert ann.post("/api/v1/projects/from-template", body).faults == {"custom_fields.0.options"}
