"""Many tasks in one call (modules.md 4.1): each by the rules that hold for it alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"
BULK = f"{TASKS}/bulk"


@pytest.fixture
def make(ann: Person, project: Any) -> Callable[..., Any]:
    """Makes tasks of ann's: `make("a", status="done")`."""

    def one(title: str = "x", **values: Any) -> Any:
        return ann.post(TASKS, {"project_id": project["id"], "title": title, **values}).data

    return one


def _order(person: Person, list_id: str) -> list[str]:
    return [row["title"] for row in person.get(TASKS, task_list_id=list_id, sort="rank").data]


class TestCreate:
    """New tasks, of one project or of several."""

    def test_many_are_as_one_by_one(
        self, ann: Person, project: Any, make: Any, events: Any, counted: Any
    ) -> None:
        alone = make("alone", tags=["ui"], due_date="2026-04-01")
        item = {"title": "together", "tags": ["ui"], "due_date": "2026-04-01"}
        body = {"action": "create", "project_id": project["id"], "items": [item, {**item, "status": "done"}]}
        data = ann.post(BULK, body).data
        assert (data["success_count"], data["failed_count"], data["dry_run"]) == (2, 0, False)
        first, second = data["results"]
        assert (first["index"], first["status"], first["error"], first["warnings"]) == (
            0,
            "success",
            None,
            [],
        )
        assert [row["task"]["key"] for row in data["results"]] == ["WEB-2", "WEB-3"]
        shown = ann.get(f"{TASKS}/{first['id']}").data
        differing = {"id", "task_id", "key", "title", "rank"}
        assert {name for name in alone if alone[name] != shown[name]} <= differing
        assert first["task"] == {name: shown[name] for name in first["task"]}
        assert [row["type"] for row in events(second["id"])] == ["task.created", "task.completed"]
        kept, anew = counted(project["id"])
        assert kept == anew == {"total": 3, "completed": 1, "cancelled": 0}

    def test_what_fails_does_not_hold_up_the_others_and_takes_no_number(
        self, ann: Person, bob: Person, project: Any, make: Any
    ) -> None:
        theirs = bob.post("/api/v1/projects", {"name": "Bob's", "key": "BOB"}).data["id"]
        items = [
            {"title": "a"},
            {"title": ""},
            {"title": "b", "task_list_id": project["id"]},
            {"title": "c", "project_id": theirs},
            {"title": "d", "assigned_to": bob.id},
            {"title": "e", "id": project["id"]},
            {"title": "f", "estimated_hours": 1, "is_milestone": True},
            {"title": "g"},
        ]
        data = ann.post(BULK, {"action": "create", "project_id": project["id"], "items": items}).data
        assert (data["success_count"], data["failed_count"]) == (2, 6)
        assert [row["task"] and row["task"]["key"] for row in data["results"]] == [
            "WEB-1",
            *[None] * 6,
            "WEB-2",
        ]
        faults = [row["error"] and row["error"]["details"].get("field") for row in data["results"]]
        assert faults == [None, "title", "task_list_id", None, "assigned_to", "id", "estimated_hours", None]
        assert data["results"][3]["error"]["code"] == "NOT_FOUND"
        assert make()["key"] == "WEB-3"

    def test_of_several_projects(self, ann: Person, project: Any) -> None:
        other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data
        inbox = ann.post(f"{TASKS}/lists", {"project_id": other["id"], "name": "Inbox"}).data
        items = [
            {"title": "a", "task_list_id": inbox["id"]},
            {"title": "b", "project_id": project["id"]},
            {"title": "c", "project_id": other["id"]},
            {"title": "d"},
        ]
        data = ann.post(BULK, {"action": "create", "items": items, "data": {"priority": "high"}}).data
        keys = [row["task"] and row["task"]["key"] for row in data["results"]]
        assert keys == ["OTH-1", "WEB-1", "OTH-2", None]
        assert data["results"][3]["error"]["details"]["field"] == "project_id"
        assert ann.get(f"{TASKS}/{data['results'][0]['id']}").data["priority"] == "high"

    def test_a_thousand_cost_few_statements(self, world: World, ann: Person, project: Any) -> None:
        items = [{"title": f"t{n}", "tags": [f"tag {n % 20}"], "assigned_to": ann.id} for n in range(1000)]
        body = {"action": "create", "project_id": project["id"], "items": items}
        with world.statements() as seen:
            data = ann.post(BULK, body).data
        assert data["success_count"] == 1000
        assert len(seen) <= 30
        assert [row["task"]["key"] for row in data["results"]] == [f"WEB-{n}" for n in range(1, 1001)]


class TestChanges:
    """Tasks that there are."""

    def test_the_same_for_all(self, ann: Person, make: Any, events: Any) -> None:
        made = [make() for _ in range(3)]
        body = {"action": "update", "ids": [task["id"] for task in made], "data": {"status": "doing"}}
        data = ann.post(BULK, body).data
        assert [row["task"]["status"] for row in data["results"]] == ["in_progress"] * 3
        assert [row["type"] for row in events(made[2]["id"])] == ["task.created", "task.updated"]
        again = ann.post(BULK, body).data
        assert (again["success_count"], len(events(made[2]["id"]))) == (3, 2), "no change, no event"

    def test_each_its_own_and_only_in_the_version_that_was_read(self, ann: Person, make: Any) -> None:
        one, two, three = make("one"), make("two"), make("three")
        ann.patch(f"{TASKS}/{two['id']}", {"title": "2"})
        items = [
            {"id": one["id"], "version": one["version"], "title": "1"},
            {"id": two["id"], "version": two["version"], "title": "too late"},
            {"id": three["id"], "tags": ["ui"], "nonsense": 1},
            {"id": "x"},
            {"id": one["id"], "version": "1"},
        ]
        results = ann.post(BULK, {"action": "update", "items": items}).data["results"]
        codes = [row["error"] and row["error"]["code"] for row in results]
        assert codes == [None, "PRECONDITION_FAILED", *["VALIDATION_ERROR"] * 3]
        assert [row["error"]["details"]["field"] for row in results[2:]] == ["nonsense", "id", "version"]
        assert ann.get(f"{TASKS}/{two['id']}").data["title"] == "2"

    def test_what_others_did_stays_where_one_fails_half_way(
        self, ann: Person, make: Any, project: Any, counted: Any, events: Any
    ) -> None:
        made = [make() for _ in range(4)]
        items: list[Any] = [{"id": task["id"], "status": "done"} for task in made]
        items[2]["task_list_id"] = project["id"]
        data = ann.post(BULK, {"action": "update", "items": items}).data
        assert [row["status"] for row in data["results"]] == ["success", "success", "failed", "success"]
        shown = [ann.get(f"{TASKS}/{task['id']}").data for task in made]
        assert [(row["status"], row["version"]) for row in shown] == [
            ("todo", 1) if number == 2 else ("completed", 2) for number in range(4)
        ]
        assert [len(events(task["id"])) for task in made] == [3, 3, 1, 3]
        kept, anew = counted(project["id"])
        assert kept == anew == {"total": 4, "completed": 3, "cancelled": 0}

    def test_the_same_task_twice(self, ann: Person, make: Any) -> None:
        task = make()
        items = [{"id": task["id"], "title": "y"}, {"id": task["id"], "priority": "high", "version": 2}]
        data = ann.post(BULK, {"action": "update", "items": items}).data
        assert (data["success_count"], data["results"][1]["task"]["version"]) == (2, 3)
        again = ann.post(BULK, {"action": "delete", "ids": [task["id"]] * 2}).data
        assert [row["status"] for row in again["results"]] == ["success", "failed"]

    def test_what_fails_leaves_nothing_behind(
        self, ann: Person, make: Any, project: Any, counted: Any
    ) -> None:
        task = make()
        body = {
            "action": "update",
            "ids": [task["id"]],
            "data": {"status": "done", "task_list_id": project["id"]},
        }
        data = ann.post(BULK, body).data
        assert data["results"][0]["error"]["details"]["field"] == "task_list_id"
        assert ann.get(f"{TASKS}/{task['id']}").data == task
        kept, anew = counted(project["id"])
        assert kept == anew

    def test_moves_one_after_the_other(self, ann: Person, make: Any) -> None:
        made = {name: make(name) for name in "abcd"}
        items = [{"id": made[name]["id"], "position": 0} for name in "bd"]
        items.append({"id": made["a"]["id"], "after_task_id": made["c"]["id"], "status": "done"})
        results = ann.post(BULK, {"action": "move", "items": items}).data["results"]
        assert _order(ann, made["a"]["task_list_id"]) == ["d", "b", "c", "a"]
        assert results[2]["task"]["status"] == "completed"

    def test_to_another_project(self, ann: Person, make: Any, counted: Any, project: Any) -> None:
        other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data
        body = {
            "action": "move",
            "ids": [make()["id"] for _ in range(3)],
            "data": {"project_id": other["id"]},
        }
        data = ann.post(BULK, body).data
        assert [row["task"]["key"] for row in data["results"]] == ["OTH-1", "OTH-2", "OTH-3"]
        for place in (project, other):
            kept, anew = counted(place["id"])
            assert kept == anew

    def test_to_the_trash_and_back(self, ann: Person, make: Any, counted: Any, project: Any) -> None:
        ids = [make()["id"] for _ in range(3)]
        assert ann.post(BULK, {"action": "delete", "ids": ids[:2]}).data["success_count"] == 2
        data = ann.post(BULK, {"action": "delete", "ids": ids}).data
        assert [row["error"] and row["error"]["code"] for row in data["results"]] == ["NOT_FOUND"] * 2 + [
            None
        ]
        data = ann.post(BULK, {"action": "restore", "ids": ids}).data
        assert data["success_count"] == 3
        assert (
            ann.post(BULK, {"action": "restore", "ids": ids[:1]}).data["results"][0]["error"]["code"]
            == "CONFLICT"
        )
        kept, anew = counted(project["id"])
        assert kept == anew == {"total": 3, "completed": 0, "cancelled": 0}

    def test_by_filter(self, ann: Person, make: Any, project: Any) -> None:
        low, high = make("low", priority="low"), make("high", priority="high")
        query = {"project_id": project["id"], "priority": "high"}
        data = ann.post(BULK, {"action": "update", "filter": query, "data": {"title": "!"}}).data
        assert [row["id"] for row in data["results"]] == [high["id"]]
        assert ann.get(f"{TASKS}/{low['id']}").data["title"] == "low"
        assert ann.post(BULK, {"action": "delete", "filter": {"nonsense": 1}}).faults == {"nonsense"}

    def test_a_filter_reaches_no_further_than_one_call(
        self, ann: Person, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pronaflow_tasks.bulk.service.MOST", 1)
        make(), make()
        assert ann.post(BULK, {"action": "delete", "filter": {}}).faults == {"filter"}

    @pytest.mark.parametrize(
        ("action", "data", "most"),
        [("update", {"title": "y"}, 2), ("move", {"position": 0}, 5), ("delete", {}, 3), ("restore", {}, 7)],
    )
    def test_a_task_costs_few_statements(
        self, world: World, ann: Person, make: Any, action: str, data: Any, most: int
    ) -> None:
        ids = [make()["id"] for _ in range(20)]
        if action == "restore":
            ann.post(BULK, {"action": "delete", "ids": ids})
        with world.statements() as seen:
            answer = ann.post(BULK, {"action": action, "ids": ids, "data": data}).data
        assert answer["success_count"] == 20
        assert len(seen) <= 20 + 20 * most


class TestWhole:
    """All or nothing, and nothing at all."""

    def test_all_or_nothing_names_every_fault(self, ann: Person, make: Any) -> None:
        one, two = make("one"), make("two")
        items = [{"id": one["id"], "title": "1"}, {"id": two["id"], "title": ""}, {"id": two["id"], "x": 1}]
        reply = ann.post(BULK, {"action": "update", "atomic": True, "items": items})
        assert (reply.status, reply.faults) == (422, {"items.1.title", "items.2.x"})
        reply = ann.post(BULK, {"action": "delete", "atomic": True, "ids": [one["id"], one["task_list_id"]]})
        assert (reply.status, reply.error["details"]["failed_count"]) == (409, 1)
        [failed] = reply.error["details"]["results"]
        assert (failed["index"], failed["error"]["code"]) == (1, "NOT_FOUND")
        assert ann.get(f"{TASKS}/{one['id']}").data == one
        assert (
            ann.post(BULK, {"action": "delete", "atomic": True, "ids": [one["id"]]}).data["success_count"]
            == 1
        )

    def test_new_tasks_all_or_none(self, ann: Person, project: Any) -> None:
        items = [{"title": "a"}, {"title": "b", "start_date": "2026-04-02", "due_date": "2026-04-01"}]
        body = {"action": "create", "atomic": True, "project_id": project["id"], "items": items}
        assert ann.post(BULK, body).faults == {"items.1.due_date"}
        assert ann.get(TASKS, project_id=project["id"]).data == []

    @pytest.mark.parametrize("atomic", [True, False])
    def test_a_trial_keeps_nothing(
        self, ann: Person, make: Any, project: Any, events: Any, counted: Any, atomic: bool
    ) -> None:
        task = make()
        how = {"dry_run": True, "atomic": atomic}
        data = ann.post(
            BULK, {**how, "action": "update", "ids": [task["id"]], "data": {"status": "done"}}
        ).data
        assert (data["dry_run"], data["results"][0]["task"]["status"]) == (True, "completed")
        items = [{"title": "x"}]
        made = ann.post(BULK, {**how, "action": "create", "project_id": project["id"], "items": items}).data
        assert made["results"][0]["task"]["key"] == "WEB-2"
        assert ann.get(f"{TASKS}/{made['results'][0]['id']}").status == 404
        assert ann.get(f"{TASKS}/{task['id']}").data == task
        assert [row["type"] for row in events(task["id"])] == ["task.created"]
        kept, anew = counted(project["id"])
        assert kept == anew
        assert make()["key"] == "WEB-2"

    def test_a_key_makes_it_once(self, ann: Person, project: Any) -> None:
        body = {"action": "create", "project_id": project["id"], "items": [{"title": "x"}]}
        replies = [ann.request("POST", BULK, body, headers={"Idempotency-Key": "once"}) for _ in range(2)]
        assert replies[0].data == replies[1].data
        assert len(ann.get(TASKS, project_id=project["id"]).data) == 1

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, {"action"}),
            ({"action": "delete"}, {"ids"}),
            ({"action": "delete", "ids": []}, {"ids"}),
            ({"action": "delete", "ids": ["x"]}, {"ids.0"}),
            ({"action": "create", "ids": ["x"]}, {"ids.0"}),
            ({"action": "create", "filter": {}}, {"items"}),
            ({"action": "delete", "filter": {}, "items": [{}]}, {"ids"}),
        ],
    )
    def test_a_body_that_is_wrong(self, ann: Person, body: Any, fields: set[str]) -> None:
        assert ann.post(BULK, body).faults == fields

    def test_data_that_is_wrong_for_all(self, ann: Person, make: Any) -> None:
        body = {"action": "update", "ids": [make()["id"]], "data": {"title": 1, "x": 2}}
        assert ann.post(BULK, body).faults == {"data.title", "data.x"}

    def test_at_most_a_thousand(self, ann: Person) -> None:
        assert ann.post(BULK, {"action": "create", "items": [{"title": "x"}] * 1001}).status == 422


class TestRights:
    """Each task takes the permission that it takes alone."""

    def test_a_viewer_reads_and_changes_nothing(
        self, ann: Person, project: Any, make: Any, colleague: Any
    ) -> None:
        viewer, task = colleague(project["id"], "viewer"), make()
        for action in ("update", "move", "delete"):
            body = {"action": action, "ids": [task["id"]]}
            assert viewer.post(BULK, body).data["results"][0]["error"]["code"] == "FORBIDDEN"
        body = {"action": "create", "project_id": project["id"], "items": [{"title": "x"}] * 2}
        codes = [row["error"]["code"] for row in viewer.post(BULK, body).data["results"]]
        assert codes == ["FORBIDDEN"] * 2
        assert ann.get(f"{TASKS}/{task['id']}").data["version"] == task["version"]

    def test_a_hidden_task_is_like_none(self, ann: Person, colleague: Any) -> None:
        hidden = ann.post("/api/v1/projects", {"name": "Own", "visibility": "private"}).data
        task = ann.post(TASKS, {"project_id": hidden["id"], "title": "x"}).data
        other = ann.post("/api/v1/projects", {"name": "Open"}).data
        member = colleague(other["id"])
        results = member.post(BULK, {"action": "update", "ids": [task["id"], other["id"]]}).data["results"]
        words = [row["error"]["message"].replace(row["id"], "…") for row in results]
        assert words == ["Task … was not found"] * 2

    def test_a_member_deletes_only_their_own(
        self, ann: Person, project: Any, make: Any, colleague: Any
    ) -> None:
        member = colleague(project["id"])
        own = member.post(TASKS, {"project_id": project["id"], "title": "x"}).data
        data = member.post(BULK, {"action": "delete", "ids": [make()["id"], own["id"]]}).data
        assert [row["error"] and row["error"]["code"] for row in data["results"]] == ["FORBIDDEN", None]

    def test_a_project_that_takes_no_changes(self, ann: Person, project: Any, make: Any) -> None:
        task = make()
        ann.patch(f"/api/v1/projects/{project['id']}/status", {"status": "on_hold"})
        data = ann.post(BULK, {"action": "update", "ids": [task["id"]], "data": {"title": "y"}}).data
        assert data["results"][0]["error"]["details"] == {"project_status": "on_hold"}
