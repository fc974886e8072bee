"""A job that somebody waits for tells how far it is and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pronaflow_kernel import expiring
from pronaflow_kernel.access.principal import Principal
from pronaflow_kernel.api import Cancelled, Conflict, Discard, Reader, Retry, Row, Scope, UnitOfWork
from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.jobs.operations import reports
from pronaflow_kernel.jobs.types import JobType
from pronaflow_kernel.own_work import own_work
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop
from .desk import JOBS, Desk


class TestAJob:
    def test_waits_then_succeeds_with_what_it_returned(self, world: World, desk: Desk, ann: Person) -> None:
        desk.does(lambda uow, args: {"notes": 3})
        job_id = desk.start()
        waiting = desk.shown(job_id)
        assert waiting["status"] == "waiting"
        assert (waiting["kind"], waiting["title"], waiting["user_id"]) == ("notes.count", "Count", ann.id)
        assert (waiting["done"], waiting["total"], waiting["started_at"]) == (0, None, None)
        world.drain()
        ended = desk.shown(job_id)
        assert (ended["status"], ended["result"], ended["error"]) == ("succeeded", {"notes": 3}, None)
        assert (ended["attempt"], ended["started_at"]) == (1, ended["finished_at"])

    def test_is_there_exactly_if_the_change_is_that_starts_it(
        self, world: World, desk: Desk, ann: Person, workshop: Workshop
    ) -> None:
        scope = Scope(Principal("user", ann.id), ann.workspace_id, "owner")
        with pytest.raises(Conflict), world.kernel.db.write(scope) as uow:
            desk.jobs.start(uow, "count", {}, title="Count")
            raise Conflict("no")
        assert ann.get(JOBS).data == []
        assert workshop.jobs() == []

    def test_runs_while_it_is_done(self, world: World, desk: Desk) -> None:
        seen: list[Any] = []
        desk.does(lambda reader, args: seen.append(desk.shown(job_id)), "external")
        job_id = desk.start()
        world.drain()
        assert seen[0]["status"] == "running"
        assert seen[0]["started_at"] is not None
        assert desk.shown(job_id)["status"] == "succeeded"

    def test_that_fails_waits_with_the_reason_and_fails_in_the_end(
        self, world: World, desk: Desk, clock: FixedClock
    ) -> None:
        def run(uow: UnitOfWork, args: Mapping[str, Any]) -> None:
            raise Conflict("The counter is locked")

        desk.does(run, max_attempts=2)
        job_id = desk.start()
        world.drain()
        waiting = desk.shown(job_id)
        assert (waiting["status"], waiting["message"]) == ("waiting", "The counter is locked")
        assert (waiting["attempt"], waiting["finished_at"]) == (1, None)
        clock.advance(120)
        world.drain()
        failed = desk.shown(job_id)
        assert (failed["status"], failed["error"]) == ("failed", "The counter is locked")
        assert failed["finished_at"] is not None

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (Discard("The file is empty"), "The file is empty"),
            (RuntimeError("select * from secret"), reports.UNEXPECTED),
            (Discard("nul \0, half \ud800" + "x" * 600), "nul , half ?" + "x" * 488),
        ],
        ids=["said", "unexpected", "unfit"],
    )
    def test_tells_of_an_error_only_what_is_meant_for_people(
        self, world: World, desk: Desk, error: Exception, words: str
    ) -> None:
        def run(reader: Reader, args: Mapping[str, Any]) -> None:
            raise error

        desk.does(run, "external", max_attempts=1)
        job_id = desk.start()
        world.drain()
        assert (desk.shown(job_id)["status"], desk.shown(job_id)["error"]) == ("failed", words)

    def test_that_asks_to_be_tried_later_says_why(self, world: World, desk: Desk) -> None:
        def run(reader: Reader, args: Mapping[str, Any]) -> None:
            raise Retry("The other side is busy", 60)

        desk.does(run, "external")
        job_id = desk.start()
        world.drain()
        assert desk.shown(job_id)["message"] == "The other side is busy"

    def test_that_nobody_does_any_more_fails_with_the_reason(
        self, world: World, desk: Desk, workshop: Workshop
    ) -> None:
        job_id = desk.start()
        workshop.execute("UPDATE core__job SET kind = 'gone.count'")
        world.drain()
        assert desk.shown(job_id)["error"] == "nobody does gone.count"

    @pytest.mark.parametrize("answer", [object(), {"nul": "\0"}, "x" * 70_000], ids=["object", "nul", "long"])
    @pytest.mark.parametrize("mode", ["db", "external"])
    def test_whose_answer_cannot_be_kept_is_given_up(
        self, world: World, desk: Desk, answer: object, mode: str
    ) -> None:
        desk.does(lambda given, args: answer, mode)
        job_id = desk.start()
        world.drain()
        failed = desk.shown(job_id)
        assert (failed["status"], failed["attempt"], failed["result"]) == ("failed", 1, None)
        assert "answers" in failed["error"]

    def test_that_an_operator_tries_again_runs_again(
        self, world: World, desk: Desk, workshop: Workshop
    ) -> None:
        desk.does(lambda uow, args: {"tried": 2})
        job_id = desk.start()
        claimed = _claim(world)
        with world.kernel.bus.engine.begin() as connection:
            reports.bury(connection, claimed, "no", "no", Discard("no"), world.clock.now())
        assert desk.shown(job_id)["status"] == "failed"
        again = {**claimed, "attempt": 1}
        assert reports.begin(world.kernel.bus.engine, again, world.clock.now())
        running = desk.shown(job_id)
        assert (running["status"], running["error"], running["expires_at"]) == ("running", None, None)

    def test_that_nobody_started_is_not_shown(self, world: World, desk: Desk, ann: Person) -> None:
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            desk.jobs.enqueue(uow, "count", {})
        world.drain()
        assert ann.get(JOBS).data == []

    def test_needs_a_workspace(self, world: World, desk: Desk) -> None:
        with pytest.raises(ValueError, match="workspace"), world.kernel.db.write(Scope.system()) as uow:
            desk.jobs.start(uow, "count", {}, title="Count")

    def test_of_somebody_whose_row_is_gone_is_done_all_the_same(
        self, world: World, desk: Desk, workshop: Workshop
    ) -> None:
        done: list[int] = []
        desk.does(lambda uow, args: done.append(1))
        desk.start()
        workshop.execute("DELETE FROM core__operation")
        world.drain()
        assert done == [1]
        assert workshop.jobs() == workshop.dead() == []


class TestProgress:
    def test_is_written_at_most_once_a_second_and_at_the_end(
        self, world: World, desk: Desk, clock: FixedClock
    ) -> None:
        seen: list[tuple[int, int | None, str | None]] = []

        def run(reader: Reader, args: Mapping[str, Any]) -> None:
            for done, wait in ((0, 0), (1, 0.5), (2, 0.6), (3, 0.1), (4, 0.1)):
                clock.advance(wait)
                desk.jobs.progress(done, 4, f"note {done}")
                shown = desk.shown(job_id)
                seen.append((shown["done"], shown["total"], shown["message"]))

        desk.does(run, "external")
        job_id = desk.start()
        world.drain()
        assert [done for done, _, _ in seen] == [0, 0, 2, 2, 4]
        assert seen[-1] == (4, 4, "note 4")

    def test_is_refused_where_nobody_could_see_it(self, world: World, desk: Desk) -> None:
        refused: list[str] = []

        def run(uow: UnitOfWork, args: Mapping[str, Any]) -> None:
            with pytest.raises(RuntimeError, match="mode external") as caught:
                desk.jobs.progress(1)
            refused.append(str(caught.value))

        desk.does(run)
        desk.start()
        world.drain()
        assert refused
        with pytest.raises(RuntimeError, match="mode external"):
            desk.jobs.progress(1)

    def test_of_a_job_that_nobody_waits_for_is_nothing(
        self, world: World, desk: Desk, ann: Person, workshop: Workshop
    ) -> None:
        desk.does(lambda reader, args: desk.jobs.progress(1, 2), "external")
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            desk.jobs.enqueue(uow, "count", {})
        world.drain()
        assert workshop.jobs() == workshop.dead() == []

    def test_is_left_out_where_somebody_else_holds_the_row(
        self, world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
    ) -> None:
        monkeypatch.setattr(reports, "EVERY", timedelta(milliseconds=20))
        engine = world.kernel.bus.engine
        job_id = desk.start()
        job = _claim(world)
        assert reports.begin(engine, job, clock.now())
        report = reports.Report(engine, job, clock)
        with engine.begin() as other:
            other.execute(text("UPDATE core__operation SET title = 'held'"))
            report.tell(1, 3, None)
        assert desk.shown(job_id)["done"] == 0
        report.tell(2, 3, None)
        assert desk.shown(job_id)["done"] == 2

    def test_of_a_slow_worker_counts_for_nothing_once_another_one_has_the_job(
        self, world: World, desk: Desk, workshop: Workshop
    ) -> None:
        engine, now = world.kernel.bus.engine, world.clock.now()
        job_id = desk.start()
        slow = _claim(world)
        assert reports.begin(engine, slow, now)
        workshop.execute("UPDATE core__job SET state = 0")
        fast = _claim(world)
        assert reports.begin(engine, fast, now)
        reports.Report(engine, fast, world.clock).tell(5, 9, None)
        reports.Report(engine, slow, world.clock).tell(1, 9, None)
        assert (desk.shown(job_id)["done"], desk.shown(job_id)["attempt"]) == (5, 2)
        with engine.begin() as connection:
            assert not reports.done(connection, slow, "slow", now)
            assert reports.done(connection, fast, "fast", now)
        assert desk.shown(job_id)["result"] == "fast"
        assert not reports.begin(engine, slow, now)


class TestCancelling:
    def test_takes_out_what_waits(self, world: World, desk: Desk, workshop: Workshop) -> None:
        done: list[int] = []
        desk.does(lambda uow, args: done.append(1))
        job_id = desk.start()
        for _ in range(2):
            reply = desk.cancel(job_id)
            assert (reply.status, reply.data["status"]) == (200, "cancelled")
        assert workshop.jobs() == []
        world.drain()
        assert done == []
        assert desk.shown(job_id)["finished_at"] is not None

    def test_comes_before_a_worker_that_has_taken_it_and_not_begun(
        self, world: World, desk: Desk, workshop: Workshop
    ) -> None:
        job_id = desk.start()
        claimed = _claim(world)
        desk.cancel(job_id)
        assert not reports.begin(world.kernel.bus.engine, claimed, world.clock.now())
        assert workshop.jobs() == []
        assert desk.shown(job_id)["status"] == "cancelled"

    def test_asks_what_runs_to_stop(
        self, world: World, desk: Desk, workshop: Workshop, clock: FixedClock
    ) -> None:
        steps: list[str] = []

        def run(reader: Reader, args: Mapping[str, Any]) -> None:
            desk.jobs.progress(1, 10)
            for _ in range(2):
                reply = desk.cancel(job_id)
                assert (reply.data["status"], reply.data["cancel_asked"]) == ("running", True)
            clock.advance(2)
            steps.append("before")
            desk.jobs.progress(2, 10)
            steps.append("after")

        desk.does(run, "external")
        job_id = desk.start()
        world.drain()
        assert steps == ["before"]
        assert desk.shown(job_id)["status"] == "cancelled"
        assert workshop.jobs() == workshop.dead() == []

    def test_of_what_runs_and_fails_keeps_it_from_another_attempt(
        self, world: World, desk: Desk, workshop: Workshop
    ) -> None:
        def run(reader: Reader, args: Mapping[str, Any]) -> None:
            desk.cancel(job_id)
            raise RuntimeError

        desk.does(run, "external")
        job_id = desk.start()
        world.drain()
        assert desk.shown(job_id)["status"] == "cancelled"
        assert workshop.jobs() == []

    def test_of_what_its_worker_died_of_keeps_it_from_another_attempt(
        self, world: World, desk: Desk, workshop: Workshop
    ) -> None:
        job_id = desk.start()
        assert reports.begin(world.kernel.bus.engine, _claim(world), world.clock.now())
        desk.cancel(job_id)
        workshop.execute("UPDATE core__job SET state = 0")
        world.drain()
        assert desk.shown(job_id)["status"] == "cancelled"
        assert workshop.jobs() == []

    @pytest.mark.parametrize("failing", [False, True], ids=["succeeded", "failed"])
    def test_is_too_late_after_the_end(self, world: World, desk: Desk, failing: bool) -> None:
        def run(uow: UnitOfWork, args: Mapping[str, Any]) -> None:
            if failing:
                raise Discard("no")

        desk.does(run)
        job_id = desk.start()
        world.drain()
        reply = desk.cancel(job_id)
        assert (reply.status, reply.error["code"]) == (409, "CONFLICT")
        assert "only one that waits or runs" in reply.error["message"]

    def test_is_a_jobs_own_right(self, world: World, desk: Desk, workshop: Workshop, ann: Person) -> None:
        tried: list[int] = []

        def run(uow: UnitOfWork, args: Mapping[str, Any]) -> None:
            tried.append(1)
            raise Cancelled

        desk.does(run)
        job_id = desk.start()
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            desk.jobs.enqueue(uow, "count", {})
        world.drain()
        assert desk.shown(job_id)["status"] == "cancelled"
        assert workshop.jobs() == workshop.dead() == []
        assert len(tried) == 2


class TestTheEnd:
    def test_is_kept_for_a_week(self, world: World, desk: Desk, clock: FixedClock) -> None:
        ended = {desk.start() for _ in range(3)}
        world.drain()
        waiting = desk.start()
        _forget(world)
        for seconds, kept in ((7 * 86400 - 1, {*ended, waiting}), (1, {waiting})):
            clock.advance(seconds)
            _forget(world)
            assert {row["id"] for row in desk.ann.get(JOBS).data} == kept

    def test_of_very_many_is_forgotten_little_by_little(
        self, world: World, desk: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(expiring, "AT_ONCE", 2)
        for _ in range(5):
            desk.start()
        world.drain()
        clock.advance(8 * 86400)
        with world.statements() as seen:
            _forget(world)
        assert len([each for each in seen if "DELETE FROM core__operation" in each]) == 3
        assert desk.ann.get(JOBS).data == []


def _forget(world: World) -> None:
    """Do what is done once a day."""
    [job] = [each for each in own_work(world.kernel) if each.name == "forget_operations"]
    assert isinstance(job, JobType) and job.schedules
    with world.kernel.db.read(Scope.system()) as reader:
        job.run(reader, {})  # type: ignore[arg-type]


def _claim(world: World) -> Row:
    """Take the one job that there is."""
    with world.kernel.bus.engine.begin() as connection:
        [job] = world.kernel.bus.claims.take(connection, "default", world.clock.now())
    return dict(job)
