"""Timers (modules.md 4.4 rule 12), and sums that stay right whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.models import Task
from pronaflow_tasks.timekeeping.models import TimeDay, TimeEntry
from pronaflow_tasks.timekeeping.spans import parts

TASKS, TIME, TIMER = "/api/v1/tasks", "/api/v1/time-entries", "/api/v1/time-tracking/timer"
QUIET: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture
def other(ann: Person, project: Any) -> Any:
    """A second task."""
    return ann.post(TASKS, {"project_id": project["id"], "title": "Other"}).data


def start(person: Person, task: Any, **values: Any) -> Any:
    return person.post(f"{TIMER}/start", {"task_id": task["id"], **values})


def stop(person: Person) -> Any:
    return person.post(f"{TIMER}/stop")


def test_a_timer_makes_an_entry(world: World, ann: Person, task: Any, events: Any) -> None:
    begun = start(ann, task, description="Thinking", billable=True)
    assert (begun.status, begun.data["entries"], begun.data["seconds"]) == (201, [], 0)
    world.clock.advance(90.5)
    running = ann.get(TIMER).data
    assert {**running, "entries": []} == {**begun.data, "seconds": 90}
    stopped = stop(ann).data
    (entry,) = stopped["entries"]
    assert (stopped["task_id"], stopped["seconds"], entry["seconds"]) == (task["id"], 90, 90)
    assert (entry["description"], entry["billable"], entry["date"]) == ("Thinking", True, "2026-03-02")
    assert (entry["started_at"], entry["ended_at"]) == ("2026-03-02T09:00:00Z", "2026-03-02T09:01:30.500000Z")
    assert ann.get(f"{TIME}/{entry['id']}").data == entry
    assert ann.get(f"{TASKS}/{task['id']}").data["actual_seconds"] == 90
    kinds = [row["type"] for row in events(running["timer_id"])]
    assert kinds == ["timer.started", "timer.stopped"]


def test_without_one_there_is_nothing_to_see_or_stop(ann: Person, task: Any) -> None:
    assert ann.get(TIMER).data is None
    assert stop(ann).error["message"] == "No timer is running"
    start(ann, task)
    assert stop(ann).data == {"task_id": task["id"], "seconds": 0, "entries": []}
    assert stop(ann).status == 409


def test_starting_another_stops_the_first(world: World, ann: Person, task: Any, other: Any) -> None:
    start(ann, task)
    world.clock.advance(60)
    second = start(ann, other).data
    assert [entry["seconds"] for entry in second["entries"]] == [60]
    assert (ann.get(TIMER).data["task_id"], ann.get(TIME).data[0]["task_id"]) == (other["id"], task["id"])


def test_everybody_has_their_own(world: World, ann: Person, task: Any, project: Any, colleague: Any) -> None:
    member = colleague(project["id"])
    start(ann, task)
    start(member, task)
    assert stop(ann).status == 200
    assert member.get(TIMER).data["task_id"] == task["id"]


def test_a_night_is_split_at_the_workspace_s_midnight(world: World, ann: Person, task: Any) -> None:
    settings_url = f"/api/v1/workspaces/{ann.workspace_id}/settings"
    assert ann.patch(settings_url, {"timezone": "Asia/Tokyo"}).status == 200
    world.clock.set(datetime(2026, 3, 2, 14, tzinfo=UTC))  # 23:00 in Tokyo
    start(ann, task)
    world.clock.advance(3 * 3600)
    entries = stop(ann).data["entries"]
    assert [(each["date"], each["seconds"]) for each in entries] == [
        ("2026-03-02", 3600),
        ("2026-03-03", 7200),
    ]
    assert entries[0]["ended_at"] == entries[1]["started_at"] == "2026-03-02T15:00:00Z"


def test_a_forgotten_one_counts_for_a_day(world: World, ann: Person, task: Any) -> None:
    start(ann, task)
    world.clock.advance(60 * 3600)
    stopped = stop(ann).data
    assert "24 hours" in stopped["warnings"][0]
    told = [(each["date"], each["seconds"], each["was_cut"]) for each in stopped["entries"]]
    assert told == [("2026-03-02", 15 * 3600, False), ("2026-03-03", 9 * 3600, True)]


def test_a_day_that_is_full_takes_what_it_has_room_for(world: World, ann: Person, task: Any) -> None:
    start(ann, task)
    url = f"{TASKS}/{task['id']}/time-entries"
    ann.post(url, {"hours": 23.5, "date": "2026-03-02"})
    world.clock.advance(3600)
    stopped = stop(ann).data
    assert [(each["seconds"], each["was_cut"]) for each in stopped["entries"]] == [(1800, True)]
    assert stopped["warnings"][-1] == "No room on 2026-03-02 for 1800 seconds of the timer."
    start(ann, task)
    world.clock.advance(60)
    assert stop(ann).data["entries"] == []


def test_one_is_stopped_whatever_became_of_its_task(world: World, ann: Person, task: Any) -> None:
    start(ann, task)
    world.clock.advance(60)
    ann.patch(f"/api/v1/projects/{task['project_id']}/status", {"status": "on_hold"})
    assert stop(ann).data["seconds"] == 60
    ann.patch(f"/api/v1/projects/{task['project_id']}/status", {"status": "active"})
    start(ann, task)
    world.clock.advance(60)
    ann.delete(f"{TASKS}/{task['id']}")
    assert stop(ann).data["seconds"] == 60
    ann.post(f"{TASKS}/{task['id']}/restore")
    assert ann.get(f"{TASKS}/{task['id']}").data["actual_seconds"] == 120


def test_of_many_that_start_at_once_one_runs(world: World, ann: Person, task: Any, other: Any) -> None:
    world.clock.advance(60)

    def send(number: int) -> int:
        own = Person(world.app.test_client(), ann.token)
        return int(start(own, (task, other)[number % 2]).status)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    # Of six at once somebody may lose all of the attempts that a request has.
    assert set(answers) <= {201, 409} and 201 in answers
    assert ann.get(TIMER).data is not None
    assert stop(ann).status == 200
    assert stop(ann).status == 409


def test_of_many_that_stop_at_once_one_does(world: World, ann: Person, task: Any) -> None:
    start(ann, task)
    world.clock.advance(60)

    def send(_: int) -> int:
        return int(stop(Person(world.app.test_client(), ann.token)).status)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [200, 409, 409, 409]
    assert ann.get(f"{TASKS}/{task['id']}").data["actual_seconds"] == 60


@settings(max_examples=60, **QUIET)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    length=st.integers(0, 200_000_000_000),
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"]),
)
def test_parts_of_a_span_are_the_whole(start: datetime, length: int, zone: str) -> None:
    begin = start.replace(tzinfo=UTC)
    end = begin + timedelta(microseconds=length)
    found = list(parts(begin, end, ZoneInfo(zone)))
    assert sum(part.seconds for part in found) == length // 1_000_000
    assert [part.start for part in found[1:]] == [part.end for part in found[:-1]]
    assert (not found) == (length == 0)
    assert not found or (found[0].start, found[-1].end) == (begin, end)
    for part in found:
        last = (part.end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
        assert part.start.astimezone(ZoneInfo(zone)).date() == last == part.day


Recount = tuple[dict[Any, int], dict[Any, int]]


@pytest.fixture
def recounted(world: World, ann: Person) -> Callable[[], list[Recount]]:
    """Seconds by task and by day, as kept and as counted anew from the entries."""

    def read() -> list[Recount]:
        with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
            tables = (Task.__table__, TimeDay.__table__, TimeEntry.__table__)
            tasks, days, entries = (
                reader.all(select(table).where(table.c.workspace_id == SCOPE_WORKSPACE)) for table in tables
            )
        kept_tasks = {row["id"]: row["actual_seconds"] for row in tasks if row["actual_seconds"]}
        kept_days = {(row["user_id"], row["date"]): row["seconds"] for row in days if row["seconds"]}
        assert all(0 < seconds <= 86_400 for seconds in kept_days.values())
        return [
            (kept_tasks, _added(entries, lambda row: row["task_id"])),
            (kept_days, _added(entries, lambda row: (row["user_id"], row["date"]))),
        ]

    return read


def _added(entries: list[Any], key: Callable[[Any], Any]) -> dict[Any, int]:
    sums: dict[Any, int] = {}
    for row in entries:
        sums[key(row)] = sums.get(key(row), 0) + row["seconds"]
    return sums


class _Sheet(RuleBasedStateMachine):
    """Random work on time entries; after each step the sums equal a recount."""

    world: World
    ann: Person
    recounted: Callable[[], list[Recount]]

    @initialize()
    def tasks(self) -> None:
        project = self.ann.post("/api/v1/projects", {"name": "Sheet"}).data["id"]
        made = [self.ann.post(TASKS, {"project_id": project, "title": "x"}).data for _ in range(2)]
        self.ids = [each["id"] for each in made]
        self.entries: list[str] = [row["id"] for row in self.ann.get(TIME, page_size=100).data]

    def day(self, back: int) -> str:
        found: date = self.world.clock.now().date() - timedelta(days=back)
        return found.isoformat()

    @rule(which=st.integers(0, 1), hours=st.integers(1, 24), back=st.integers(0, 2))
    def log(self, which: int, hours: int, back: int) -> None:
        body = {"hours": hours, "date": self.day(back)}
        reply = self.ann.post(f"{TASKS}/{self.ids[which]}/time-entries", body)
        assert reply.status in (201, 409)
        if reply.status == 201:
            self.entries.append(reply.data["id"])

    @rule(pick=st.integers(0), seconds=st.integers(1, 86_400), back=st.integers(0, 2))
    def change(self, pick: int, seconds: int, back: int) -> None:
        if self.entries:
            url = f"{TIME}/{self.entries[pick % len(self.entries)]}"
            assert self.ann.patch(url, {"seconds": seconds, "date": self.day(back)}).status in (200, 409)

    @rule(pick=st.integers(0))
    def delete(self, pick: int) -> None:
        if self.entries:
            entry = self.entries.pop(pick % len(self.entries))
            assert self.ann.delete(f"{TIME}/{entry}").status == 200

    @rule(which=st.integers(0, 1), seconds=st.integers(0, 100_000))
    def start(self, which: int, seconds: int) -> None:
        reply = start(self.ann, {"id": self.ids[which]})
        self.entries += [each["id"] for each in reply.data["entries"]]
        self.world.clock.advance(seconds)

    @rule()
    def stop(self) -> None:
        reply = stop(self.ann)
        assert reply.status in (200, 409)
        if reply.status == 200:
            self.entries += [each["id"] for each in reply.data["entries"]]

    @invariant()
    def sums_are_right(self) -> None:
        for kept, anew in self.recounted():
            assert kept == anew


def test_random_work_keeps_the_sums_right(world: World, ann: Person, recounted: Any) -> None:
    parts_of_it = {"world": world, "ann": ann, "recounted": staticmethod(recounted)}
    run_state_machine_as_test(
        type("Sheet", (_Sheet,), parts_of_it),
        settings=settings(max_examples=10, stateful_step_count=20, **QUIET),
    )
