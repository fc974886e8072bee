"""Who wants to hear of a task (modules.md 4.4, rule 14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.api import Tasks

TASKS = "/api/v1/tasks"


@pytest.fixture
def url(task: Any) -> str:
    """The address of ann's task."""
    return f"{TASKS}/{task['id']}"


def watchers(person: Person, url: str) -> set[str]:
    """Who watches a task, as everybody is shown it."""
    shown = {row["user_id"] for row in person.get(f"{url}/watchers").data}
    task = person.get(url).data
    assert task["watchers_count"] == len(shown)
    assert task["is_watching"] == (person.id in shown)
    return shown


def test_its_creator_watches_and_says_no_more(ann: Person, url: str) -> None:
    assert watchers(ann, url) == {ann.id}
    assert ann.delete(f"{url}/watchers").json["message"] == "Not watching"
    assert watchers(ann, url) == set()
    assert ann.post(f"{url}/watchers", {}).status == 201
    assert watchers(ann, url) == {ann.id}


def test_who_is_assigned_watches_as_long_as_they_are(
    ann: Person, url: str, project: Any, colleague: Any
) -> None:
    one, two = colleague(project["id"]), colleague(project["id"])
    ann.patch(url, {"assignee_ids": [one.id, two.id]})
    assert watchers(one, url) == {ann.id, one.id, two.id}
    ann.patch(url, {"assignee_ids": [two.id]})
    assert watchers(one, url) == {ann.id, two.id}


@pytest.mark.parametrize(
    ("steps", "watching"),
    [
        (("comment",), True),
        (("unwatch", "comment"), False),
        (("comment", "unwatch", "comment"), False),
        (("unwatch", "assign"), False),
        (("assign", "unwatch"), False),
        (("assign", "unwatch", "watch"), True),
        (("unwatch", "comment", "watch"), True),
        (("watch", "unwatch"), False),
        (("watch", "watch"), True),
        (("comment", "watch", "assign", "unassign"), True),
        (("assign", "unassign"), False),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_what_one_says_wins_over_what_one_does(
    ann: Person, url: str, project: Any, colleague: Any, steps: tuple[str, ...], watching: bool
) -> None:
    person = colleague(project["id"])
    acts: dict[str, Callable[[], Any]] = {
        "comment": lambda: person.post(f"{url}/comments", {"content": "Hm"}),
        "watch": lambda: person.post(f"{url}/watchers", {}),
        "unwatch": lambda: person.delete(f"{url}/watchers"),
        "assign": lambda: ann.patch(url, {"assignee_ids": [person.id]}),
        "unassign": lambda: ann.patch(url, {"assignee_ids": []}),
    }
    for step in steps:
        assert acts[step]().status < 300
    assert (person.id in watchers(ann, url)) == watching
    assert person.get(url).data["is_watching"] == watching


def test_readers_watch_too_and_managers_let_others(
    ann: Person, url: str, project: Any, colleague: Any
) -> None:
    viewer, member, manager = (colleague(project["id"], role) for role in ("viewer", "member", "manager"))
    assert viewer.post(f"{url}/watchers", {}).status == 201
    assert member.post(f"{url}/watchers", {"user_id": member.id}).status == 201
    assert member.post(f"{url}/watchers", {"user_id": viewer.id}).status == 403
    assert member.request("DELETE", f"{url}/watchers?user_id={ann.id}").status == 403
    assert manager.request("DELETE", f"{url}/watchers?user_id={viewer.id}").status == 200
    assert manager.post(f"{url}/watchers", {"user_id": manager.id}).status == 201
    assert watchers(ann, url) == {ann.id, member.id, manager.id}


def test_a_change_is_told_once(ann: Person, url: str, task: Any, events: Callable[[str], list[Any]]) -> None:
    ann.post(f"{url}/watchers", {})
    ann.delete(f"{url}/watchers")
    ann.delete(f"{url}/watchers")
    ann.post(f"{url}/watchers", {})
    told = [(row["type"], row["payload"]) for row in events(task["id"])[1:]]
    payload = {"task_id": task["id"], "project_id": task["project_id"], "user_id": ann.id}
    assert told == [("task.watcher.removed", payload), ("task.watcher.added", payload)]


class TestWhoSeesIt:
    """Only who can still see the project hears of its tasks."""

    @pytest.fixture
    def secret(self, ann: Person) -> Any:
        """A task in a private project of ann's."""
        body = {"name": "Secret", "key": "SEC", "visibility": "private"}
        project = ann.post("/api/v1/projects", body).data["id"]
        return ann.post(TASKS, {"project_id": project, "title": "Hush"}).data

    def heard(self, world: World, ann: Person, tasks: Tasks, task_id: str) -> list[str]:
        with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader, world.statements() as seen:
            found = tasks.watchers(reader, [task_id])
        assert len(seen) == 1
        return list(found[task_id])

    def test_a_member_of_the_workspace_alone_does_not(
        self, world: World, ann: Person, secret: Any, colleague: Any, tasks: Tasks
    ) -> None:
        member, outsider = colleague(secret["project_id"]), colleague()
        url = f"{TASKS}/{secret['id']}"
        assert ann.post(f"{url}/watchers", {"user_id": outsider.id}).faults == {"user_id"}
        assert outsider.post(f"{url}/watchers", {}).status == 404
        assert member.post(f"{url}/watchers", {}).status == 201
        assert set(self.heard(world, ann, tasks, secret["id"])) == {ann.id, member.id}

    def test_who_leaves_the_project_does_no_more(
        self, world: World, ann: Person, secret: Any, colleague: Any, tasks: Tasks
    ) -> None:
        member = colleague(secret["project_id"])
        url = f"{TASKS}/{secret['id']}"
        member.post(f"{url}/comments", {"content": "I am here"})
        ann.patch(f"/api/v1/workspaces/{ann.workspace_id}/settings", {"on_member_removed": "keep"})
        ann.patch(url, {"assigned_to": member.id})
        assert member.id in self.heard(world, ann, tasks, secret["id"])
        ann.delete(f"/api/v1/projects/{secret['project_id']}/members/{member.id}")
        assert self.heard(world, ann, tasks, secret["id"]) == [ann.id]
        assert watchers(ann, url) == {ann.id}

    def test_who_leaves_the_workspace_neither(
        self, world: World, ann: Person, task: Any, colleague: Any, tasks: Tasks
    ) -> None:
        member = colleague()
        member.post(f"{TASKS}/{task['id']}/watchers", {})
        assert member.id in self.heard(world, ann, tasks, task["id"])
        ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{member.id}")
        assert self.heard(world, ann, tasks, task["id"]) == [ann.id]

    def test_many_tasks_cost_one_statement(self, world: World, ann: Person, task: Any, tasks: Tasks) -> None:
        missing = new_id()
        with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
            assert tasks.watchers(reader, [task["id"], missing]) == {task["id"]: [ann.id], missing: []}

    def test_another_workspace_hears_nothing(
        self, world: World, bob: Person, task: Any, tasks: Tasks
    ) -> None:
        with world.kernel.db.read(Scope.system(bob.workspace_id)) as reader:
            assert tasks.watchers(reader, [task["id"]]) == {task["id"]: []}


def test_bad_input_is_refused(ann: Person, bob: Person, url: str) -> None:
    assert ann.post(f"{url}/watchers", {"user_id": "me"}).faults == {"user_id"}
    assert ann.post(f"{url}/watchers", {"user_id": bob.id}).faults == {"user_id"}
    assert bob.get(f"{url}/watchers").status == bob.post(f"{url}/watchers", {}).status == 404
