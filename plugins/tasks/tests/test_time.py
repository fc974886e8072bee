"""Time entries (modules.md 4.1, 4.4 rule 12)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from pronaflow_kernel.testing import Person, ResourceSuite, World
from pronaflow_tasks.api import Tasks

TASKS, TIME = "/api/v1/tasks", "/api/v1/time-entries"
TODAY = "2026-03-02"


class TestTimeEntries(ResourceSuite):
    path = TIME
    patch: ClassVar[dict[str, Any]] = {"hours": 2.5, "billable": True}
    clears: ClassVar[dict[str, Any]] = {"description": "Words"}

    def collection(self, owner: Person) -> str:
        if owner.id not in _TASKS:
            project = owner.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data["id"]
            _TASKS[owner.id] = owner.post(TASKS, {"project_id": project, "title": "Talk"}).data["id"]
        return f"{TASKS}/{_TASKS[owner.id]}/time-entries"

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"seconds": 60 + number, "date": TODAY}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {}


_TASKS: dict[str, str] = {}


@pytest.fixture
def log(ann: Person, task: Any) -> Callable[..., Any]:
    """Logs time on the task."""

    def send(person: Person = ann, **values: Any) -> Any:
        return person.post(f"{TASKS}/{task['id']}/time-entries", {"date": TODAY, **values})

    return send


def actual(ann: Person, task: Any) -> tuple[float, int]:
    shown = ann.get(f"{TASKS}/{task['id']}").data
    return shown["actual_hours"], shown["actual_seconds"]


def test_an_entry_shows_all_its_keys(ann: Person, task: Any, log: Any) -> None:
    made = log(hours=1.25, description=" Sketch ").data
    assert made == {
        "id": made["id"],
        "entry_id": made["id"],
        "workspace_id": ann.workspace_id,
        "project_id": task["project_id"],
        "task_id": task["id"],
        "task_key": "WEB-1",
        "task_title": "Design UI",
        "hours": 1.25,
        "seconds": 4500,
        "date": TODAY,
        "description": "Sketch",
        "billable": False,
        "logged_by": ann.id,
        "user": {"user_id": ann.id, "username": ann.username, "full_name": "Ann"},
        "started_at": None,
        "ended_at": None,
        "was_cut": False,
        "version": 1,
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
    }
    assert ann.get(f"{TIME}/{made['id']}").data == made


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"hours"}),
        ({"hours": 0}, {"hours"}),
        ({"hours": -1}, {"hours"}),
        ({"hours": 24.01}, {"hours"}),
        ({"hours": "x"}, {"hours"}),
        ({"seconds": 0}, {"seconds"}),
        ({"seconds": 86_401}, {"seconds"}),
        ({"seconds": 1.5}, {"seconds"}),
        ({"hours": 1, "seconds": 3600}, {"seconds"}),
        ({"hours": 1, "date": "2026-03-03"}, {"date"}),
        ({"hours": 1, "date": "yesterday"}, {"date"}),
        ({"hours": 1, "date": None}, {"date"}),
        ({"hours": 1, "description": "x" * 1001}, {"description"}),
    ],
)
def test_what_is_no_time_is_refused(ann: Person, task: Any, log: Any, body: Any, faults: set[str]) -> None:
    assert log(**body).faults == faults
    assert actual(ann, task) == (0, 0)


def test_the_day_is_that_of_the_workspace(world: World, ann: Person, log: Any) -> None:
    settings = f"/api/v1/workspaces/{ann.workspace_id}/settings"
    assert ann.patch(settings, {"timezone": "Asia/Tokyo"}).status == 200
    world.clock.set(datetime(2026, 3, 2, 15, tzinfo=UTC))
    assert log(hours=1, date="2026-03-03").status == 201
    assert ann.patch(settings, {"timezone": "America/New_York"}).status == 200
    world.clock.set(datetime(2026, 3, 3, 4, 59, tzinfo=UTC))
    assert log(hours=1, date="2026-03-03").faults == {"date"}
    assert log(hours=1, date="2026-03-02").status == 201


def test_a_task_takes_the_sum_and_keeps_its_version(ann: Person, task: Any, log: Any) -> None:
    url = f"{TASKS}/{task['id']}"
    before = ann.get(url)
    entry = log(hours=1.5).data
    log(seconds=61)
    after = ann.get(url)
    assert (after.data["actual_hours"], after.data["actual_seconds"]) == (1.52, 5461)
    assert after.data["version"] == before.data["version"]
    assert after.headers["ETag"] != before.headers["ETag"]
    assert ann.get(TASKS, project_id=task["project_id"]).data[0]["actual_hours"] == 1.52
    ann.patch(f"{TIME}/{entry['id']}", {"seconds": 1})
    assert actual(ann, task) == (0.02, 62)
    assert ann.delete(f"{TIME}/{entry['id']}").json["message"] == "Time entry deleted"
    assert actual(ann, task) == (0.02, 61)
    late = {"If-Match": before.headers["ETag"]}
    assert ann.request("PATCH", url, {"title": "Nobody edited it"}, headers=late).status == 200


def test_hours_that_are_sent_back_as_shown_change_nothing(ann: Person, log: Any) -> None:
    entry = log(seconds=61).data
    assert ann.patch(f"{TIME}/{entry['id']}", {"hours": entry["hours"]}).data == entry


def test_the_project_says_what_is_billable(ann: Person, task: Any, log: Any) -> None:
    url = f"/api/v1/projects/{task['project_id']}/settings"
    assert ann.patch(url, {"default_billable": True}).status == 200
    assert log(hours=1).data["billable"] is True
    assert log(hours=1, billable=False).data["billable"] is False


class TestDays:
    """A day has 24 hours, and more than 12 of them are warned of."""

    def test_more_than_twelve_hours_are_warned_of(self, ann: Person, task: Any, log: Any) -> None:
        assert "warnings" not in log(hours=12).data
        assert log(seconds=60).data["warnings"] == [f"More than 12 hours on {TODAY}: 12.02."]
        assert "warnings" not in log(hours=1, date="2026-03-01").data

    def test_more_than_twenty_four_are_refused(self, ann: Person, task: Any, log: Any) -> None:
        entry = log(hours=20).data
        reply = log(hours=4.5)
        assert reply.status == 409
        assert reply.error["details"] == {"date": TODAY, "logged_seconds": 72_000, "limit_seconds": 86_400}
        assert log(hours=4).status == 201
        assert ann.patch(f"{TIME}/{entry['id']}", {"hours": 20.5}).status == 409
        other = log(hours=23, date="2026-03-01").data
        assert ann.patch(f"{TIME}/{other['id']}", {"date": TODAY}).status == 409
        assert actual(ann, task) == (47, 47 * 3600)
        ann.delete(f"{TIME}/{entry['id']}")
        assert ann.patch(f"{TIME}/{other['id']}", {"date": TODAY, "hours": 20}).data["date"] == TODAY

    def test_each_person_has_their_own(self, project: Any, log: Any, colleague: Any) -> None:
        assert log(hours=20).status == log(colleague(project["id"]), hours=20).status == 201

    def test_two_at_once_cannot_pass_together(self, world: World, ann: Person, task: Any) -> None:
        def send(_: int) -> int:
            own = Person(world.app.test_client(), ann.token)
            url = f"{TASKS}/{task['id']}/time-entries"
            return own.post(url, {"hours": 7, "date": TODAY}).status

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(send, range(6))) == [201, 201, 201, 409, 409, 409]
        assert actual(ann, task) == (21, 21 * 3600)


class TestWhoSeesWhat:
    """One's own; everybody's for who runs the project or the workspace."""

    @pytest.fixture
    def people(self, project: Any, colleague: Any) -> dict[str, Person]:
        made = {role: colleague(project["id"], role) for role in ("manager", "planner", "member", "viewer")}
        return made | {"admin": colleague(workspace_role="admin"), "outsider": colleague()}

    @pytest.mark.parametrize("who", ["manager", "planner", "member", "viewer", "admin", "outsider"])
    def test_others_entries(self, ann: Person, task: Any, log: Any, people: Any, who: str) -> None:
        entry, person = log(people["planner"], hours=3).data, people[who]
        sees, mends = who in ("manager", "planner", "admin"), who in ("manager", "planner")
        assert person.get(f"{TIME}/{entry['id']}").status == (200 if sees else 404)
        for reply in (
            person.get(f"{TASKS}/{task['id']}/time-entries"),
            person.get(TIME, project_id=task["project_id"]),
            person.get(TIME, task_id=task["id"], workspace_id=ann.workspace_id),
            person.get(TIME, user_id=people["planner"].id, workspace_id=ann.workspace_id),
        ):
            assert [row["id"] for row in reply.data] == ([entry["id"]] if sees else [])
            assert reply.json["pagination"]["total_seconds"] == (10_800 if sees else 0)
        own = [] if who != "planner" else [entry["id"]]
        assert [row["id"] for row in person.get(TIME, workspace_id=ann.workspace_id).data] == own
        # A route that writes asks for the right to log time first.
        expected = 200 if mends else 403 if who in ("viewer", "admin", "outsider") else 404
        assert person.patch(f"{TIME}/{entry['id']}", {"hours": 2}).status == expected
        assert person.delete(f"{TIME}/{entry['id']}").status == expected

    def test_who_left_the_project_sees_none_of_it(
        self, ann: Person, log: Any, people: Any, task: Any
    ) -> None:
        hidden = ann.post("/api/v1/projects", {"name": "H", "key": "HID", "visibility": "private"}).data
        member = people["member"]
        ann.post(f"/api/v1/projects/{hidden['id']}/members", {"user_id": member.id, "role": "member"})
        secret = ann.post(TASKS, {"project_id": hidden["id"], "title": "x"}).data["id"]
        body = {"hours": 1, "date": TODAY}
        entry = member.post(f"{TASKS}/{secret}/time-entries", body).data
        ann.delete(f"/api/v1/projects/{hidden['id']}/members/{member.id}")
        assert member.get(TIME).data == []
        assert member.get(f"{TIME}/{entry['id']}").status == 404


def test_the_sheet_adds_up(ann: Person, task: Any, log: Any) -> None:
    log(hours=1, date="2026-02-28")
    log(hours=2, date="2026-03-01", billable=True)
    log(hours=4, billable=True)
    other = ann.post(TASKS, {"project_id": task["project_id"], "title": "Other"}).data["id"]
    ann.post(f"{TASKS}/{other}/time-entries", {"hours": 8, "date": TODAY})
    for query, hours, billable in (
        ({}, 15, 6),
        ({"user_id": "me", "page_size": 1}, 15, 6),
        ({"from": "2026-03-01"}, 14, 6),
        ({"to": "2026-03-01"}, 3, 2),
        ({"from": "2026-03-01", "to": "2026-03-01"}, 2, 2),
        ({"billable": "true"}, 6, 6),
        ({"billable": "false", "task_id": task["id"]}, 1, 0),
        ({"task_id": other}, 8, 0),
        ({"project_id": task["project_id"], "to": "2026-03-01"}, 3, 2),
    ):
        shown = ann.get(TIME, **query).json["pagination"]
        assert (shown["total_seconds"], shown["billable_seconds"]) == (3600 * hours, 3600 * billable), query
    dates = [row["date"] for row in ann.get(TIME, sort="date").data]
    assert dates == sorted(dates)
    assert ann.get(TIME).data[-1]["date"] == "2026-02-28"


@pytest.mark.parametrize("status", ["on_hold", "completed", "cancelled"])
def test_a_project_at_rest_takes_no_time(ann: Person, task: Any, log: Any, status: str) -> None:
    entry = log(hours=1).data
    body = {"status": status, "cancellation_reason": "Over"} if status == "cancelled" else {"status": status}
    assert ann.patch(f"/api/v1/projects/{task['project_id']}/status", body).status == 200
    for reply in (
        log(hours=1),
        ann.patch(f"{TIME}/{entry['id']}", {"hours": 2}),
        ann.delete(f"{TIME}/{entry['id']}"),
        ann.post("/api/v1/time-tracking/timer/start", {"task_id": task["id"]}),
    ):
        assert (reply.status, reply.error["details"]) == (409, {"project_status": status})
    assert ann.get(f"{TIME}/{entry['id']}").data == entry


def test_a_task_in_the_trash_keeps_its_time(ann: Person, task: Any, log: Any) -> None:
    entry = log(hours=1).data
    ann.delete(f"{TASKS}/{task['id']}")
    assert log(hours=1).status == 404
    assert ann.get(TIME).data == [entry]
    ann.post(f"{TASKS}/{task['id']}/restore")
    assert actual(ann, task) == (1, 3600)


def test_time_goes_with_its_task_to_another_project(ann: Person, task: Any, log: Any) -> None:
    entry = log(hours=1).data
    other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data["id"]
    ann.post(f"{TASKS}/{task['id']}/move", {"project_id": other})
    moved = ann.get(f"{TIME}/{entry['id']}").data
    assert (moved["project_id"], moved["task_key"]) == (other, "OTH-1")
    assert ann.get(TIME, project_id=other).json["pagination"]["total_seconds"] == 3600


def test_what_happens_is_told_without_words(ann: Person, task: Any, log: Any, events: Any) -> None:
    entry = log(hours=1, description="A secret").data
    ann.patch(f"{TIME}/{entry['id']}", {"hours": 2, "description": "Another secret"})
    ann.patch(f"{TIME}/{entry['id']}", {"hours": 2})
    ann.delete(f"{TIME}/{entry['id']}")
    told = events(entry["id"])
    kinds = ["time_entry.created", "time_entry.updated", "time_entry.deleted"]
    assert [row["type"] for row in told] == kinds
    assert told[1]["changes"] == {"seconds": {"old": 3600, "new": 7200}}
    assert told[1]["payload"]["seconds"] == 7200
    assert {row["container_id"] for row in told} == {task["project_id"]}
    assert "secret" not in str(told)


def test_imported_seconds_are_kept_and_added_to(ann: Person, project: Any, acting: Any, tasks: Tasks) -> None:
    with acting(ann, origin="import") as uow:
        made = tasks.create(uow, {"project_id": project["id"], "title": "x", "actual_seconds": 5400})
    assert made["actual_hours"] == 1.5
    ann.post(f"{TASKS}/{made['id']}/time-entries", {"hours": 1, "date": TODAY})
    assert actual(ann, made) == (2.5, 9000)
