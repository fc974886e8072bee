"""Status, priority, dates and milestones (modules.md 4.3, 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"


def test_a_new_task_is_to_do_and_of_medium_priority(ann: Person, project: Any, task: Any) -> None:
    expected = {
        "key": "WEB-1",
        "status": "todo",
        "priority": "medium",
        "progress": 0,
        "project_id": project["id"],
        "workspace_id": ann.workspace_id,
        "created_by": ann.id,
        "assigned_to": None,
        "assignee": None,
        "tags": [],
        "actual_hours": 0,
        "estimated_hours": None,
        "comments_count": 0,
        "subtasks_count": 0,
        "dependencies": [],
        "started_at": None,
        "completed_at": None,
    }
    assert {name: task[name] for name in expected} == expected
    assert task == ann.get(f"{TASKS}/{task['id']}").data


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("to_do", "todo"),
        ("not_started", "todo"),
        ("NEW", "todo"),
        ("open", "todo"),
        ("doing", "in_progress"),
        ("active", "in_progress"),
        ("review", "in_review"),
        ("waiting", "blocked"),
        ("done", "completed"),
        ("closed", "completed"),
        ("canceled", "cancelled"),
        ("backlog", "backlog"),
    ],
)
def test_a_status_has_other_names(ann: Person, task: Any, said: str, meant: str) -> None:
    url = f"{TASKS}/{task['id']}"
    assert ann.patch(f"{url}/status", {"status": said}).data["status"] == meant
    assert ann.get(url).data["status"] == meant
    found = ann.get(TASKS, project_id=task["project_id"], status=said).data
    assert [row["id"] for row in found] == [task["id"]]


@pytest.mark.parametrize(("said", "meant"), [("urgent", "critical"), ("normal", "medium"), ("LOW", "low")])
def test_a_priority_has_other_names(ann: Person, task: Any, said: str, meant: str) -> None:
    assert ann.patch(f"{TASKS}/{task['id']}", {"priority": said}).data["priority"] == meant


def test_unknown_words_are_refused(ann: Person, task: Any) -> None:
    url = f"{TASKS}/{task['id']}"
    assert ann.patch(f"{url}/status", {"status": "finished"}).faults == {"status"}
    assert ann.patch(url, {"priority": 3, "status": None}).faults == {"priority", "status"}
    assert ann.get(TASKS, status="todo,finished").faults == {"status"}


def test_work_starts_once(world: World, ann: Person, task: Any) -> None:
    url = f"{TASKS}/{task['id']}"
    started = ann.patch(f"{url}/status", {"status": "in_progress"}).data["started_at"]
    assert started == world.clock.now().isoformat().replace("+00:00", "Z")
    ann.patch(f"{url}/status", {"status": "todo"})
    world.clock.advance(86_400)
    assert ann.patch(f"{url}/status", {"status": "in_progress"}).data["started_at"] == started


def test_the_start_may_be_told(ann: Person, task: Any) -> None:
    body = {"status": "in_progress", "started_at": "2026-02-01T08:00:00+01:00"}
    data = ann.patch(f"{TASKS}/{task['id']}/status", body).data
    assert data["started_at"] == "2026-02-01T07:00:00Z"


def test_completion_sets_time_and_bar_and_leaving_takes_them_back(ann: Person, task: Any) -> None:
    url = f"{TASKS}/{task['id']}"
    done = ann.patch(url, {"status": "done"}).data
    assert (done["status"], done["progress"], done["completed_at"]) == ("completed", 100, done["updated_at"])
    again = ann.patch(url, {"status": "in_review"}).data
    assert (again["progress"], again["completed_at"]) == (0, None)


def test_completion_is_told_in_two_events(ann: Person, task: Any, events: Any) -> None:
    url = f"{TASKS}/{task['id']}/status"
    ann.patch(url, {"status": "done"})
    ann.patch(url, {"status": "done"})  # changes nothing, tells nothing
    ann.patch(url, {"status": "todo"})
    told = events(task["id"])
    expected = ["task.created", "task.updated", "task.completed", "task.updated"]
    assert [event["type"] for event in told] == expected
    assert told[1]["changes"]["status"] == {"old": "todo", "new": "completed"}
    assert told[1]["changes"]["progress"] == {"old": 0, "new": 100}
    assert {event["container_id"] for event in told} == {task["project_id"]}
    assert {"task_id", "title", "priority"} <= told[0]["payload"].keys()


def test_a_task_born_completed_is_completed(ann: Person, project: Any, events: Any) -> None:
    body = {"project_id": project["id"], "title": "Old", "status": "done"}
    made = ann.post(TASKS, body).data
    assert (made["progress"], made["completed_at"]) == (100, made["created_at"])
    assert [event["type"] for event in events(made["id"])] == ["task.created", "task.completed"]


def test_a_due_date_is_a_day_or_an_instant(ann: Person, task: Any) -> None:
    url = f"{TASKS}/{task['id']}"
    data = ann.patch(url, {"due_date": "2026-03-09"}).data
    assert (data["due_date"], data["due_at"]) == ("2026-03-09", None)
    data = ann.patch(url, {"due_date": "2026-03-10T01:30:00+07:00"}).data
    assert (data["due_date"], data["due_at"]) == ("2026-03-09", "2026-03-09T18:30:00Z")
    data = ann.patch(url, {"due_date": None}).data
    assert (data["due_date"], data["due_at"]) == (None, None)
    assert ann.patch(url, {"due_date": "soon"}).faults == {"due_date"}
    assert ann.patch(url, {"due_date": "2026-13-01T00:00:00Z"}).faults == {"due_date"}


def test_nothing_is_due_before_it_starts(ann: Person, project: Any, task: Any) -> None:
    dates = {"start_date": "2026-03-10", "due_date": "2026-03-09"}
    body = {"project_id": project["id"], "title": "x", **dates}
    assert ann.post(TASKS, body).faults == {"due_date"}
    url = f"{TASKS}/{task['id']}"
    assert ann.patch(url, {"start_date": "2026-03-10"}).status == 200
    assert ann.patch(url, {"due_date": "2026-03-09"}).faults == {"due_date"}


class TestMilestones:
    """No estimate, and start is due (rule 3)."""

    def test_one_day_gives_the_other(self, ann: Person, project: Any) -> None:
        body = {"project_id": project["id"], "title": "M", "is_milestone": True}
        for given in ("due_date", "start_date"):
            made = ann.post(TASKS, {**body, given: "2026-03-09"}).data
            assert (made["start_date"], made["due_date"]) == ("2026-03-09", "2026-03-09")
            moved = ann.patch(f"{TASKS}/{made['id']}", {given: "2026-03-11"}).data
            assert (moved["start_date"], moved["due_date"]) == ("2026-03-11", "2026-03-11")

    def test_two_days_and_an_estimate_are_refused(self, ann: Person, project: Any) -> None:
        body = {"project_id": project["id"], "title": "M", "is_milestone": True}
        dates = {"start_date": "2026-03-01", "due_date": "2026-03-09"}
        assert ann.post(TASKS, {**body, **dates, "estimated_hours": 3}).faults == {
            "estimated_hours",
            "start_date",
        }

    def test_a_task_becomes_one(self, ann: Person, project: Any) -> None:
        dates = {"start_date": "2026-03-01", "due_date": "2026-03-09"}
        body = {"project_id": project["id"], "title": "M", **dates, "estimated_hours": 3}
        url = f"{TASKS}/{ann.post(TASKS, body).data['id']}"
        assert ann.patch(url, {"is_milestone": True}).faults == {"estimated_hours"}
        data = ann.patch(url, {"is_milestone": True, "estimated_hours": None}).data
        assert (data["start_date"], data["due_date"]) == ("2026-03-09", "2026-03-09")


class TestAssignees:
    """Only members of the project are assigned (rule 4)."""

    def test_a_member_is_shown_by_name(self, ann: Person, project: Any, colleague: Any) -> None:
        member = colleague(project["id"])
        body = {"project_id": project["id"], "title": "x", "assigned_to": member.id}
        made = ann.post(TASKS, body).data
        person = {"user_id": member.id, "username": member.username, "full_name": "Member"}
        assert made["assignee"] == person
        assert ann.get(f"{TASKS}/{made['id']}").data["assignee"] == person
        assert ann.get(TASKS, project_id=project["id"]).data[0]["assignee"] == person
        assert ann.patch(f"{TASKS}/{made['id']}", {"assigned_to": None}).data["assignee"] is None

    def test_nobody_else_is_taken(self, ann: Person, bob: Person, task: Any, colleague: Any) -> None:
        outsider = colleague()
        for person in (outsider, bob):
            body = {"project_id": task["project_id"], "title": "x", "assigned_to": person.id}
            assert ann.post(TASKS, body).faults == {"assigned_to"}
            change = {"assigned_to": person.id}
            assert ann.patch(f"{TASKS}/{task['id']}", change).faults == {"assigned_to"}


def test_amounts_are_shown_as_they_are_stored(ann: Person, project: Any) -> None:
    body = {"project_id": project["id"], "title": "x", "estimated_hours": 1.239, "story_points": 2.26}
    made = ann.post(TASKS, body).data
    assert (made["estimated_hours"], made["story_points"]) == (1.24, 2.3)
    assert ann.get(f"{TASKS}/{made['id']}").data == made
    changed = ann.patch(f"{TASKS}/{made['id']}", {"estimated_hours": 1.2401, "story_points": None}).data
    assert (changed["estimated_hours"], changed["story_points"]) == (1.24, None)
