"""Comments with their history, and tags (modules.md 4.4 rules 7 and 13)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.comments.models import CommentHistory

TASKS = "/api/v1/tasks"
HISTORY = select(CommentHistory.content).where(
    CommentHistory.workspace_id == SCOPE_WORKSPACE, CommentHistory.comment_id == bindparam("id")
)


@pytest.fixture
def comment(ann: Person, task: Any) -> Any:
    """A comment of ann's."""
    return ann.post(f"{TASKS}/{task['id']}/comments", {"content": "First"}).data


def _history(world: World, ann: Person, comment_id: str) -> list[str]:
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        statement = HISTORY.order_by(CommentHistory.id)
        return [row["content"] for row in reader.all(statement, id=comment_id)]


def test_a_comment_names_its_author(ann: Person, task: Any, comment: Any) -> None:
    expected = {
        "comment_id": comment["id"],
        "task_id": task["id"],
        "content": "First",
        "author": ann.username,
        "author_id": ann.id,
        "edit_count": 0,
        "edited_at": None,
        "is_deleted": False,
    }
    assert {name: comment[name] for name in expected} == expected
    assert ann.get(f"{TASKS}/comments/{comment['id']}").data == comment
    assert ann.get(f"{TASKS}/{task['id']}").data["comments_count"] == 1


def test_comments_page_in_the_order_of_writing(ann: Person, task: Any) -> None:
    url = f"{TASKS}/{task['id']}/comments"
    ids = [ann.post(url, {"content": str(n)}).data["id"] for n in range(5)]
    first = ann.get(url, page_size=2)
    assert [row["id"] for row in first.data] == ids[:2]
    assert first.json["pagination"]["total"] == 5
    cursor = first.json["pagination"]["next_cursor"]
    assert [row["id"] for row in ann.get(url, page_size=3, cursor=cursor).data] == ids[2:]
    assert [row["id"] for row in ann.get(url, page=3, page_size=2).data] == ids[4:]
    assert [row["id"] for row in ann.get(url, sort="-created_at").data] == ids[::-1]


def test_an_edit_keeps_what_was_said(world: World, ann: Person, comment: Any, events: Any) -> None:
    url = f"{TASKS}/comments/{comment['id']}"
    world.clock.advance(60)
    edited = ann.patch(url, {"content": "Second"}).data
    assert (edited["content"], edited["edit_count"]) == ("Second", 1)
    assert edited["edited_at"] == edited["updated_at"] > comment["created_at"]
    assert ann.patch(url, {"content": "Second"}).data["edit_count"] == 1
    assert ann.patch(url, {}).data["edit_count"] == 1
    ann.patch(url, {"content": "Third"})
    assert _history(world, ann, comment["id"]) == ["First", "Second"]
    told = events(comment["id"])
    assert [row["type"] for row in told] == ["comment.created", "comment.updated", "comment.updated"]
    assert "First" not in str(told) and "Second" not in str(told), "the ledger is never erased"


def test_deletion_leaves_a_tombstone(world: World, ann: Person, task: Any, comment: Any, events: Any) -> None:
    url = f"{TASKS}/comments/{comment['id']}"
    assert ann.delete(url).json["message"] == "Comment deleted"
    for reply in (ann.get(url), ann.delete(url), ann.patch(url, {"content": "x"})):
        assert reply.status == 404
    (stone,) = ann.get(f"{TASKS}/{task['id']}/comments").data
    assert (stone["content"], stone["is_deleted"], stone["author_id"]) == (None, True, ann.id)
    assert ann.get(f"{TASKS}/{task['id']}").data["comments_count"] == 0
    assert _history(world, ann, comment["id"]) == ["First"]
    assert events(comment["id"])[-1]["type"] == "comment.deleted"


@pytest.mark.parametrize("content", ["", "   ", "x" * 10_001, None, 5])
def test_a_comment_says_something(ann: Person, task: Any, content: Any) -> None:
    assert ann.post(f"{TASKS}/{task['id']}/comments", {"content": content}).faults == {"content"}


class TestTags:
    """Words of the workspace's catalogue, made on first use, unique whatever their case."""

    def catalogue(self, ann: Person, name: str, **values: Any) -> str:
        """The path of a tag that is there before any task has it."""
        path = f"/api/v1/workspaces/{ann.workspace_id}/tags"
        return f"{path}/{ann.post(path, {'name': name, **values}).data['id']}"

    def test_the_first_spelling_stays(self, ann: Person, project: Any) -> None:
        body = {"project_id": project["id"], "title": "x"}
        first = ann.post(TASKS, {**body, "tags": ["Straße", "UI"]}).data
        second = ann.post(TASKS, {**body, "tags": ["ui", "STRASSE", "Ui"]}).data
        assert first["tags"] == second["tags"] == ["Straße", "UI"]

    def test_a_patch_replaces_them(self, ann: Person, task: Any, events: Any) -> None:
        url = f"{TASKS}/{task['id']}"
        data = ann.patch(url, {"tags": ["b", "a"]}).data
        assert (data["tags"], data["version"]) == (["a", "b"], task["version"] + 1)
        assert ann.patch(url, {"tags": ["A", "B"]}).data["version"] == data["version"]
        assert ann.patch(url, {"tags": ["b", "c"], "title": "T"}).data["tags"] == ["b", "c"]
        assert ann.patch(url, {"tags": []}).data["tags"] == []
        told = [row["changes"]["tags"] for row in events(task["id"])[1:]]
        assert told == [
            {"old": [], "new": ["a", "b"]},
            {"old": ["a", "b"], "new": ["b", "c"]},
            {"old": ["b", "c"], "new": []},
        ]

    def test_each_workspace_has_its_own(self, ann: Person, bob: Person, task: Any) -> None:
        ann.patch(f"{TASKS}/{task['id']}", {"tags": ["Mine"]})
        project = bob.post("/api/v1/projects", {"name": "Bob's", "key": "BOB"}).data["id"]
        made = bob.post(TASKS, {"project_id": project, "title": "x", "tags": ["MINE"]}).data
        assert made["tags"] == ["MINE"]

    def test_they_stand_in_the_catalogue(self, ann: Person, task: Any) -> None:
        path = f"/api/v1/workspaces/{ann.workspace_id}/tags"
        ann.patch(f"{TASKS}/{task['id']}", {"tags": ["b", "A"]})
        shown = [(row["name"], row["color"], row["entity_type_limit"]) for row in ann.get(path).data]
        assert shown == [("A", None, "all"), ("b", None, "all")]

    def test_a_new_name_shows_at_once(self, ann: Person, project: Any, task: Any) -> None:
        tag, url = self.catalogue(ann, "Urgent"), f"{TASKS}/{task['id']}"
        ann.patch(url, {"tags": ["urgent", "b"]})
        ann.patch(tag, {"name": "ASAP"})
        assert ann.get(url).data["tags"] == ["ASAP", "b"]
        (listed,) = ann.get(TASKS, project_id=project["id"], tag="asap").data
        assert listed["tags"] == ["ASAP", "b"]
        assert ann.get(TASKS, project_id=project["id"], tag="urgent").data == []

    def test_a_deleted_one_is_taken_from_all_tasks(self, ann: Person, task: Any) -> None:
        tag, url = self.catalogue(ann, "Urgent"), f"{TASKS}/{task['id']}"
        ann.patch(url, {"tags": ["urgent", "b"]})
        assert ann.delete(tag).status == 200
        assert ann.get(url).data["tags"] == ["b"]

    @pytest.mark.parametrize("limit", ["project", "note"])
    def test_one_that_is_for_other_things_is_refused(self, ann: Person, task: Any, limit: str) -> None:
        self.catalogue(ann, "Plan", entity_type_limit=limit)
        for reply in (
            ann.patch(f"{TASKS}/{task['id']}", {"tags": ["plan", "b"]}),
            ann.post(TASKS, {"project_id": task["project_id"], "title": "x", "tags": ["PLAN"]}),
        ):
            assert (reply.status, reply.faults) == (422, {"tags"})
            assert "The tag Plan is not for a task." in str(reply.error)
        assert ann.get(f"{TASKS}/{task['id']}").data["tags"] == []

    def test_one_that_is_for_tasks_is_not(self, ann: Person, task: Any) -> None:
        self.catalogue(ann, "Bug", entity_type_limit="task")
        assert ann.patch(f"{TASKS}/{task['id']}", {"tags": ["bug"]}).data["tags"] == ["Bug"]

    def test_bad_names_are_refused(self, ann: Person, task: Any) -> None:
        url = f"{TASKS}/{task['id']}"
        reply = ann.patch(url, {"tags": ["ok", "", "x" * 51, "a\u001fb", 5]})
        assert reply.faults == {"tags.1", "tags.2", "tags.3", "tags.4"}
        assert ann.patch(url, {"tags": "ui"}).faults == {"tags"}
        assert ann.patch(url, {"tags": [str(n) for n in range(51)]}).faults == {"tags"}
