"""What is in the archive is kept, and only read (modules.md 8.1-8.5)."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import Person, World

PROJECTS = "/api/v1/projects"
TASKS = "/api/v1/tasks"
ARCHIVE = "/api/v1/archive/projects"
POLICIES = "/api/v1/archive/policies"
DAY = 86_400


@pytest.fixture
def project(ann: Person) -> str:
    return str(ann.post(PROJECTS, {"name": "Website"}).data["id"])


@pytest.fixture
def archived(ann: Person, project: str) -> str:
    assert ann.post(f"{ARCHIVE}/{project}/archive", {"reason": "Done"}).status == 200
    return project


def member(world: World, ann: Person, project: str, role: str) -> Person:
    person = world.person(role)
    world.join(ann.workspace_id, person, "member")
    body = {"user_id": person.id, "role": role}
    assert ann.post(f"{PROJECTS}/{project}/members", body).status == 201
    return person


def told(world: World, ann: Person, prefix: str = "project.") -> list[str]:
    return [each["type"] for each in world.events(ann.workspace_id) if each["type"].startswith(prefix)]


def test_it_says_who_archived_what_and_why(world: World, ann: Person, project: str) -> None:
    reply = ann.post(f"{ARCHIVE}/{project}/archive", {"reason": "Done", "archive_all_related": True})
    assert reply.status == 200
    assert reply.data | {"archived_at": None} == {
        "id": project,
        "status": "archived",
        "archived_at": None,
        "archived_by": ann.id,
        "reason": "Done",
    }
    shown = ann.get(f"{PROJECTS}/{project}").data
    assert (shown["status"], shown["lifecycle"], shown["archived_at"]) == (
        "archived",
        "archived",
        reply.data["archived_at"],
    )
    assert told(world, ann) == ["project.created", "project.archived"]


def test_the_team_hears_of_it_where_that_is_wanted(world: World, ann: Person, project: str) -> None:
    ann.post(f"{ARCHIVE}/{project}/archive", {"notify_team": True})
    assert told(world, ann) == ["project.created", "project.archived", "project.updated"]


@pytest.mark.parametrize("status", ["active", "on_hold", "completed", "cancelled"])
def test_a_project_comes_back_in_the_status_that_it_had(ann: Person, project: str, status: str) -> None:
    if status != "active":
        body = {"status": status, "cancellation_reason": "x"} if status == "cancelled" else {"status": status}
        assert ann.patch(f"{PROJECTS}/{project}/status", body).status == 200
    assert ann.post(f"{ARCHIVE}/{project}/archive", {}).status == 200
    back = ann.post(f"{ARCHIVE}/{project}/restore").data
    assert (back["status"], back["lifecycle"]) == (status, "active")
    shown = ann.get(f"{PROJECTS}/{project}").data
    assert (shown["status"], shown["archived_at"]) == (status, None)


def test_neither_way_is_gone_twice(world: World, ann: Person, archived: str) -> None:
    assert ann.post(f"{ARCHIVE}/{archived}/archive", {}).status == 409
    assert ann.post(f"{ARCHIVE}/{archived}/restore").status == 200
    assert ann.post(f"{ARCHIVE}/{archived}/restore").status == 409
    assert told(world, ann).count("project.archived") == 1


def test_the_history_is_kept_and_paged(world: World, ann: Person, archived: str) -> None:
    url = f"{ARCHIVE}/{archived}/history"
    world.clock.advance(60)
    ann.post(f"{ARCHIVE}/{archived}/restore")
    world.clock.advance(60)
    ann.post(f"{ARCHIVE}/{archived}/archive", {"reason": "Again"})
    rows = ann.get(url).data
    assert [(row["action"], row["reason"]) for row in rows] == [
        ("archived", "Again"),
        ("restored", None),
        ("archived", "Done"),
    ]
    assert {row["performed_by"] for row in rows} == {ann.id}
    page = ann.get(url, page=2, page_size=2)
    assert ([row["reason"] for row in page.data], page.json["pagination"]["total"]) == (["Done"], 3)
    assert "pagination" not in ann.get(url).json


def test_lists_leave_it_out_unless_they_are_asked(ann: Person, archived: str) -> None:
    assert ann.get(PROJECTS).data == []
    assert [row["id"] for row in ann.get(PROJECTS, include_archived="true").data] == [archived]
    [row] = ann.get(ARCHIVE).data
    assert (row["id"], row["resource_name"], row["reason"]) == (archived, "Website", "Done")


def writes(task: dict[str, Any], project: str, other: str) -> dict[str, tuple[str, str, Any]]:
    """What people do in projects: method, path, body."""
    one = f"{TASKS}/{task['id']}"
    return {
        "rename": ("PATCH", f"{PROJECTS}/{project}", {"name": "x"}),
        "move on": ("PATCH", f"{PROJECTS}/{project}/status", {"status": "completed"}),
        "settings": ("PATCH", f"{PROJECTS}/{project}/settings", {"freeze_days": 1}),
        "add a list": ("POST", f"{TASKS}/lists", {"project_id": project, "name": "x"}),
        "rename a list": ("PATCH", f"{TASKS}/lists/{task['task_list_id']}", {"name": "x"}),
        "delete a list": ("DELETE", f"{TASKS}/lists/{task['task_list_id']}", None),
        "add a task": ("POST", TASKS, {"project_id": project, "title": "x"}),
        "add to a list": ("POST", TASKS, {"task_list_id": task["task_list_id"], "title": "x"}),
        "change a task": ("PATCH", one, {"title": "x"}),
        "delete a task": ("DELETE", one, None),
        "trash a task": (
            "POST",
            "/api/v1/archive/trash",
            {"resource_type": "task", "resource_id": task["id"]},
        ),
        "comment": ("POST", f"{one}/comments", {"content": "x"}),
        "add a subtask": ("POST", f"{one}/subtasks", {"title": "x"}),
        "ask for a change": ("POST", f"{PROJECTS}/{project}/change-requests", {"title": "x"}),
        "move a task in": ("POST", f"{TASKS}/{other}/move", {"project_id": project}),
    }


def test_nothing_in_it_changes(ann: Person, project: str) -> None:
    task = ann.post(TASKS, {"project_id": project, "title": "One"}).data
    elsewhere = ann.post(PROJECTS, {"name": "Other"}).data["id"]
    other = ann.post(TASKS, {"project_id": elsewhere, "title": "Two"}).data["id"]
    before = ann.get(f"{TASKS}/{task['id']}").data
    assert ann.post(f"{ARCHIVE}/{project}/archive", {}).status == 200
    refused = {
        name: ann.request(method, path, body)
        for name, (method, path, body) in writes(task, project, other).items()
    }
    assert {name: reply.status for name, reply in refused.items()} == dict.fromkeys(refused, 409)
    for name, reply in refused.items():
        assert reply.error["details"]["reason"] == "archived", name
        assert reply.error["details"]["resource_id"] == project, name
    assert ann.get(f"{TASKS}/{task['id']}").data == before
    assert ann.post(f"{ARCHIVE}/{project}/restore").status == 200
    assert ann.patch(f"{TASKS}/{task['id']}", {"title": "x"}).status == 200


def test_it_can_still_be_read_copied_left_and_deleted(world: World, ann: Person, project: str) -> None:
    guest = member(world, ann, project, "member")
    ann.post(TASKS, {"project_id": project, "title": "One"})
    ann.post(f"{ARCHIVE}/{project}/archive", {})
    assert len(ann.get(TASKS, project_id=project).data) == 1
    clone = ann.post(f"{PROJECTS}/{project}/clone", {"name": "Copy"}).data
    assert (clone["status"], clone["lifecycle"]) == ("active", "active")
    assert guest.delete(f"{PROJECTS}/{project}/members/{guest.id}").status == 200
    assert ann.delete(f"{PROJECTS}/{project}").status == 200
    assert ann.post(f"{PROJECTS}/{project}/restore").data["lifecycle"] == "archived"


@pytest.mark.parametrize(("role", "status"), [("manager", 200), ("planner", 403), ("viewer", 403)])
def test_whoever_manages_it_archives_it(
    world: World, ann: Person, project: str, role: str, status: int
) -> None:
    person = member(world, ann, project, role)
    assert person.post(f"{ARCHIVE}/{project}/archive", {}).status == status


def test_whoever_is_not_in_a_private_project_learns_nothing_of_it(world: World, ann: Person) -> None:
    project = ann.post(PROJECTS, {"name": "Secret", "visibility": "private"}).data["id"]
    ann.post(f"{ARCHIVE}/{project}/archive", {})
    other = world.person("other")
    world.join(ann.workspace_id, other, "admin")
    for method, path in (
        ("POST", f"{ARCHIVE}/{project}/archive"),
        ("POST", f"{ARCHIVE}/{project}/restore"),
        ("GET", f"{ARCHIVE}/{project}/history"),
        ("POST", f"{PROJECTS}/{project}/join"),
    ):
        body = None if method == "GET" else {}
        assert other.request(method, path, body).status == 404, path
    assert other.get(ARCHIVE, workspace_id=ann.workspace_id).data == []


def test_the_list_costs_the_same_however_much_is_in_it(world: World, ann: Person) -> None:
    for number in range(5):
        project = ann.post(PROJECTS, {"name": f"P{number}"}).data["id"]
        ann.post(f"{ARCHIVE}/{project}/archive", {})
    with world.statements() as seen:
        assert len(ann.get(ARCHIVE).data) == 5
    assert len(seen) <= 6


# What comes by itself


def run(world: World) -> None:
    job = next(each for each in world.kernel.contributions["archiving"].jobs if each.name == "auto_archive")
    with world.kernel.db.read(Scope.system()) as reader:
        job.run(reader, {})  # type: ignore[arg-type]


def test_policies_have_defaults_and_are_the_workspaces_own(ann: Person, bob: Person) -> None:
    default = {
        "workspace_id": ann.workspace_id,
        "is_enabled": False,
        "inactive_days": 180,
        "trash_retention_days": 30,
        "auto_purge_enabled": True,
        "updated_at": None,
    }
    assert ann.get(POLICIES).data == default
    changed = ann.put(POLICIES, {"is_enabled": True, "trash_retention_days": 7}).data
    assert changed["updated_at"] is not None
    assert ann.get(POLICIES).data == changed
    assert bob.get(POLICIES).data["is_enabled"] is False
    assert ann.put(POLICIES, {}).data | {"updated_at": None} == default


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"inactive_days": 0}, "inactive_days"),
        ({"inactive_days": 1.5}, "inactive_days"),
        ({"trash_retention_days": 366}, "trash_retention_days"),
        ({"is_enabled": "perhaps"}, "is_enabled"),
        ({"days": 1}, "days"),
    ],
    ids=["zero", "half", "long", "word", "unknown"],
)
def test_a_policy_that_cannot_be_says_why(ann: Person, body: Any, field: str) -> None:
    reply = ann.put(POLICIES, body)
    assert (reply.status, reply.faults) == (422, {field})


def test_a_policy_is_decided_by_admins(world: World, ann: Person) -> None:
    other = world.person("other")
    world.join(ann.workspace_id, other, "member")
    where = {"workspace_id": ann.workspace_id}
    assert other.get(POLICIES, **where).status == 200
    assert other.put(POLICIES, where).status == 403


def test_what_is_done_with_and_rests_is_archived(world: World, ann: Person) -> None:
    def finished(name: str, status: str = "completed") -> str:
        project = str(ann.post(PROJECTS, {"name": name}).data["id"])
        task = ann.post(TASKS, {"project_id": project, "title": "x"}).data["id"]
        ann.post(f"{TASKS}/{task}/comments", {"content": "x"})
        body = {"status": status, "cancellation_reason": "x"} if status == "cancelled" else {"status": status}
        assert ann.patch(f"{PROJECTS}/{project}/status", body).status == 200
        return project

    done, dropped, busy = finished("Done"), finished("Dropped", "cancelled"), finished("Busy")
    open_one = ann.post(PROJECTS, {"name": "Open"}).data["id"]
    guest = world.person("guest")
    world.join(ann.workspace_id, guest, "member")
    world.clock.advance(100 * DAY)
    ann.post(f"{PROJECTS}/{busy}/members", {"user_id": guest.id, "role": "member"})
    world.clock.advance(81 * DAY)
    run(world)
    assert len(ann.get(ARCHIVE).data) == 0, "nobody has wanted it"
    ann.put(POLICIES, {"is_enabled": True})
    run(world)
    rows = ann.get(ARCHIVE).data
    assert {row["id"] for row in rows} == {done, dropped}
    assert {row["archived_by"] for row in rows} == {None}
    assert open_one in [row["id"] for row in ann.get(PROJECTS).data]
    run(world)
    assert told(world, ann).count("project.archived") == 2, "each once"
