"""What is deleted can come back (modules.md 8.6-8.8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pronaflow_archiving.trash import emptying
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.testing import Person, World

PROJECTS = "/api/v1/projects"
TASKS = "/api/v1/tasks"
TRASH = "/api/v1/archive/trash"
POLICIES = "/api/v1/archive/policies"
DAY = 86_400


@pytest.fixture
def project(ann: Person) -> str:
    return str(ann.post(PROJECTS, {"name": "Website"}).data["id"])


@pytest.fixture
def task(ann: Person, project: str) -> Any:
    return ann.post(TASKS, {"project_id": project, "title": "Design UI"}).data


def put(person: Person, kind: str, record_id: str) -> Any:
    return person.post(TRASH, {"resource_type": kind, "resource_id": record_id})


def colleague(world: World, ann: Person, project: str | None, role: str, home: str = "member") -> Person:
    person = world.person(role)
    world.join(ann.workspace_id, person, home)
    if project is not None:
        body = {"user_id": person.id, "role": role}
        assert ann.post(f"{PROJECTS}/{project}/members", body).status == 201
    return person


def named(person: Person, home: str, **query: Any) -> list[str]:
    return [row["resource_name"] for row in person.get(TRASH, workspace_id=home, **query).data]


def test_a_delete_and_a_post_to_the_trash_are_the_same(world: World, ann: Person, project: str) -> None:
    seen = []
    for way in ("delete", "post"):
        task = ann.post(TASKS, {"project_id": project, "title": "Design UI"}).data
        if way == "delete":
            assert ann.delete(f"{TASKS}/{task['id']}").status == 200
        else:
            assert put(ann, "task", task["id"]).status == 201
        events = [each["type"] for each in world.events(ann.workspace_id)]
        counts = ann.get(f"{PROJECTS}/{project}").data["tasks_count"]
        seen.append((events[-1], counts, ann.get(f"{TASKS}/{task['id']}").status))
    assert seen == [("task.deleted", 0, 404)] * 2


def test_it_is_kept_for_thirty_days_to_the_second(ann: Person, task: Any) -> None:
    item = put(ann, "task", task["id"]).data
    times = [datetime.fromisoformat(item[name]) for name in ("deleted_at", "expires_at")]
    assert (times[1] - times[0]).total_seconds() == 30 * DAY
    [row] = ann.get(TRASH).data
    assert (row["resource_id"], row["resource_name"], row["deleted_by"]) == (task["id"], "Design UI", ann.id)


def test_or_as_long_as_the_workspace_says(ann: Person, task: Any) -> None:
    ann.put(POLICIES, {"trash_retention_days": 7})
    item = put(ann, "task", task["id"]).data
    times = [datetime.fromisoformat(item[name]) for name in ("deleted_at", "expires_at")]
    assert (times[1] - times[0]).total_seconds() == 7 * DAY


def test_nothing_goes_twice(ann: Person, task: Any) -> None:
    first = put(ann, "task", task["id"]).data
    again = put(ann, "task", task["id"])
    assert (again.status, again.error["details"]) == (409, {"trash_item_id": first["id"]})


@pytest.mark.parametrize(
    ("kind", "status"), [("comment", 409), ("workspace", 422), ("spaceship", 422), ("trash_item", 409)]
)
def test_what_does_not_go_there_says_so(ann: Person, task: Any, kind: str, status: int) -> None:
    made = ann.post(f"{TASKS}/{task['id']}/comments", {"content": "x"}).data
    item = put(ann, "task", task["id"]).data["id"] if kind == "trash_item" else None
    ids = {"comment": made["id"], "workspace": ann.workspace_id, "trash_item": item}
    reply = put(ann, kind, ids.get(kind) or new_id())
    assert reply.status == status, reply.json


def test_people_see_what_they_deleted_and_admins_what_anybody_did(
    world: World, ann: Person, project: str
) -> None:
    home = ann.workspace_id
    hers, theirs = (ann.post(TASKS, {"project_id": project, "title": t}).data["id"] for t in ("A", "B"))
    manager = colleague(world, ann, project, "manager")
    admin, guest = colleague(world, ann, None, "admin", "admin"), colleague(world, ann, None, "guest")
    put(ann, "task", hers)
    put(manager, "task", theirs)
    assert sorted(named(ann, home)) == sorted(named(admin, home)) == ["A", "B"]
    assert named(manager, home) == ["B"]
    assert sorted(named(manager, home, container=project)) == ["A", "B"], (
        "who manages a project sees all of it"
    )
    assert named(guest, home) == named(guest, home, container=project) == []
    assert named(ann, home, deleted_by=manager.id) == ["B"]
    assert named(ann, home, search="a") == ["A"]
    assert named(ann, home, resource_type="project") == []


def test_an_admin_hears_nothing_of_a_private_project(world: World, ann: Person) -> None:
    admin, home = colleague(world, ann, None, "admin", "admin"), ann.workspace_id
    project = ann.post(PROJECTS, {"name": "Secret", "visibility": "private"}).data["id"]
    task = ann.post(TASKS, {"project_id": project, "title": "Hidden"}).data["id"]
    items = [put(ann, "task", task).data["id"], put(ann, "project", project).data["id"]]
    assert named(admin, home) == named(admin, home, container=project) == []
    assert sorted(named(ann, home)) == ["Hidden", "Secret"]
    for item in items:
        assert admin.post(f"{TRASH}/{item}/restore").status == 404
        assert admin.delete(f"{TRASH}/{item}").status == 404
    assert (
        admin.post(f"{TRASH}/restore", {"workspace_id": home, "trash_item_ids": items}).data["restored"] == []
    )
    admin.delete(TRASH, workspace_id=home)
    world.drain()
    assert len(named(ann, home)) == 2


def test_strangers_find_nothing(ann: Person, bob: Person, task: Any) -> None:
    assert put(bob, "task", task["id"]).status == 404
    item = put(ann, "task", task["id"]).data["id"]
    assert bob.post(f"{TRASH}/{item}/restore").status == bob.delete(f"{TRASH}/{item}").status == 404


def test_whoever_may_not_delete_it_may_not_trash_it(
    world: World, ann: Person, project: str, task: Any
) -> None:
    viewer = colleague(world, ann, project, "viewer")
    assert put(viewer, "task", task["id"]).status == 403
    assert put(viewer, "project", project).status == 403


def test_it_comes_back(ann: Person, task: Any) -> None:
    item = put(ann, "task", task["id"]).data["id"]
    back = ann.post(f"{TRASH}/{item}/restore")
    assert (back.status, back.data["id"], back.data["status"]) == (200, task["id"], "active")
    assert ann.post(f"{TRASH}/{item}/restore").status == 404
    assert ann.get(TRASH).data == []


def test_not_before_what_it_lies_in(ann: Person, project: str, task: Any) -> None:
    inner = put(ann, "task", task["id"]).data["id"]
    outer = put(ann, "project", project).data["id"]
    refused = ann.post(f"{TRASH}/{inner}/restore")
    parent = {"resource_type": "project", "resource_id": project, "trash_item_id": outer}
    assert (refused.status, refused.error["details"]["parent"]) == (409, parent)
    assert ann.post(f"{TRASH}/{outer}/restore").status == 200
    assert ann.post(f"{TRASH}/{inner}/restore").status == 200


def test_many_come_back_what_others_lie_in_first(ann: Person, project: str, task: Any) -> None:
    inner = put(ann, "task", task["id"]).data["id"]
    outer = put(ann, "project", project).data["id"]
    nothing = new_id()
    answer = ann.post(f"{TRASH}/restore", {"trash_item_ids": [inner, nothing, outer, inner]}).data
    assert {row["id"] for row in answer["restored"]} == {task["id"], project}
    [failed] = answer["failed"]
    assert (failed["trash_item_id"], failed["code"]) == (nothing, "NOT_FOUND")


def test_or_none_does(ann: Person, task: Any) -> None:
    item = put(ann, "task", task["id"]).data["id"]
    body = {"trash_item_ids": [item, new_id()], "on_error": "stop"}
    assert ann.post(f"{TRASH}/restore", body).status == 404
    assert len(ann.get(TRASH).data) == 1


def test_who_manages_the_project_deletes_for_good(world: World, ann: Person, project: str, task: Any) -> None:
    member = colleague(world, ann, project, "member")
    own = member.post(TASKS, {"project_id": project, "title": "Mine"}).data["id"]
    item = put(member, "task", own).data["id"]
    assert member.delete(f"{TRASH}/{item}").status == 403
    assert ann.delete(f"{TRASH}/{item}").status == 204
    assert member.post(f"{TRASH}/{item}/restore").status == 404
    told = [each for each in world.events(ann.workspace_id) if each["type"] == "task.purged"]
    assert [(each["payload"]["resource_id"], each["user_id"]) for each in told] == [(own, ann.id)]


def test_a_manager_deletes_for_good_the_project_that_lies_in_the_trash(
    world: World, ann: Person, project: str
) -> None:
    manager = colleague(world, ann, project, "manager")
    item = put(manager, "project", project).data["id"]
    assert manager.delete(f"{TRASH}/{item}").status == 204


def test_what_lay_in_it_goes_with_it(ann: Person, project: str, task: Any) -> None:
    inner = put(ann, "task", task["id"]).data["id"]
    outer = put(ann, "project", project).data["id"]
    assert ann.delete(f"{TRASH}/{outer}").status == 204
    assert ann.get(TRASH).data == []
    assert ann.post(f"{TRASH}/{inner}/restore").status == 404


def test_the_trash_is_emptied_little_by_little(
    world: World, ann: Person, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "AT_ONCE", 2)
    for number in range(5):
        put(ann, "task", ann.post(TASKS, {"project_id": project, "title": str(number)}).data["id"])
    kept = ann.post(TASKS, {"project_id": project, "title": "later"}).data["id"]
    started = ann.delete(TRASH)
    assert (started.status, started.data["kind"]) == (202, "archiving.empty_trash")
    world.clock.advance(1)
    put(ann, "task", kept)
    world.drain()
    job = ann.get(f"/api/v1/jobs/{started.data['id']}").data
    assert (job["status"], job["result"], job["total"]) == ("succeeded", {"purged": 5, "kept": 0}, 5)
    assert named(ann, ann.workspace_id) == ["later"]


def test_who_runs_the_workspace_no_longer_does_not_empty_its_trash(
    world: World, ann: Person, project: str, task: Any
) -> None:
    admin, home = colleague(world, ann, None, "admin", "admin"), ann.workspace_id
    put(ann, "task", task["id"])
    assert admin.delete(TRASH, workspace_id=home).status == 202
    assert ann.patch(f"/api/v1/workspaces/{home}/members/{admin.id}", {"role": "member"}).status == 200
    assert admin.delete(TRASH, workspace_id=home).status == 403
    world.drain()
    assert len(named(ann, home)) == 1


def test_the_list_costs_the_same_however_much_is_in_it(world: World, ann: Person, project: str) -> None:
    for number in range(5):
        put(ann, "task", ann.post(TASKS, {"project_id": project, "title": str(number)}).data["id"])
    with world.statements() as seen:
        assert len(ann.get(TRASH).data) == 5
    assert len(seen) <= 6
