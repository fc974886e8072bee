"""What other plugins get: the service `Tasks`, and the objections to changes of projects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pronaflow_kernel.api import Conflict, Scope, ValidationFailed
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.api import Tasks

TASKS = "/api/v1/tasks"
BORN = datetime(2009, 5, 4, 12, tzinfo=UTC)
DONE = BORN + timedelta(days=3)


def _bug(number: int, **values: Any) -> dict[str, Any]:
    return {
        "title": f"Bug {number}",
        "description": f"unique{number} words",
        "created_at": BORN,
        "external": ("jira", f"HDFS-{number}", {"resolution": "Fixed"}),
        **values,
    }


def test_an_import_keeps_its_times(ann: Person, project: Any, acting: Any, tasks: Tasks, events: Any) -> None:
    values = _bug(1, project_id=project["id"], status="completed", completed_at=DONE, priority="high")
    with acting(ann, origin="import") as uow:
        made = tasks.create(uow, values)
    shown = ann.get(f"{TASKS}/{made['id']}").data
    assert (shown["created_at"], shown["completed_at"]) == ("2009-05-04T12:00:00Z", "2009-05-07T12:00:00Z")
    told = {row["type"]: (row["occurred_at"], row["origin"]) for row in events(made["id"])}
    assert told == {"task.created": (BORN, "import"), "task.completed": (DONE, "import")}


def test_what_ended_before_it_began_is_kept(ann: Person, project: Any, acting: Any, tasks: Tasks) -> None:
    early = BORN - timedelta(days=1)
    with acting(ann, origin="import") as uow:
        values = _bug(1, project_id=project["id"], status="completed", completed_at=early)
        assert tasks.create(uow, values)["completed_at"] == early


def test_what_came_from_elsewhere_is_found_again(
    world: World, ann: Person, project: Any, acting: Any, tasks: Tasks
) -> None:
    with acting(ann, origin="import") as uow:
        made = tasks.create_many(uow, project["id"], [_bug(n) for n in range(600)])
    assert [row["key"] for row in made[:2]] == ["WEB-1", "WEB-2"]
    ann.delete(f"{TASKS}/{made[3]['id']}")
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader, world.statements() as seen:
        found = tasks.find_external(reader, "jira", [f"HDFS-{n}" for n in range(1000)])
        assert tasks.find_external(reader, "csv", ["HDFS-1"]) == {}
    assert len(seen) == 3
    assert {name: row["id"] for name, row in found.items()} == {
        f"HDFS-{n}": row["id"] for n, row in enumerate(made)
    }
    assert found["HDFS-0"]["external_data"] == {"resolution": "Fixed"}
    assert (found["HDFS-3"]["lifecycle"], found["HDFS-4"]["lifecycle"]) == ("trashed", "active")


def test_many_at_once_are_as_one_by_one(
    ann: Person, project: Any, acting: Any, tasks: Tasks, counted: Any
) -> None:
    rows = [
        _bug(1, tags=["Bug", "0.20"], assigned_to=ann.id),
        _bug(2, status="completed", completed_at=DONE),
        _bug(3, status="in_progress", due_date=datetime(2026, 3, 9, 20, tzinfo=UTC)),
        _bug(4, status="cancelled", tags=["bug"], is_milestone=True, due_date=DONE.date()),
    ]
    with acting(ann, origin="import") as uow:
        together = tasks.create_many(uow, project["id"], rows)
    for number, row in enumerate(rows):
        row |= {"project_id": project["id"], "external": ("again", str(number), {})}
        with acting(ann, origin="import") as uow:
            alone = tasks.create(uow, row)
        differing = ("id", "number", "key", "rank")
        expected = {**together[number], **{name: alone[name] for name in differing}}
        assert alone == expected
        assert ann.get(f"{TASKS}/{alone['id']}").data["tags"] == alone["tags"]
    kept, anew = counted(project["id"])
    assert kept == anew == {"total": 8, "completed": 2, "cancelled": 2}
    assert [row["title"] for row in ann.get(TASKS, search="unique3").data] == ["Bug 3", "Bug 3"]


def test_many_at_once_cost_few_statements(
    world: World, ann: Person, project: Any, acting: Any, tasks: Tasks
) -> None:
    rows = [_bug(n, tags=[f"t{n}"], assigned_to=ann.id) for n in range(200)]
    with world.statements() as seen, acting(ann, origin="import") as uow:
        tasks.create_many(uow, project["id"], rows)
    assert len(seen) <= 18


def test_either_all_or_none_and_every_fault_is_named(
    ann: Person, project: Any, acting: Any, tasks: Tasks, bob: Person
) -> None:
    rows = [_bug(1), _bug(2, assigned_to=bob.id), _bug(3, title=""), _bug(4, completed_at=DONE)]
    with pytest.raises(ValidationFailed) as refusal, acting(ann) as uow:
        tasks.create_many(uow, project["id"], rows)
    assert [problem.field for problem in refusal.value.problems] == [
        "1.assigned_to",
        "2.title",
        "3.completed_at",
    ]
    assert ann.get(TASKS, project_id=project["id"]).data == []


def test_the_same_external_id_twice_is_refused(ann: Person, project: Any, acting: Any, tasks: Tasks) -> None:
    with acting(ann) as uow:
        tasks.create_many(uow, project["id"], [_bug(1)])
    with pytest.raises(Conflict), acting(ann) as uow:
        tasks.create_many(uow, project["id"], [_bug(1)])


def test_updates_and_comments_take_business_times(
    ann: Person, task: Any, acting: Any, tasks: Tasks, events: Any
) -> None:
    with acting(ann, origin="import") as uow:
        update = tasks.update(uow, task["id"], {"status": "completed", "completed_at": DONE})
        comment = tasks.comment(uow, task["id"], "Fixed", values={"author_id": None, "created_at": DONE})
    assert update.changes["completed_at"]["new"] == DONE
    assert events(task["id"])[-1]["occurred_at"] == DONE
    shown = ann.get(f"{TASKS}/comments/{comment['id']}").data
    assert (shown["author"], shown["created_at"]) == (None, "2009-05-07T12:00:00Z")


class TestObjections:
    """What tasks say when a project changes."""

    def test_a_key_is_fixed_once_tasks_carry_it(self, ann: Person, project: Any) -> None:
        url = f"/api/v1/projects/{project['id']}"
        assert ann.patch(url, {"key": "NEW"}).status == 200
        task = ann.post(TASKS, {"project_id": project["id"], "title": "x"}).data
        assert task["key"] == "NEW-1"
        ann.delete(f"{TASKS}/{task['id']}")
        reply = ann.patch(url, {"key": "OLD"})
        assert (reply.status, reply.error["details"]) == (409, {"field": "key"})
        assert ann.patch(url, {"key": "NEW", "name": "Renamed"}).status == 200

    def test_a_strict_project_ends_without_open_tasks(self, ann: Person) -> None:
        body = {"name": "Strict", "key": "STR", "governance_mode": "strict"}
        project = ann.post("/api/v1/projects", body).data["id"]
        task = ann.post(TASKS, {"project_id": project, "title": "Open"}).data
        ann.post(TASKS, {"project_id": project, "title": "Done", "status": "done"})
        url = f"/api/v1/projects/{project}/status"
        ann.patch(url, {"status": "active"})
        ann.patch(url, {"status": "in_review"})
        reply = ann.patch(url, {"status": "completed"})
        named = [{"task_id": task["id"], "key": "STR-1", "title": "Open", "status": "todo"}]
        assert (reply.status, reply.error["details"]) == (409, {"open_tasks": named})
        assert ann.patch(url, {"status": "completed", "open_tasks": "cancel"}).data["status"] == "completed"
        assert ann.get(f"{TASKS}/{task['id']}").data["status"] == "cancelled"

    def test_a_simple_project_ends_anyhow(self, ann: Person, project: Any, task: Any) -> None:
        url = f"/api/v1/projects/{project['id']}/status"
        assert ann.patch(url, {"status": "completed"}).status == 200
        assert ann.get(f"{TASKS}/{task['id']}").data["status"] == "todo"
