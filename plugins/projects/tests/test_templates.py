"""Templates of projects: what the API promises."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.testing import Person, ResourceSuite, World

URL = "/api/v1/projects/templates"
HOUSE: dict[str, Any] = {
    "phases": [
        {"name": "Plan", "duration_days": 5, "tasks": ["Draw", {"title": "Ask", "offset_days": 3}]},
        {"name": "Build", "tasks": [{"title": "Walls", "depends_on": [{"index": 0}]}]},
    ]
}


class TestTemplates(ResourceSuite):
    """The suite of every resource."""

    path = URL
    patch: ClassVar[dict[str, Any]] = {"name": "Renamed", "description": "x", "is_public": True}
    clears: ClassVar[dict[str, Any]] = {"description": "Words"}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"workspace_id": owner.workspace_id, "name": f"Template {number}", "structure": HOUSE}


def save(person: Person, workspace_id: str, **values: Any) -> Any:
    """A template of a person's."""
    reply = person.post(URL, {"workspace_id": workspace_id, "name": "House", **values})
    assert reply.status == 201, reply.body
    return reply.data


@pytest.fixture
def member(world: World, ann: Person) -> Person:
    """A member of ann's workspace."""
    return joined(world, ann, "member")


def joined(world: World, ann: Person, role: str) -> Person:
    person = world.person(role)
    world.join(ann.workspace_id, person, role)
    return person


def test_a_template_keeps_its_structure_whole(ann: Person) -> None:
    template = save(ann, ann.workspace_id, structure=HOUSE, description="Brick")
    assert template["template_id"] == template["id"]
    assert (template["created_by"], template["is_public"]) == (ann.id, False)
    structure = template["structure"]
    assert [phase["name"] for phase in structure["phases"]] == ["Plan", "Build"]
    assert structure["phases"][1]["tasks"][0]["depends_on"] == [{"index": 0, "type": "FS", "lag_days": 0}]
    assert ann.get(f"{URL}/{template['id']}").data == template
    assert ann.patch(f"{URL}/{template['id']}", {"structure": structure}).data == template


def test_a_list_leaves_structures_out(ann: Person) -> None:
    save(ann, ann.workspace_id, structure=HOUSE)
    rows = ann.get(URL, workspace_id=ann.workspace_id).data
    assert [("structure" in row, row["name"]) for row in rows] == [(False, "House")]


def test_lists_are_searched(ann: Person) -> None:
    for name in ("House", "Boat 100%", "Straße"):
        save(ann, ann.workspace_id, name=name, is_public=name == "House")

    def found(**query: Any) -> list[str]:
        return [row["name"] for row in ann.get(URL, workspace_id=ann.workspace_id, **query).data]

    assert found() == ["Boat 100%", "House", "Straße"]
    assert found(search="STRASSE") == ["Straße"]
    assert found(search="0%") == ["Boat 100%"]
    assert found(is_public=True) == ["House"]
    assert found(sort="-created_at") == ["Straße", "Boat 100%", "House"]


def test_all_that_is_wrong_is_named(ann: Person) -> None:
    body = {
        "workspace_id": ann.workspace_id,
        "name": "x" * 101,
        "is_public": "perhaps",
        "structure": {"phases": [{"name": "", "tasks": [{"title": ""}]}], "people": []},
    }
    assert ann.post(URL, body).faults == {
        "name",
        "is_public",
        "structure.phases.0.name",
        "structure.phases.0.tasks.0.title",
        "structure.people",
    }
    both = {"workspace_id": ann.workspace_id, "name": "x", "structure": HOUSE, "from_project_id": ann.id}
    assert ann.post(URL, both).faults == {"structure"}
    assert ann.post(URL, {"workspace_id": ann.workspace_id, "name": "x", "structure": None}).faults == {
        "structure"
    }


def test_a_structure_has_a_largest_size(ann: Person) -> None:
    task = {"title": "x", "description": "y" * 100_000}
    structure = {"phases": [{"name": "p", "tasks": [task] * 45}]}
    body = {"workspace_id": ann.workspace_id, "name": "x", "structure": structure}
    assert ann.post(URL, body).faults == {"structure"}


def test_a_template_is_its_creator_s_until_it_is_public(world: World, ann: Person, member: Person) -> None:
    template = save(member, ann.workspace_id)
    url, other = f"{URL}/{template['id']}", joined(world, ann, "member")

    def seen(person: Person) -> tuple[int, int, int]:
        listed = person.get(URL, workspace_id=ann.workspace_id).data
        make = {"template_id": template["id"], "project_name": "x"}
        made = person.post("/api/v1/projects/from-template", make)
        return person.get(url).status, len(listed), made.status

    assert seen(member) == seen(ann) == (200, 1, 201)
    assert seen(other) == (404, 0, 404)
    assert seen(joined(world, ann, "admin")) == (404, 0, 404)
    assert member.patch(url, {"is_public": True}).status == 200
    assert seen(other) == (200, 1, 201)
    assert seen(joined(world, ann, "viewer")) == (200, 1, 403)


def test_only_its_creator_and_admins_change_it(world: World, ann: Person, member: Person) -> None:
    template = save(member, ann.workspace_id, is_public=True)
    url = f"{URL}/{template['id']}"
    for role, status in (("member", 403), ("viewer", 403), ("admin", 200)):
        person = joined(world, ann, role)
        assert person.patch(url, {"description": role}).status == status
        assert (role == "admin") or person.delete(url).status == status
    assert member.patch(url, {"description": "mine"}).status == 200
    assert ann.delete(url).status == 200
    assert member.get(url).status == 404


def test_a_project_becomes_a_template_without_people_and_dates(ann: Person) -> None:
    values = {"start_date": "2026-03-06", "end_date": "2026-03-10"}
    project = ann.post("/api/v1/projects", {"workspace_id": ann.workspace_id, "name": "House", **values}).data
    task = {"title": "Walls", "start_date": "2026-03-09", "due_date": "2026-03-10", "assigned_to": ann.id}
    assert ann.post("/api/v1/tasks", {"project_id": project["id"], **task}).status == 201
    structure = save(ann, ann.workspace_id, from_project_id=project["id"])["structure"]
    assert structure["duration_days"] == 3
    (phase,) = structure["phases"]
    (walls,) = phase["tasks"]
    assert (phase["name"], walls["title"]) == ("General", "Walls")
    assert (walls["offset_days"], walls["duration_days"]) == (1, 2)
    assert not {"assigned_to", "start_date", "due_date"} & walls.keys()


def test_a_template_is_saved_from_what_one_may_change(ann: Person, bob: Person, member: Person) -> None:
    def project(person: Person, workspace_id: str, visibility: str) -> str:
        body = {"workspace_id": workspace_id, "name": "x", "visibility": visibility}
        return str(person.post("/api/v1/projects", body).data["id"])

    def answer(project_id: str) -> Any:
        body = {"workspace_id": ann.workspace_id, "name": "x", "from_project_id": project_id}
        reply = member.post(URL, body)
        return reply.faults if reply.status == 422 else reply.status

    assert answer(project(member, ann.workspace_id, "private")) == 201
    assert answer(project(ann, ann.workspace_id, "public")) == 403
    assert answer(project(ann, ann.workspace_id, "private")) == {"from_project_id"}
    assert answer(project(bob, bob.workspace_id, "public")) == {"from_project_id"}


def test_events_tell_of_a_template_and_not_of_a_private_name(world: World, ann: Person) -> None:
    template = save(ann, ann.workspace_id, structure=HOUSE)
    url = f"{URL}/{template['id']}"
    ann.patch(url, {"name": "Secret"})
    ann.patch(url, {"name": "Secret"})
    ann.patch(url, {"name": "Open", "is_public": True, "structure": {}})
    ann.delete(url)
    statement = select(EventRow.type, EventRow.changes).where(
        EventRow.workspace_id == SCOPE_WORKSPACE, EventRow.aggregate_id == template["id"]
    )
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        rows = reader.all(statement.order_by(EventRow.seq))
    assert [(row["type"].removeprefix("project_template."), row["changes"]) for row in rows] == [
        ("created", None),
        ("updated", {}),
        (
            "updated",
            {"name": {"old": "Secret", "new": "Open"}, "is_public": {"old": False, "new": True}},
        ),
        ("deleted", None),
    ]
