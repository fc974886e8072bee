"""Task lists, moves, trash (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"
LISTS = f"{TASKS}/lists"


def _list(person: Person, project: Any, name: str, **values: Any) -> Any:
    return person.post(LISTS, {"project_id": project["id"], "name": name, **values}).data


def _task(person: Person, project: Any, title: str = "x", **values: Any) -> Any:
    return person.post(TASKS, {"project_id": project["id"], "title": title, **values}).data


def _order(person: Person, list_id: str) -> list[str]:
    return [row["title"] for row in person.get(TASKS, task_list_id=list_id, sort="position").data]


class TestLists:
    """Create, order, archive, delete."""

    def test_a_list_comes_last_unless_told_otherwise(self, ann: Person, project: Any) -> None:
        names = [_list(ann, project, name)["order"] for name in ("One", "Two")]
        first = _list(ann, project, "First", order=0)
        also = _list(ann, project, "Also", position=7)
        assert (names, first["position"], also["order"]) == ([0, 1], 0, 7)
        shown = ann.get(LISTS, project_id=project["id"]).data
        assert [(row["name"], row["order"]) for row in shown] == [
            ("First", 0),
            ("One", 1),
            ("Two", 2),
            ("Also", 7),
        ]
        assert shown[0]["task_list_id"] == shown[0]["id"]

    def test_after_the_last_order_there_is_room(self, ann: Person, project: Any) -> None:
        where = {"project_id": project["id"]}
        assert ann.post(LISTS, {**where, "name": "Far", "order": 2**31 - 1}).faults == {"order"}
        last = _list(ann, project, "Last", order=1_000_000_000)
        assert [_list(ann, project, name)["order"] - last["order"] for name in "ab"] == [1, 2]
        assert ann.patch(f"{LISTS}/{last['id']}", {"order": 1_000_000_001}).faults == {"order"}

    def test_the_default_list_is_announced_too(self, ann: Person, task: Any, events: Any) -> None:
        (told,) = events(task["task_list_id"])
        assert (told["type"], told["payload"]["name"]) == ("task_list.created", "General")

    def test_a_trashed_list_has_no_page_of_tasks(self, ann: Person, project: Any) -> None:
        made = _list(ann, project, "Empty")
        assert ann.get(TASKS, task_list_id=made["id"]).data == []
        ann.delete(f"{LISTS}/{made['id']}")
        gone = ann.get(TASKS, task_list_id=made["id"])
        assert (gone.status, gone.error) == (404, ann.get(f"{LISTS}/{made['id']}").error)

    def test_a_list_counts_its_tasks(self, ann: Person, project: Any) -> None:
        made = _list(ann, project, "One")
        for status in ("todo", "done"):
            _task(ann, project, task_list_id=made["id"], status=status)
        trashed = _task(ann, project, task_list_id=made["id"])
        ann.delete(f"{TASKS}/{trashed['id']}")
        shown = ann.get(f"{LISTS}/{made['id']}").data
        assert (shown["tasks_count"], shown["completed_count"]) == (2, 1)
        assert ann.get(LISTS, project_id=project["id"]).data == [shown]

    def test_lists_are_a_projects(self, ann: Person) -> None:
        assert ann.get(LISTS).faults == {"project_id"}
        assert ann.post(LISTS, {"name": "x"}).faults == {"project_id"}

    def test_a_patch_changes_what_it_names(self, ann: Person, project: Any, events: Any) -> None:
        made = _list(ann, project, "One", description="Why")
        changed = ann.patch(f"{LISTS}/{made['id']}", {"order": 3}).data
        assert (changed["name"], changed["description"], changed["position"]) == ("One", "Why", 3)
        ann.patch(f"{LISTS}/{made['id']}", {})
        told = events(made["id"])
        assert [row["type"] for row in told] == ["task_list.created", "task_list.updated"]

    def test_an_archived_list_is_left_out_and_takes_no_tasks(self, ann: Person, project: Any) -> None:
        task = _task(ann, project)
        general = task["task_list_id"]
        ann.patch(f"{LISTS}/{general}", {"is_archived": True})
        assert ann.get(LISTS, project_id=project["id"]).data == []
        assert len(ann.get(LISTS, project_id=project["id"], include_archived="true").data) == 1
        reply = ann.post(TASKS, {"task_list_id": general, "title": "x"})
        assert (reply.status, reply.error["details"]) == (409, {"task_list_id": general})
        assert _task(ann, project)["task_list_id"] != general

    def test_a_list_with_tasks_goes_only_when_told_where_they_go(
        self, ann: Person, project: Any, events: Any
    ) -> None:
        task = _task(ann, project)
        url = f"{LISTS}/{task['task_list_id']}"
        reply = ann.delete(url)
        assert (reply.status, reply.error["details"]) == (409, {"tasks_count": 1})
        assert ann.delete(url, force="true", move_to=task["task_list_id"]).status == 400
        assert ann.delete(url, move_to=task["task_list_id"]).faults == {"move_to"}
        assert ann.delete(url, move_to=project["id"]).faults == {"move_to"}
        target = _list(ann, project, "Target")
        assert ann.delete(url, move_to=target["id"]).json["message"] == "Task list deleted"
        assert ann.get(f"{TASKS}/{task['id']}").data["task_list_id"] == target["id"]
        assert ann.get(url).status == 404
        assert events(task["id"])[-1]["type"] == "task.moved"

    def test_force_trashes_the_tasks_too(self, ann: Person, project: Any, counted: Any) -> None:
        task = _task(ann, project, status="done")
        assert ann.delete(f"{LISTS}/{task['task_list_id']}", force="true").status == 200
        assert ann.get(f"{TASKS}/{task['id']}").status == 404
        refused = ann.post(f"{TASKS}/{task['id']}/restore")
        assert refused.status == 409
        parent = refused.error["details"]["parent"]
        assert (parent["resource_type"], parent["resource_id"]) == ("task_list", task["task_list_id"])
        kept, anew = counted(project["id"])
        assert kept == anew == {"total": 0, "completed": 0, "cancelled": 0}

    def test_a_task_whose_list_is_gone_for_good_comes_back_to_the_default_one(
        self, world: World, ann: Person, project: Any, counted: Any
    ) -> None:
        task = _task(ann, project, status="done")
        assert ann.delete(f"{LISTS}/{task['task_list_id']}", force="true").status == 200
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            world.kernel.trash.purge(uow, "task_list", task["task_list_id"])
        restored = ann.post(f"{TASKS}/{task['id']}/restore").data
        assert restored["task_list_id"] != task["task_list_id"], "a new General, since its list is gone"
        kept, anew = counted(project["id"])
        assert kept == anew == {"total": 1, "completed": 1, "cancelled": 0}

    def test_a_list_comes_back_with_the_tasks_that_went_with_it(
        self, world: World, ann: Person, project: Any, counted: Any
    ) -> None:
        early, late = _task(ann, project), _task(ann, project)
        ann.delete(f"{TASKS}/{early['id']}")
        world.clock.advance(60)
        assert ann.delete(f"{LISTS}/{late['task_list_id']}", force="true").status == 200
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            world.kernel.trash.recover(uow, "task_list", late["task_list_id"])
        assert [row["id"] for row in ann.get(LISTS, project_id=project["id"]).data] == [late["task_list_id"]]
        assert ann.get(f"{TASKS}/{late['id']}").data["task_list_id"] == late["task_list_id"]
        assert ann.get(f"{TASKS}/{early['id']}").status == 404, "that one was deleted for itself"
        kept, anew = counted(project["id"])
        assert kept == anew == {"total": 1, "completed": 0, "cancelled": 0}


class TestMoves:
    """To another position, list or project."""

    def test_a_list_alone_tells_the_project(self, ann: Person, project: Any) -> None:
        made = _list(ann, project, "One")
        task = ann.post(TASKS, {"task_list_id": made["id"], "title": "x"}).data
        assert (task["project_id"], task["task_list_id"]) == (project["id"], made["id"])
        assert ann.post(TASKS, {"title": "x"}).faults == {"project_id"}

    def test_a_position_is_the_index_that_the_task_will_have(self, ann: Person, project: Any) -> None:
        made = [_task(ann, project, title) for title in "abc"]
        general = made[0]["task_list_id"]
        moved = ann.post(f"{TASKS}/{made[2]['id']}/move", {"position": 0})
        assert moved.json["message"] == "Task moved"
        assert _order(ann, general) == ["c", "a", "b"]
        _task(ann, project, "d")
        assert _order(ann, general) == ["c", "a", "b", "d"]
        ann.post(f"{TASKS}/{made[2]['id']}/move", {"position": 1})
        assert _order(ann, general) == ["a", "c", "b", "d"]
        ann.post(f"{TASKS}/{made[0]['id']}/move", {"position": 99})
        assert _order(ann, general) == ["c", "b", "d", "a"]

    def test_to_another_list(self, ann: Person, project: Any, task: Any, events: Any) -> None:
        target = _list(ann, project, "Doing")
        _task(ann, project, "first", task_list_id=target["id"])
        body = {"target_task_list_id": target["id"]}
        assert ann.post(f"{TASKS}/{task['id']}/move", body).data["task_list_id"] == target["id"]
        assert _order(ann, target["id"]) == ["first", "Design UI"]
        told = events(task["id"])[-1]
        assert told["type"] == "task.moved"
        assert told["changes"]["task_list_id"] == {"old": task["task_list_id"], "new": target["id"]}
        ann.post(f"{TASKS}/{task['id']}/move", body)
        ann.post(f"{TASKS}/{task['id']}/move", {})
        assert events(task["id"])[-1]["id"] == told["id"], "staying is no move"

    def test_by_patch(self, ann: Person, project: Any, task: Any, events: Any, counted: Any) -> None:
        target = _list(ann, project, "Doing")
        _task(ann, project, "first", task_list_id=target["id"])
        body = {"task_list_id": target["id"], "status": "doing"}
        data = ann.patch(f"{TASKS}/{task['id']}", body).data
        assert (data["task_list_id"], data["status"]) == (target["id"], "in_progress")
        assert _order(ann, target["id"]) == ["first", "Design UI"]
        updated, moved = events(task["id"])[1:]
        assert (updated["type"], moved["type"]) == ("task.updated", "task.moved")
        assert (set(updated["changes"]), set(moved["changes"])) == (
            {"status", "started_at"},
            {"task_list_id", "rank"},
        )
        kept, anew = counted(project["id"])
        assert kept == anew
        ann.patch(f"{TASKS}/{task['id']}", body)
        assert events(task["id"])[-1]["id"] == moved["id"], "staying is no move"
        assert ann.patch(f"{TASKS}/{task['id']}", {"task_list_id": project["id"]}).faults == {"task_list_id"}

    def test_to_another_project(
        self, ann: Person, project: Any, colleague: Any, counted: Any, events: Any
    ) -> None:
        member = colleague(project["id"])
        task = _task(ann, project, "x", status="done", assigned_to=member.id, tags=["ui"])
        ann.post(f"{TASKS}/{task['id']}/comments", {"content": "Well"})
        other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data
        reply = ann.post(f"{TASKS}/{task['id']}/move", {"project_id": other["id"]})
        moved = reply.data
        assert (moved["key"], moved["project_id"]) == ("OTH-1", other["id"])
        assert (moved["assigned_to"], len(moved["warnings"])) == (None, 1)
        assert (moved["tags"], moved["comments_count"], moved["status"]) == (["ui"], 1, "completed")
        assert _task(ann, project)["key"] == "WEB-2", "a number is never used twice"
        for place, count in ((project, 1), (other, 1)):
            kept, anew = counted(place["id"])
            assert kept == anew
            assert kept["total"] == count
        assert member.get(f"{TASKS}/{task['id']}/comments").data[0]["project_id"] == other["id"]
        left, came = events(task["id"])[-2:]
        assert (left["type"], left["container_id"], came["container_id"]) == (
            "task.moved",
            project["id"],
            other["id"],
        )
        assert (left["payload"]["left"], left["payload"]["key"], left["changes"]) == (True, "WEB-1", None)
        assert (came["payload"]["left"], came["payload"]["key"]) == (False, "OTH-1")

    def test_a_list_of_another_project_takes_it_there(self, ann: Person, task: Any) -> None:
        other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data
        target = _list(ann, other, "Inbox")
        url = f"{TASKS}/{task['id']}/move"
        wrong = {"project_id": other["id"], "task_list_id": task["task_list_id"]}
        assert ann.post(url, wrong).faults == {"task_list_id"}
        assert ann.post(url, {"task_list_id": other["id"]}).faults == {"task_list_id"}
        assert ann.post(url, {"task_list_id": target["id"]}).data["key"] == "OTH-1"

    def test_not_to_another_workspace(self, ann: Person, bob: Person, task: Any) -> None:
        theirs = bob.post("/api/v1/projects", {"name": "Bob's", "key": "BOB"}).data["id"]
        assert ann.post(f"{TASKS}/{task['id']}/move", {"project_id": theirs}).status == 404
        assert ann.get(f"{TASKS}/{task['id']}").data["key"] == "WEB-1"


class TestTrash:
    """Deleted tasks come back as they were."""

    def test_a_task_comes_back(self, ann: Person, task: Any, events: Any) -> None:
        url = f"{TASKS}/{task['id']}"
        assert ann.delete(url).json == {"success": True, "message": "Task moved to the trash"}
        assert ann.get(url).status == 404
        assert ann.delete(url).status == 404
        assert ann.post(f"{url}/comments", {"content": "x"}).status == 404
        assert ann.get(f"{url}/comments").status == 404
        back = ann.post(f"{url}/restore").data
        assert {**back, "version": 0} == {**task, "version": 0}
        assert ann.post(f"{url}/restore").status == 409
        assert [row["type"] for row in events(task["id"])][1:] == ["task.deleted", "task.restored"]

    def test_a_comment_on_a_trashed_task_is_out_of_reach(self, ann: Person, task: Any) -> None:
        comment = ann.post(f"{TASKS}/{task['id']}/comments", {"content": "x"}).data
        ann.delete(f"{TASKS}/{task['id']}")
        url = f"{TASKS}/comments/{comment['id']}"
        assert ann.patch(url, {"content": "y"}).status == 404
        assert ann.delete(url).status == 404
        assert ann.get(url).status == 404
