"""Tasks that come again (modules.md 4.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pronaflow_kernel.api import JobType, Scope
from pronaflow_kernel.attribution import attributed
from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"

Repeat = Callable[..., Any]


@pytest.fixture
def repeat(ann: Person, project: Any) -> Repeat:
    """A task of ann's, due on Monday 2 March 2026, that repeats: `repeat({"pattern": "daily"})`."""

    def made(rule: dict[str, Any] | None = None, **values: Any) -> Any:
        body = {"project_id": project["id"], "title": "Report", "due_date": "2026-03-02", **values}
        task = ann.post(TASKS, body).data
        reply = put(ann, task, **(rule or {"pattern": "weekly"}))
        assert reply.status == 200, reply.json
        return ann.get(f"{TASKS}/{task['id']}").data

    return made


def put(person: Person, task: Any, **rule: Any) -> Any:
    """The reply to letting a task repeat."""
    return person.put(f"{TASKS}/{task['id']}/recurrence", rule)


def tasks(person: Person, project: Any) -> list[Any]:
    """The tasks of a project, the first one first."""
    rows: list[Any] = person.get(TASKS, project_id=project["id"], sort="created_at", page_size=100).data
    return sorted(rows, key=lambda row: int(row["key"].partition("-")[2]))


def complete(world: World, person: Person, task: Any) -> None:
    """Complete a task, and let all that follows happen."""
    assert person.patch(f"{TASKS}/{task['id']}", {"status": "done"}).status == 200
    world.drain()


def at(world: World, day: str, hour: int = 12) -> None:
    """Go to a day, and do what is done each hour."""
    world.clock.set(datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC))
    with world.kernel.db.read(Scope.system()) as reader:
        attributed("tasks", hourly(world).run)(reader, {})
    world.drain()


def hourly(world: World) -> JobType:
    """The job that looks for what has come due."""
    (job,) = (job for job in world.kernel.contributions["tasks"].jobs if job.name == "repeat_due")
    return job


class TestRules:
    """A rule by itself."""

    def test_it_says_when_it_comes(self, ann: Person, repeat: Repeat, project: Any) -> None:
        task = repeat({"pattern": "weekly", "weekdays": [0, "Friday"], "timezone": "Europe/Berlin"})
        shown = ann.get(f"{TASKS}/{task['id']}/recurrence").data
        expected = {
            "pattern": "weekly",
            "interval": 1,
            "weekdays": ["fri", "mon"],
            "day_of_month": None,
            "rrule": None,
            "start_date": "2026-03-02",
            "end_date": None,
            "count": None,
            "timezone": "Europe/Berlin",
            "tasks_made": 1,
            "next_date": "2026-03-06",
            "next_occurrences": ["2026-03-06", "2026-03-09", "2026-03-13", "2026-03-16", "2026-03-20"],
            "task_id": task["id"],
            "project_id": project["id"],
            "created_by": ann.id,
        }
        assert {name: shown[name] for name in expected} == expected
        assert shown["recurrence_id"] == shown["id"] == task["recurrence_id"]

    def test_the_task_tells_that_it_repeats(self, ann: Person, repeat: Repeat, project: Any) -> None:
        task = repeat()
        assert (task["is_recurring"], task["occurrence_date"]) == (True, "2026-03-02")
        assert tasks(ann, project)[0]["is_recurring"] is True
        other = ann.post(TASKS, {"project_id": project["id"], "title": "x"}).data
        assert (other["is_recurring"], other["recurrence_id"], other["occurrence_date"]) == (
            False,
            None,
            None,
        )

    def test_its_zone_is_the_workspaces_unless_said(self, ann: Person, repeat: Repeat) -> None:
        url = f"/api/v1/workspaces/{ann.workspace_id}/settings"
        assert ann.patch(url, {"timezone": "Asia/Ho_Chi_Minh"}).status == 200
        task = repeat()
        assert ann.get(f"{TASKS}/{task['id']}/recurrence").data["timezone"] == "Asia/Ho_Chi_Minh"

    @pytest.mark.parametrize(
        ("rule", "days"),
        [
            ({"pattern": "daily", "count": 3}, ["2026-03-03", "2026-03-04"]),
            ({"pattern": "daily", "count": 1}, []),
            ({"pattern": "weekly", "end_date": "2026-03-16"}, ["2026-03-09", "2026-03-16"]),
            ({"pattern": "weekly", "end_date": "2026-03-02"}, []),
        ],
        ids=["count", "once", "end", "ends-today"],
    )
    def test_it_ends(self, ann: Person, repeat: Repeat, rule: Any, days: list[str]) -> None:
        task = repeat(rule)
        shown = ann.get(f"{TASKS}/{task['id']}/recurrence").data
        assert shown["next_occurrences"] == days
        assert shown["next_date"] == (days[0] if days else None)

    @pytest.mark.parametrize(
        ("rule", "faults"),
        [
            ({}, {"pattern"}),
            ({"pattern": "hourly"}, {"pattern"}),
            ({"pattern": "daily", "interval": 0}, {"interval"}),
            ({"pattern": "daily", "interval": 1000}, {"interval"}),
            ({"pattern": "daily", "weekdays": ["mon"]}, {"weekdays"}),
            ({"pattern": "weekly", "weekdays": ["mon", 7]}, {"weekdays.1"}),
            ({"pattern": "weekly", "weekdays": [True]}, {"weekdays.0"}),
            ({"pattern": "weekly", "day_of_month": 3}, {"day_of_month"}),
            ({"pattern": "monthly", "day_of_month": 32}, {"day_of_month"}),
            ({"pattern": "custom"}, {"rrule"}),
            ({"pattern": "custom", "rrule": "FREQ=HOURLY"}, {"rrule"}),
            ({"pattern": "custom", "rrule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}, {"rrule"}),
            ({"pattern": "daily", "rrule": "FREQ=DAILY"}, {"rrule"}),
            ({"pattern": "yearly", "interval": 31}, {"interval"}),
            ({"pattern": "daily", "count": 2, "end_date": "2026-05-01"}, {"count"}),
            ({"pattern": "daily", "count": 0}, {"count"}),
            ({"pattern": "daily", "end_date": "2026-03-01"}, {"end_date"}),
            ({"pattern": "daily", "timezone": "Mars/Olympus"}, {"timezone"}),
            ({"pattern": "daily", "template": {}}, {"template"}),
        ],
        ids=lambda value: "-".join(sorted(value)) or "nothing",
    )
    def test_bad_rules_are_refused(self, ann: Person, task: Any, rule: Any, faults: set[str]) -> None:
        ann.patch(f"{TASKS}/{task['id']}", {"due_date": "2026-03-02"})
        assert put(ann, task, **rule).faults == faults
        assert ann.get(f"{TASKS}/{task['id']}/recurrence").status == 404

    @pytest.mark.parametrize("due", ["1815-06-18", "9999-12-31"])
    def test_a_rule_begins_in_our_time(self, ann: Person, task: Any, due: str) -> None:
        ann.patch(f"{TASKS}/{task['id']}", {"due_date": due})
        assert put(ann, task, pattern="daily").faults == {"pattern"}

    def test_setting_it_again_changes_nothing_or_the_rule(
        self, world: World, ann: Person, repeat: Repeat, events: Any
    ) -> None:
        task = repeat()
        rule_id = task["recurrence_id"]
        assert put(ann, task, pattern="weekly").data["id"] == rule_id
        assert ann.get(f"{TASKS}/{task['id']}").data["version"] == task["version"]
        changed = put(ann, task, pattern="daily", interval=2).data
        assert (changed["id"], changed["next_date"]) == (rule_id, "2026-03-04")
        told = events(rule_id)
        assert [row["type"] for row in told] == ["recurrence.set", "recurrence.set"]
        assert told[1]["changes"]["pattern"] == {"old": "weekly", "new": "daily"}

    def test_stopping_leaves_the_tasks(
        self, world: World, ann: Person, repeat: Repeat, project: Any, events: Any
    ) -> None:
        first = repeat()
        complete(world, ann, first)
        second = tasks(ann, project)[1]
        reply = ann.delete(f"{TASKS}/{first['id']}/recurrence")
        assert reply.json["message"] == "The task repeats no longer"
        complete(world, ann, second)
        at(world, "2026-04-01")
        assert [row["is_recurring"] for row in tasks(ann, project)] == [False, False]
        assert [row["occurrence_date"] for row in tasks(ann, project)] == ["2026-03-02", "2026-03-09"]
        assert events(first["recurrence_id"])[-1]["type"] == "recurrence.stopped"
        for method in ("GET", "DELETE"):
            assert ann.request(method, f"{TASKS}/{second['id']}/recurrence").status == 404

    @pytest.mark.parametrize(
        ("mode", "role", "status"),
        [
            ("simple", "member", 200),
            ("simple", "viewer", 403),
            ("strict", "member", 403),
            ("strict", "planner", 200),
        ],
    )
    def test_who_may_edit_a_task_lets_it_repeat(
        self, ann: Person, colleague: Any, mode: str, role: str, status: int
    ) -> None:
        project = ann.post("/api/v1/projects", {"name": "X", "key": "XX", "governance_mode": mode}).data["id"]
        task = ann.post(TASKS, {"project_id": project, "title": "x"}).data
        person = colleague(project, role)
        assert put(person, task, pattern="daily").status == status
        put(ann, task, pattern="weekly")
        assert person.delete(f"{TASKS}/{task['id']}/recurrence").status == status

    def test_a_stranger_cannot_tell_it_from_nothing(self, bob: Person, repeat: Repeat) -> None:
        task = repeat()
        assert put(bob, task, pattern="daily").status == 404
        for method in ("GET", "DELETE"):
            assert bob.request(method, f"{TASKS}/{task['id']}/recurrence").status == 404


class TestTheNextOne:
    """It is made when the newest one is completed, or when its day has come."""

    def test_completion_makes_it(self, world: World, ann: Person, repeat: Repeat, project: Any) -> None:
        first = repeat(start_date="2026-03-01")
        complete(world, ann, first)
        _, second = tasks(ann, project)
        expected = {
            "title": "Report [2026-03-09]",
            "start_date": "2026-03-08",
            "due_date": "2026-03-09",
            "occurrence_date": "2026-03-09",
            "recurrence_id": first["recurrence_id"],
            "is_recurring": True,
            "status": "todo",
            "created_by": ann.id,
        }
        assert {name: second[name] for name in expected} == expected
        rule = ann.get(f"{TASKS}/{first['id']}/recurrence").data
        assert (rule["task_id"], rule["next_date"], rule["tasks_made"]) == (second["id"], "2026-03-16", 2)

    def test_it_is_announced_with_its_series(
        self, world: World, ann: Person, repeat: Repeat, project: Any, events: Any
    ) -> None:
        first = repeat()
        complete(world, ann, first)
        (made,) = events(tasks(ann, project)[1]["id"])[:1]
        assert (made["type"], made["payload"]["recurrence_id"]) == ("task.created", first["recurrence_id"])

    def test_its_day_makes_it(self, world: World, ann: Person, repeat: Repeat, project: Any) -> None:
        repeat()
        at(world, "2026-03-08", 23)
        assert len(tasks(ann, project)) == 1
        at(world, "2026-03-09", 2)
        assert [row["occurrence_date"] for row in tasks(ann, project)] == ["2026-03-02", "2026-03-09"]
        at(world, "2026-03-09", 20)
        assert len(tasks(ann, project)) == 2

    def test_somebody_looks_each_hour(self, world: World) -> None:
        (schedule,) = hourly(world).schedules
        noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
        assert (schedule.after(noon) - noon).seconds == 60
        assert (schedule.after(schedule.after(noon)) - noon).seconds == 3660

    def test_its_day_is_one_of_its_zone(
        self, world: World, ann: Person, repeat: Repeat, project: Any
    ) -> None:
        repeat({"pattern": "weekly", "timezone": "Asia/Ho_Chi_Minh"})
        at(world, "2026-03-08", 16)
        assert len(tasks(ann, project)) == 1
        at(world, "2026-03-08", 18)
        assert tasks(ann, project)[1]["title"] == "Report [2026-03-09]"

    def test_only_the_newest_one_goes_on(
        self, world: World, ann: Person, repeat: Repeat, project: Any
    ) -> None:
        first = repeat()
        complete(world, ann, first)
        ann.patch(f"{TASKS}/{first['id']}", {"status": "todo"})
        complete(world, ann, first)
        assert len(tasks(ann, project)) == 2

    def test_it_is_a_copy(
        self, world: World, ann: Person, repeat: Repeat, project: Any, colleague: Any
    ) -> None:
        member = colleague(project["id"], "member")
        lists = f"{TASKS}/lists"
        task_list = ann.post(lists, {"project_id": project["id"], "name": "Weekly"}).data["id"]
        first = repeat(
            description="All of it",
            priority="high",
            estimated_hours=2,
            story_points=3,
            tags=["Office"],
            assigned_to=member.id,
            task_list_id=task_list,
            due_date="2026-03-02T17:30:00Z",
        )
        url = f"{TASKS}/{first['id']}/subtasks"
        ann.post(url, {"title": "Collect", "status": "done"})
        ann.post(url, {"title": "Write"})
        complete(world, ann, first)
        second = ann.get(f"{TASKS}/{tasks(ann, project)[1]['id']}").data
        kept = (
            "description",
            "priority",
            "estimated_hours",
            "story_points",
            "tags",
            "assigned_to",
            "task_list_id",
        )
        assert {name: second[name] for name in kept} == {name: first[name] for name in kept}
        assert second["due_at"] == "2026-03-09T17:30:00Z"
        items = ann.get(f"{TASKS}/{second['id']}/subtasks").data
        assert [(row["title"], row["status"]) for row in items] == [("Collect", "todo"), ("Write", "todo")]

    def test_what_does_not_fit_any_more_is_left_out(
        self, world: World, ann: Person, repeat: Repeat, project: Any, colleague: Any
    ) -> None:
        member = colleague(project["id"], "member")
        lists = f"{TASKS}/lists"
        task_list = ann.post(lists, {"project_id": project["id"], "name": "Weekly"}).data["id"]
        first = repeat(assigned_to=member.id, task_list_id=task_list, tags=["Office"])
        assert ann.delete(f"/api/v1/projects/{project['id']}/members/{member.id}").status == 200
        assert ann.patch(f"{lists}/{task_list}", {"is_archived": True}).status == 200
        complete(world, ann, first)
        second = tasks(ann, project)[1]
        assert (second["assigned_to"], second["tags"]) == (None, ["Office"])
        assert second["task_list_id"] != task_list

    def test_a_rule_makes_so_many_and_no_more(
        self, world: World, ann: Person, repeat: Repeat, project: Any
    ) -> None:
        repeat({"pattern": "daily", "count": 3})
        for day in range(3, 9):
            at(world, f"2026-03-{day:02}")
        assert [row["occurrence_date"][-2:] for row in tasks(ann, project)] == ["02", "03", "04"]

    def test_the_trash_does_not_end_a_series(
        self, world: World, ann: Person, repeat: Repeat, project: Any
    ) -> None:
        first = repeat()
        ann.delete(f"{TASKS}/{first['id']}")
        at(world, "2026-03-08")
        assert tasks(ann, project) == []
        at(world, "2026-03-09")
        assert [row["occurrence_date"] for row in tasks(ann, project)] == ["2026-03-09"]

    @pytest.mark.parametrize("status", ["on_hold", "completed"])
    def test_a_project_at_rest_gets_none_and_no_flood_after_it(
        self, world: World, ann: Person, repeat: Repeat, project: Any, status: str
    ) -> None:
        task = repeat({"pattern": "daily"})
        url = f"/api/v1/projects/{project['id']}/status"
        assert ann.patch(url, {"status": status}).status == 200
        at(world, "2026-03-12")
        assert len(tasks(ann, project)) == 1
        shown = ann.get(f"{TASKS}/{task['id']}/recurrence").data["next_occurrences"]
        assert shown[:2] == ["2026-03-12", "2026-03-13"]
        assert ann.patch(url, {"status": "active"}).status == 200
        at(world, "2026-03-12", 14)
        assert [row["occurrence_date"][-2:] for row in tasks(ann, project)] == ["02", "12"]
        at(world, "2026-03-13")
        assert [row["occurrence_date"][-2:] for row in tasks(ann, project)] == ["02", "12", "13"]

    def test_a_series_goes_along_to_another_project(
        self, world: World, ann: Person, repeat: Repeat, project: Any
    ) -> None:
        there = ann.post("/api/v1/projects", {"name": "There", "key": "TH"}).data
        first = repeat()
        assert ann.post(f"{TASKS}/{first['id']}/move", {"project_id": there["id"]}).status == 200
        complete(world, ann, first)
        assert [row["title"] for row in tasks(ann, there)] == ["Report", "Report [2026-03-09]"]


class TestEdits:
    """For this one, or for those to come too."""

    def test_an_edit_is_for_this_one(self, world: World, ann: Person, repeat: Repeat, project: Any) -> None:
        first = repeat()
        url = f"{TASKS}/{first['id']}"
        ann.patch(url, {"title": "Once", "priority": "high"})
        assert ann.patch(url, {"tags": ["x"], "apply_to": "this"}).data["tags"] == ["x"]
        complete(world, ann, first)
        second = tasks(ann, project)[1]
        assert (second["title"], second["priority"], second["tags"]) == ("Report [2026-03-09]", "medium", [])

    def test_or_for_future_ones_too(self, world: World, ann: Person, repeat: Repeat, project: Any) -> None:
        first = repeat()
        changes = {"title": "Summary", "priority": "high", "tags": ["x"], "due_date": "2026-03-03"}
        reply = ann.patch(f"{TASKS}/{first['id']}", {**changes, "apply_to": "future"})
        assert {name: reply.data[name] for name in changes} == changes
        complete(world, ann, first)
        second = tasks(ann, project)[1]
        expected = {**changes, "title": "Summary [2026-03-09]", "due_date": "2026-03-10"}
        assert {name: second[name] for name in expected} == expected

    def test_there_are_future_ones_only_of_what_repeats(self, ann: Person, task: Any) -> None:
        url = f"{TASKS}/{task['id']}"
        assert ann.patch(url, {"title": "x", "apply_to": "future"}).faults == {"apply_to"}
        assert ann.get(url).data["title"] == task["title"]
        assert ann.patch(url, {"title": "x", "apply_to": "this"}).data["title"] == "x"
        assert ann.patch(url, {"title": "x", "apply_to": "all"}).faults == {"apply_to"}

    def test_an_empty_edit_changes_nothing(self, ann: Person, repeat: Repeat) -> None:
        first = repeat()
        reply = ann.patch(f"{TASKS}/{first['id']}", {"apply_to": "future"})
        assert reply.data["version"] == first["version"]
