"""Schedules at work: one job an occurrence, whatever the clock does and whoever is on."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pronaflow_kernel.api import (
    Jobs,
    JobType,
    Reader,
    Schedule,
    Scope,
    UnitOfWork,
    ValidationFailed,
)
from pronaflow_kernel.jobs import schedules
from pronaflow_kernel.jobs.occurrences import forget_runs
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""


class Timetable:
    """A job type `notes.ring` that writes down its occurrences, and the clock."""

    def __init__(self, world: World, workshop: Workshop) -> None:
        self.world, self.workshop = world, workshop
        self.rung: list[str] = []
        self.args: list[dict[str, Any]] = []
        self.where: list[str | None] = []

    def declare(self, *planned: Schedule, **how: Any) -> None:
        """Let `notes.ring` have these schedules, and start."""
        self.workshop.does(JobType("ring", self._ring, schedules=planned, **how))
        self.world.drain()

    def at(self, when: str | datetime) -> list[str]:
        """Move the clock and work; the occurrences that were done by that."""
        if isinstance(when, str):
            when = datetime.fromisoformat(when if "T" in when else f"2026-03-02T{when}")
        self.world.clock.set(when.replace(tzinfo=when.tzinfo or UTC))
        before = len(self.rung)
        self.world.drain()
        return self.rung[before:]

    def rows(self) -> dict[str, dict[str, Any]]:
        """The schedules of `notes` as they stand."""
        with self.workshop.bus.engine.connect() as connection:
            return {row["name"]: row for row in schedules.listed(connection) if row["kind"] == "notes.ring"}

    def jobs(self) -> Jobs:
        """What `ctx.jobs` of `notes` would be."""
        return Jobs("notes", self.workshop.bus.works.job_types)

    def _ring(self, uow: UnitOfWork, args: Any) -> None:
        assert uow.due_at is not None
        self.rung.append(f"{uow.due_at:%H:%M}")
        self.args.append(dict(args))
        self.where.append(uow.scope.workspace_id)


@pytest.fixture
def timetable(world: World, workshop: Workshop) -> Timetable:
    world.clock.set(NINE)
    return Timetable(world, workshop)


HOURLY = Schedule("0 * * * *")


class TestAnOccurrence:
    def test_is_done_once_at_its_time(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY)
        assert timetable.at("09:59:59") == []
        assert timetable.at("10:00") == ["10:00"]
        assert timetable.at("10:00") == []
        assert timetable.at("10:59") == []
        assert timetable.at("11:00:07") == ["11:00"]

    def test_has_the_arguments_of_its_schedule_and_no_workspace(self, timetable: Timetable) -> None:
        timetable.declare(Schedule("0 * * * *", args={"loud": True}))
        timetable.at("10:00")
        assert timetable.args == [{"loud": True}]
        assert timetable.where == [None]

    def test_tells_external_work_its_time_at_every_attempt(self, timetable: Timetable) -> None:
        keys: list[Any] = []

        def send(reader: Reader, args: Any) -> None:
            keys.append(reader.due_at)
            if len(keys) == 1:
                raise OSError("not now")

        timetable.workshop.does(JobType("send", send, "external", schedules=(HOURLY,)))
        timetable.world.drain()
        timetable.at("10:00:03")
        timetable.at("10:05")
        assert keys == [NINE + timedelta(hours=1)] * 2

    def test_falls_where_clocks_change_as_the_zone_has_it(self, timetable: Timetable) -> None:
        timetable.at("2026-03-28T12:00")
        timetable.declare(Schedule("30 2 * * *", "Europe/Berlin"))
        assert timetable.at("2026-03-29T00:59") == []
        assert timetable.at("2026-03-29T01:00") == ["01:00"]  # 03:00 in Berlin, where 02:30 was left out
        assert timetable.at("2026-03-30T00:30") == ["00:30"]
        timetable.at("2026-10-24T12:00")
        assert timetable.at("2026-10-25T00:30") == ["00:30"]  # the first 02:30 of two
        assert timetable.at("2026-10-25T01:30") == []
        assert timetable.at("2026-10-26T01:30") == ["01:30"]


class TestWhatWasMissed:
    @pytest.mark.parametrize(
        ("misfire", "late", "in_time"),
        [
            ("once", ["14:00"], ["15:00"]),
            ("skip", [], ["15:00"]),
            ("all", ["10:00", "11:00", "12:00", "13:00", "14:00"], ["15:00"]),
        ],
    )
    def test_is_done_as_the_schedule_says(
        self, timetable: Timetable, misfire: Any, late: list[str], in_time: list[str]
    ) -> None:
        timetable.declare(Schedule("0 * * * *", misfire=misfire))
        assert timetable.at("14:01") == late
        assert timetable.at("15:00:59") == in_time

    def test_is_made_up_for_twenty_four_times_at_most(self, timetable: Timetable) -> None:
        timetable.declare(Schedule("0 * * * *", misfire="all"))
        done = timetable.at("2026-03-07T09:30")
        assert len(done) == 24
        assert (done[0], done[-1]) == ("10:00", "09:00")

    def test_for_years_costs_no_more_than_for_an_hour(self, timetable: Timetable) -> None:
        timetable.declare(Schedule("* * * * *"))
        assert timetable.at("2036-03-02T09:00:30") == ["09:00"]


class TestAClockThatJumps:
    def test_two_hours_ahead_and_back_makes_nothing_run_twice(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY)
        assert timetable.at("10:00") == ["10:00"]
        assert timetable.at("12:00") == ["12:00"]
        assert timetable.at("10:00:01") == []
        assert timetable.at("11:00") == ["11:00"]  # was missed, and its time has come after all
        assert timetable.at("12:00") == []
        assert timetable.at("13:00") == ["13:00"]

    def test_years_ahead_and_back_loses_nothing(self, timetable: Timetable) -> None:
        timetable.declare(Schedule("0 10 * * *"))
        timetable.at("2036-01-01T10:00")
        assert timetable.at("09:30") == []
        assert timetable.at("10:00") == ["10:00"]

    def test_back_by_less_than_servers_differ_is_no_jump(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY)
        timetable.at("10:00")
        assert timetable.at("09:59:30") == []
        assert timetable.rows()["notes.ring"]["next_at"] == NINE + timedelta(hours=2)


class TestRest:
    def test_a_plugin_that_is_off_has_no_jobs_for_what_falls_due_meanwhile(
        self, timetable: Timetable, world: World
    ) -> None:
        timetable.declare(Schedule("0 * * * *", misfire="all"))
        world.kernel.switches.set("notes", False)
        try:
            timetable.at("10:00")
            timetable.at("12:30")
        finally:
            world.kernel.switches.set("notes", True)
        assert timetable.at("12:31") == []
        assert timetable.at("13:00") == ["13:00"]

    def test_a_schedule_that_is_paused_goes_on_with_what_comes_next(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY)
        engine = timetable.workshop.bus.engine
        with engine.begin() as connection:
            schedules.pause(connection, "notes.ring")
        assert timetable.at("12:30") == []
        row = timetable.rows()["notes.ring"]
        with engine.begin() as connection:
            schedules.resume(connection, row, timetable.world.clock.now())
        assert timetable.at("12:31") == []
        assert timetable.at("13:00") == ["13:00"]

    def test_a_schedule_that_cannot_be_read_is_paused_and_harms_no_other_one(
        self, timetable: Timetable, caplog: pytest.LogCaptureFixture
    ) -> None:
        timetable.declare(HOURLY, HOURLY)
        broken = "UPDATE core__schedule SET zone = 'Mars/Olympus', next_at = :due WHERE name = 'notes.ring'"
        with caplog.at_level(logging.ERROR, "pronaflow.events"), timetable.workshop.bus.engine.begin() as c:
            c.execute(text(broken), {"due": "2026-03-02T08:00:00.000000Z"})
        timetable.world.clock.set(NINE + timedelta(hours=1))
        timetable.workshop.bus.tick()
        assert (
            "notes.ring is paused, because it cannot be read: 'Mars/Olympus' is no time zone" in caplog.text
        )
        timetable.at("10:00")
        assert timetable.rung == ["10:00"]
        assert timetable.rows()["notes.ring"]["paused"]

    def test_an_unknown_kind_waits_for_whoever_knows_it(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY)
        ring = timetable.workshop.bus.works
        timetable.workshop.does()
        timetable.world.clock.set(NINE + timedelta(hours=3))
        timetable.workshop.bus.tick()
        timetable.workshop.bus.works = ring
        assert timetable.at("12:00") == ["12:00"]


class TestWhatIsDeclared:
    def test_stands_as_it_is_declared(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY, Schedule("30 8 * * MON", "Europe/Berlin", "skip", {"a": 1}))
        found = timetable.rows()
        assert list(found) == ["notes.ring", "notes.ring#2"]
        second = found["notes.ring#2"]
        shown = {name: second[name] for name in ("cron", "zone", "misfire", "args", "declared", "paused")}
        assert shown == {
            "cron": "30 8 * * MON",
            "zone": "Europe/Berlin",
            "misfire": "skip",
            "args": {"a": 1},
            "declared": True,
            "paused": False,
        }
        assert second["next_at"] == datetime(2026, 3, 9, 7, 30, tzinfo=UTC)

    def test_keeps_its_next_occurrence_until_it_changes(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY)
        timetable.world.clock.set(NINE + timedelta(hours=5))
        with timetable.workshop.bus.engine.begin() as connection:
            schedules.pause(connection, "notes.ring")
        timetable.declare(Schedule("0 * * * *", args={"new": True}))
        assert timetable.rows()["notes.ring"]["next_at"] == NINE + timedelta(hours=1)
        timetable.declare(Schedule("15 * * * *"))
        row = timetable.rows()["notes.ring"]
        assert row["next_at"] == NINE + timedelta(hours=5, minutes=15)
        assert row["paused"]

    def test_goes_when_it_is_declared_no_more(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY, HOURLY)
        timetable.declare(HOURLY)
        assert list(timetable.rows()) == ["notes.ring"]
        timetable.declare()
        assert timetable.rows() == {}

    @pytest.mark.parametrize(
        ("runs", "installed", "left"),
        [(False, True, []), (True, True, ["notes.ring"]), (False, False, ["notes.ring"])],
        ids=["does-not-run", "declares-no-more", "is-gone"],
    )
    def test_rests_while_its_plugin_does_not_run_and_goes_with_it(
        self, timetable: Timetable, runs: bool, installed: bool, left: list[str]
    ) -> None:
        timetable.declare(HOURLY)
        timetable.workshop.does()
        bus = timetable.workshop.bus
        with bus.engine.connect() as connection:
            found = schedules.differences(connection, bus.works, lambda _: runs, lambda _: installed, NINE)
        assert [name for name in found.leave if name.startswith("notes.")] == left

    def test_writes_nothing_where_nothing_differs(self, timetable: Timetable) -> None:
        timetable.declare(HOURLY)
        works, now = timetable.workshop.bus.works, timetable.world.clock.now()
        with timetable.workshop.bus.engine.connect() as connection:
            assert not schedules.differences(connection, works, lambda _: True, lambda _: True, now)


class TestASchedulePeopleMake:
    def test_rings_in_its_workspace(self, timetable: Timetable, ann: Person, bob: Person) -> None:
        timetable.declare()
        for person in (ann, bob):
            plan = Schedule("0 10 * * *", args={"of": person.username})
            with timetable.world.kernel.db.write(Scope.system(person.workspace_id)) as uow:
                timetable.jobs().schedule(uow, "r1", "ring", plan)
        timetable.at("10:00")
        rung = {args["of"]: where for args, where in zip(timetable.args, timetable.where, strict=True)}
        assert rung == {person.username: person.workspace_id for person in (ann, bob)}
        assert f"notes.ring:{ann.workspace_id}:r1" in timetable.rows()

    def test_is_changed_and_ended_by_its_key(self, timetable: Timetable, ann: Person) -> None:
        timetable.declare()
        jobs, db = timetable.jobs(), timetable.world.kernel.db
        with db.write(Scope.system(ann.workspace_id)) as uow:
            jobs.schedule(uow, "r1", "ring", Schedule("0 10 * * *"))
            jobs.schedule(uow, "r2", "ring", Schedule("0 11 * * *"))
        with db.write(Scope.system(ann.workspace_id)) as uow:
            jobs.schedule(uow, "r1", "ring", Schedule("30 10 * * *", args={"changed": 1}))
            jobs.unschedule(uow, "r2", "ring")
            jobs.unschedule(uow, "r3", "ring")
        assert timetable.at("10:00") == []
        assert timetable.at("10:30") == ["10:30"]
        assert timetable.args == [{"changed": 1}]
        assert timetable.at("11:00") == []

    def test_stays_when_servers_start(self, timetable: Timetable, ann: Person) -> None:
        timetable.declare()
        with timetable.world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            timetable.jobs().schedule(uow, "r1", "ring", HOURLY)
        timetable.declare()
        assert timetable.at("10:00") == ["10:00"]

    def test_is_gone_with_its_job_type(self, timetable: Timetable, ann: Person) -> None:
        timetable.declare()
        with timetable.world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            timetable.jobs().schedule(uow, "r1", "ring", HOURLY)
        timetable.workshop.does()
        timetable.world.drain()
        assert timetable.rows() == {}

    def test_is_not_made_if_its_change_is_not(self, timetable: Timetable, ann: Person) -> None:
        timetable.declare()
        with (
            pytest.raises(RuntimeError),
            timetable.world.kernel.db.write(Scope.system(ann.workspace_id)) as uow,
        ):
            timetable.jobs().schedule(uow, "r1", "ring", HOURLY)
            raise RuntimeError
        assert timetable.rows() == {}

    def test_is_refused_field_by_field(self, timetable: Timetable, ann: Person) -> None:
        timetable.declare()
        with (
            pytest.raises(ValidationFailed) as refused,
            timetable.world.kernel.db.write(Scope.system(ann.workspace_id)) as uow,
        ):
            timetable.jobs().schedule(uow, "r1", "ring", Schedule("99 * * * *", "Nowhere"))
        assert [each.field for each in refused.value.problems] == ["cron", "zone"]

    @pytest.mark.parametrize("key", ["", "x" * 81], ids=["empty", "long"])
    def test_has_a_key_of_bounded_length(self, timetable: Timetable, ann: Person, key: str) -> None:
        timetable.declare()
        with (
            pytest.raises(ValueError, match="1 to 80 characters"),
            timetable.world.kernel.db.write(Scope.system(ann.workspace_id)) as uow,
        ):
            timetable.jobs().schedule(uow, key, "ring", HOURLY)

    def test_is_of_a_job_that_the_plugin_provides(self, timetable: Timetable, ann: Person) -> None:
        timetable.declare()
        with (
            pytest.raises(LookupError, match="notes provides no job 'sing'"),
            timetable.world.kernel.db.write(Scope.system(ann.workspace_id)) as uow,
        ):
            timetable.jobs().schedule(uow, "r1", "sing", HOURLY)


def test_runs_are_forgotten_in_chunks(timetable: Timetable) -> None:
    timetable.declare(Schedule("0 * * * *", misfire="all"))
    timetable.at("14:00")
    timetable.at("15:00")
    later = NINE + timedelta(hours=5, minutes=30)
    with timetable.workshop.bus.engine.begin() as connection:
        assert [forget_runs(connection, later, most=3) for _ in range(3)] == [3, 2, 0]
        left = schedules.runs_of(connection, "notes.ring", 10)
    assert [run["due_at"] for run in left] == [NINE + timedelta(hours=6)]
