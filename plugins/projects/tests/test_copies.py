"""Projects made from other ones and from templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.testing import Person, Reply, World

URL = "/api/v1/projects"
TASKS = "/api/v1/tasks"
FRIDAY, MONDAY, TUESDAY = "2026-03-06", "2026-03-09", "2026-03-10"


@pytest.fixture(autouse=True)
def _friday(world: World) -> None:
    """Each test begins at the same instant, wherever the one before left the clock."""
    world.clock.set(datetime(2026, 3, 6, 9, tzinfo=UTC))


@pytest.fixture
def source(ann: Person) -> Any:
    """A project of ann's with two lists, and a task in each."""
    body = {
        "workspace_id": ann.workspace_id,
        "name": "House",
        "description": "Brick",
        "project_type": "building",
        "priority": "high",
        "risk_level": "low",
        "budget": 1000,
        "start_date": FRIDAY,
        "end_date": TUESDAY,
    }
    project = ann.post(URL, body).data
    for title, days in (("Walls", {"start_date": FRIDAY, "due_date": MONDAY}), ("Roof", {})):
        of = {"project_id": project["id"]}
        place = ann.post(f"{TASKS}/lists", {**of, "name": f"List of {title}"}).data
        task = {"title": title, "task_list_id": place["id"], "status": "completed", "assigned_to": ann.id}
        assert ann.post(TASKS, {**of, **task, **days, "tags": ["Red"]}).status == 201
    return project


@pytest.fixture
def colleague(world: World, ann: Person) -> Callable[..., Person]:
    """Makes members of ann's workspace, and of a project of hers."""

    def make(role: str, project: Any = None, project_role: str = "member") -> Person:
        person = world.person(role)
        world.join(ann.workspace_id, person, role)
        if project is not None:
            body = {"user_id": person.id, "role": project_role}
            assert ann.post(f"{URL}/{project['id']}/members", body).status == 201
        return person

    return make


def clone(person: Person, project: Any, **body: Any) -> Reply:
    """What a person is answered who copies a project."""
    return person.post(f"{URL}/{project['id']}/clone", body)


def cloned(person: Person, project: Any, **body: Any) -> Any:
    """A copy that a person makes."""
    reply = clone(person, project, **body)
    assert reply.status == 201, reply.body
    return reply.data


def lists(person: Person, project: Any) -> list[str]:
    """Names of the lists of a project."""
    return [row["name"] for row in person.get(f"{TASKS}/lists", project_id=project["id"]).data]


def tasks(person: Person, project: Any) -> dict[str, Any]:
    """The tasks of a project by their titles."""
    return {row["title"]: row for row in person.get(TASKS, project_id=project["id"]).data}


def roles(person: Person, project: Any) -> dict[str, str]:
    """Roles in a project by user."""
    return {row["user_id"]: row["role"] for row in person.get(f"{URL}/{project['id']}/members").data}


def test_a_copy_has_the_lists_and_nobody_s_tasks(ann: Person, source: Any) -> None:
    reply = clone(ann, source)
    copy = reply.data
    assert reply.json["message"] == "The project was copied"
    assert (copy["project_id"], copy["name"], copy["owner_id"]) == (copy["id"], "Copy of House", ann.id)
    assert (copy["status"], copy["budget"]) == ("active", None)
    for name in ("description", "project_type", "priority", "risk_level", "visibility", "governance_mode"):
        assert copy[name] == source[name]
    assert copy["key"] != source["key"]
    assert lists(ann, copy) == ["List of Walls", "List of Roof"]
    assert tasks(ann, copy) == {}
    assert roles(ann, copy) == {ann.id: "owner"}


def test_a_copy_without_structure_is_empty(ann: Person, source: Any) -> None:
    assert lists(ann, cloned(ann, source, copy_structure=False)) == []


def test_a_copy_takes_over_the_settings(ann: Person, source: Any) -> None:
    ann.patch(f"{URL}/{source['id']}/settings", {"freeze_days": 3, "default_task_status": "backlog"})
    copy = cloned(ann, source, copy_tasks=True)
    assert ann.get(f"{URL}/{copy['id']}/settings").data["settings"]["freeze_days"] == 3
    assert {task["status"] for task in tasks(ann, copy).values()} == {"backlog"}


def test_copied_tasks_are_new_and_as_far_from_the_start(ann: Person, source: Any) -> None:
    copy = cloned(ann, source, copy_tasks=True, copy_structure=False, start_date=TUESDAY, name="Barn")
    assert (copy["name"], copy["start_date"], copy["end_date"]) == ("Barn", TUESDAY, "2026-03-12")
    made, old = tasks(ann, copy), tasks(ann, source)
    assert lists(ann, copy) == ["List of Walls", "List of Roof"]
    walls, roof = made["Walls"], made["Roof"]
    assert (walls["start_date"], walls["due_date"]) == (TUESDAY, "2026-03-11"), "Friday and Monday"
    assert (roof["start_date"], roof["due_date"]) == (None, None)
    assert (walls["key"], roof["key"]) == (f"{copy['key']}-1", f"{copy['key']}-2")
    assert walls["tags"] == ["Red"]
    for title, task in made.items():
        assert (task["status"], task["assigned_to"], task["completed_at"]) == ("todo", None, None)
        assert task["id"] != old[title]["id"]
        assert task["created_by"] == ann.id
    assert (copy["tasks_count"], copy["progress"]) == (2, 0)
    assert ann.post(TASKS, {"project_id": copy["id"], "title": "Door"}).data["key"].endswith("-3")


def test_days_on_which_nobody_works_are_passed_over(ann: Person, source: Any) -> None:
    week = {"work_days": ["mon", "tue", "wed"], "holidays": ["2026-03-10"]}
    ann.patch(f"/api/v1/workspaces/{ann.workspace_id}/settings", week)
    task = {"title": "Door", "project_id": source["id"]}
    ann.post(TASKS, {**task, "start_date": MONDAY, "due_date": "2026-03-16"})
    door = tasks(ann, cloned(ann, source, copy_tasks=True, start_date=MONDAY))["Door"]
    assert (door["start_date"], door["due_date"]) == (MONDAY, "2026-03-16")
    door = tasks(ann, cloned(ann, source, copy_tasks=True, start_date=TUESDAY))["Door"]
    assert (door["start_date"], door["due_date"]) == ("2026-03-11", "2026-03-17"), "no Tuesday, no Thursday"


def test_a_copy_begins_today_unless_told(ann: Person, source: Any) -> None:
    assert cloned(ann, source)["start_date"] == FRIDAY


def test_what_is_put_away_is_not_copied(ann: Person, source: Any) -> None:
    kept, archived = ann.get(f"{TASKS}/lists", project_id=source["id"]).data
    ann.patch(f"{TASKS}/lists/{archived['id']}", {"is_archived": True})
    ann.delete(f"{TASKS}/{tasks(ann, source)['Walls']['id']}")
    copy = cloned(ann, source, copy_tasks=True)
    assert (lists(ann, copy), tasks(ann, copy)) == ([kept["name"]], {})


def test_the_default_list_of_a_copy_is_the_copied_one(ann: Person, source: Any) -> None:
    ann.post(TASKS, {"project_id": source["id"], "title": "Door"})
    copy = cloned(ann, source)
    ann.post(TASKS, {"project_id": copy["id"], "title": "Window"})
    assert sorted(lists(ann, copy)) == ["General", "List of Roof", "List of Walls"]


def test_a_strict_copy_is_planned_first(ann: Person) -> None:
    strict = {"workspace_id": ann.workspace_id, "name": "x", "governance_mode": "strict"}
    copy = cloned(ann, ann.post(URL, strict).data)
    assert (copy["governance_mode"], copy["status"]) == ("strict", "not_started")


@pytest.mark.parametrize("status", ["on_hold", "completed", "cancelled"])
def test_what_takes_no_changes_can_be_copied(ann: Person, source: Any, status: str) -> None:
    body = {"status": status, "cancellation_reason": "r"}
    assert ann.patch(f"{URL}/{source['id']}/status", body).status == 200
    copy = cloned(ann, source, copy_tasks=True)
    assert (copy["status"], copy["completion_date"], copy["cancellation_reason"]) == ("active", None, None)
    assert tasks(ann, copy).keys() == {"Walls", "Roof"}


def test_members_come_along_in_their_roles(
    ann: Person, source: Any, colleague: Callable[..., Person], told: Callable[[str], list[str]]
) -> None:
    bea = colleague("member", source, "planner")
    cid = colleague("member", source, "viewer")
    gone = colleague("member", source)
    ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{gone.id}")
    copy = cloned(bea, source, copy_members=True)
    assert roles(bea, copy) == {bea.id: "owner", ann.id: "manager", cid.id: "viewer"}
    assert told(copy["id"]).count("project.member.added") == 2


def test_who_may_copy(ann: Person, bob: Person, source: Any, colleague: Callable[..., Person]) -> None:
    reader = colleague("member")
    assert clone(reader, source).status == 201, "a public project"
    assert clone(colleague("viewer", source), source).status == 403
    assert clone(bob, source).status == 404
    ann.patch(f"{URL}/{source['id']}", {"visibility": "private"})
    assert clone(reader, source).status == 404
    assert clone(colleague("member", source, "viewer"), source).status == 201
    settings = f"/api/v1/workspaces/{ann.workspace_id}/settings"
    ann.patch(settings, {"members_can_create_projects": False})
    assert clone(colleague("member", source), source).status == 403


def test_bad_wishes_are_all_named(ann: Person, source: Any) -> None:
    wrong = {"new_name": "x" * 151, "copy_tasks": "perhaps", "start_date": "soon", "owner_id": ann.id}
    assert clone(ann, source, **wrong).faults == wrong.keys()
    assert clone(ann, source, copy_tasks=True, start_date="9999-12-31").faults == {"start_date"}


@pytest.fixture
def told(world: World, ann: Person) -> Callable[[str], list[str]]:
    """Types of the events in a project, in order."""
    statement = select(EventRow.type).where(EventRow.workspace_id == SCOPE_WORKSPACE)

    def read(project_id: str) -> list[str]:
        with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
            inside = statement.where(EventRow.container_id == project_id).order_by(EventRow.seq)
            return [row["type"] for row in reader.all(inside)]

    return read


def test_everything_that_is_made_is_told(ann: Person, source: Any, told: Callable[[str], list[str]]) -> None:
    copy = cloned(ann, source, copy_tasks=True)
    assert told(copy["id"]) == [
        "project.created",
        *["task_list.created"] * 2,
        *["task.created"] * 2,
    ]


# From templates


def template(person: Person, workspace_id: str, **values: Any) -> str:
    """A template of a person's."""
    body = {"workspace_id": workspace_id, "name": "House", **values}
    return str(person.post(f"{URL}/templates", body).data["id"])


def make(person: Person, template_id: str, **body: Any) -> Reply:
    """What a person is answered who uses a template."""
    return person.post(f"{URL}/from-template", {"template_id": template_id, **body})


PLAN = {
    "phases": [
        {"name": "Plan", "duration_days": 5, "tasks": ["Draw"]},
        {
            "name": "Build",
            "duration_days": 10,
            "tasks": [
                {"title": "Walls", "duration_days": 3, "priority": "urgent", "story_points": 2},
                {"title": "Done", "is_milestone": True},
            ],
        },
    ]
}


def test_a_project_from_a_template_is_dated_from_its_start(ann: Person) -> None:
    house = template(ann, ann.workspace_id, structure=PLAN)
    reply = make(ann, house, workspace_id=ann.workspace_id, project_name="Mine", start_date="2026-03-07")
    project = reply.data
    assert reply.json["message"] == "The project was made from the template"
    assert (project["project_id"], project["name"], project["key"]) == (project["id"], "Mine", "MINE")
    assert (project["start_date"], project["end_date"]) == ("2026-03-07", "2026-03-27")
    made = tasks(ann, project)
    days = {title: (task["start_date"], task["due_date"]) for title, task in made.items()}
    assert days == {
        "Draw": ("2026-03-09", "2026-03-13"),
        "Walls": ("2026-03-16", "2026-03-18"),
        "Done": ("2026-03-27", "2026-03-27"),
    }
    assert (made["Walls"]["priority"], made["Walls"]["story_points"]) == ("critical", 2)
    assert lists(ann, project) == ["Plan", "Build"]


def test_a_template_without_anything_makes_an_empty_project(ann: Person) -> None:
    project = make(ann, template(ann, ann.workspace_id), name="Mine").data
    assert (project["start_date"], project["end_date"]) == (FRIDAY, None)
    assert (lists(ann, project), tasks(ann, project)) == ([], {})


def test_a_template_brings_the_members_of_the_project_it_was_saved_from(
    ann: Person, source: Any, colleague: Callable[..., Person]
) -> None:
    bea = colleague("member", source, "planner")
    house = template(ann, ann.workspace_id, from_project_id=source["id"], is_public=True)
    made = make(bea, house, name="x", copy_members=True)
    assert roles(bea, made.data) == {bea.id: "owner", ann.id: "manager"}
    assert "warnings" not in made.data
    ann.patch(f"{URL}/{source['id']}", {"visibility": "private"})
    made = make(colleague("member"), house, name="x", copy_members=True)
    assert (made.status, len(made.data["warnings"])) == (201, 1)
    assert len(make(ann, template(ann, ann.workspace_id), name="x", copy_members=True).data["warnings"]) == 1


def test_a_template_of_elsewhere_is_none(ann: Person, bob: Person) -> None:
    house = template(ann, ann.workspace_id, is_public=True)
    assert make(bob, house, name="x").status == 404
    assert make(bob, house, name="x", workspace_id=bob.workspace_id).status == 404
    other = ann.post("/api/v1/workspaces", {"name": "Other"}).data["id"]
    assert make(ann, house, name="x", workspace_id=other).faults == {"workspace_id"}


def test_what_a_template_needs_is_named(ann: Person) -> None:
    assert ann.post(f"{URL}/from-template", {}).faults == {"template_id", "project_name"}
    wrong = {"project_name": " ", "start_date": "x", "copy_members": 7, "nonsense": 1}
    assert make(ann, template(ann, ann.workspace_id), **wrong).faults == wrong.keys()
    late = make(ann, template(ann, ann.workspace_id, structure=PLAN), name="x", start_date="9999-12-31")
    assert late.faults == {"start_date"}


def test_half_a_project_is_none(ann: Person) -> None:
    """A task that breaks a rule takes back all that was made before it."""
    late = {"title": "x", "offset_days": 20_000}
    structure = {"phases": [{"name": "p", "tasks": ["fine", late]}]}
    before = len(ann.get(URL, workspace_id=ann.workspace_id).data)
    house = template(ann, ann.workspace_id, structure=structure)
    assert make(ann, house, name="x", start_date="9990-01-01").status == 422
    assert len(ann.get(URL, workspace_id=ann.workspace_id).data) == before
