"""Doing one job: what a subscriber or a job type writes, and the end of the job, are one transaction.

Whatever goes wrong is for the job alone: it is put back and tried again later, and given up after its
attempts. Jobs of a plugin that is off are laid aside, and those that nobody knows are given up at once, with
the reason, so that what stands behind them in their lane goes on.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import InternalError, OperationalError

from ..errors import StaleRow
from ..events.hops import Loop, at
from ..events.models import EventRow
from ..events.types import Event, EventType
from ..logs import bound
from ..persistence.engines import at_once
from ..persistence.scope import Scope
from ..plugins.guard import described
from ..tenancy.rule import unscoped
from . import claims
from .crew import attempted
from .enqueue import ALL_WORKSPACES
from .incoming import Erased, Unknown, event_for
from .operations import reports
from .operations.reports import Report, plain, reporting
from .types import Cancelled, Discard, JobType, QueueRests, Retry
from .works import CORE, Work, Works

if TYPE_CHECKING:
    from ..clock import Clock
    from ..persistence.database import Database, Several
    from ..persistence.uow import Row
    from ..plugins.guard import Guard

log = logging.getLogger("pronaflow.events")

TRIES = 3
"""How often a job is begun anew at once that others are in the way of."""

_LOGGED = ("kind", "attempt", "workspace_id", "request_id")
"""What each line of the log says of the job at hand."""

_EVENTS = unscoped(
    ALL_WORKSPACES,
    select(EventRow.__table__).where(EventRow.seq.in_(bindparam("seqs", expanding=True))),
)

SHARED = 0.02
"""Seconds after which a shared transaction takes in no further job: others wait for its locks."""


class LeaseLost(Exception):
    """Somebody else has the job by now; what was done is undone."""


class Runner:
    """Does jobs that were taken.

    Arguments:
        db: for the work; its writes need not survive a power cut before what they end.
        guard: calls plugin code, and knows what is on.
        works: what there is to do.
        types: event types by name; installed: whether a plugin is installed, running or not.
        chance: from 0 to 1, spreads what failed together.
    """

    def __init__(
        self,
        db: Database,
        guard: Guard,
        works: Works,
        types: Mapping[str, EventType],
        installed: Callable[[str], bool],
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._db, self._guard, self.works = db, guard, works
        self._types, self._installed = types, installed
        self._clock, self._chance = clock, chance
        self.engine = db.engines.write.execution_options(unscoped=ALL_WORKSPACES)
        self._at_once = at_once(self.engine)
        self._resting: dict[str, datetime] = {}
        """Queues that rest in this process, and until when."""

    def is_on(self, plugin_id: str, workspace_id: str | None) -> bool:
        """Whether a plugin is on; the kernel always is."""
        return plugin_id == CORE or self._guard.is_on(plugin_id, workspace_id)

    def rests(self, kind: str, workspace_id: str | None) -> bool:
        """Whether jobs of a kind are laid aside: its plugin is off, there or everywhere, or does not run."""
        plugin_id = kind.partition(".")[0]
        absent = kind not in self.works.by_kind and self._installed(plugin_id)
        return absent or not self.is_on(plugin_id, workspace_id)

    def queue_rests(self, queue_name: str) -> bool:
        """Whether nothing of a queue is to be begun, because what it leads to is away."""
        until = self._resting.get(queue_name)
        return until is not None and self._clock.now() < until

    def _events(self, jobs: Sequence[Mapping[str, Any]]) -> dict[int, Row]:
        """Rows of the ledger that jobs are about, by `seq`: one statement spares a quarter of a job."""
        seqs = {job["event_seq"] for job in jobs} - {None}
        if not seqs:
            return {}
        with self._db.read(Scope.system()) as reader:
            return {row["seq"]: row for row in reader.all(_EVENTS, seqs=list(seqs))}

    def run(self, jobs: Sequence[Mapping[str, Any]], go_on: Callable[[], bool]) -> list[Mapping[str, Any]]:
        """Do jobs that were taken together, or settle what becomes of them; raises nothing.

        Those of mode `db` that nobody follows share transactions, which makes them twice as fast.

        Arguments:
            go_on: whether the next one may be begun.

        Returns:
            Those that were not begun.
        """
        events = self._events(jobs)
        sharing: list[Mapping[str, Any]] = []
        alone: list[Mapping[str, Any]] = []
        for job in jobs:
            (sharing if self._may_share(job) else alone).append(job)
        while sharing and go_on() and not self.queue_rests(sharing[0]["queue"]):
            sharing, undone = self._together(sharing, events)
            for job in undone:
                attempted(partial(self._settle, job, events))
        while alone and go_on() and not self.queue_rests(alone[0]["queue"]):
            attempted(partial(self._settle, alone.pop(0), events))
        return sharing + alone

    def _may_share(self, job: Mapping[str, Any]) -> bool:
        work = self.works.by_kind.get(job["kind"])
        known = work is not None and work.does.mode == "db" and job["attempt"] <= job["max_attempts"]
        return known and job["operation_id"] is None and not self.rests(job["kind"], job["workspace_id"])

    def _together(
        self, jobs: list[Mapping[str, Any]], events: Mapping[int, Row]
    ) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        """Do jobs in one transaction, until it has taken `SHARED`.

        Where one fails, all is undone, and those before it are done again: a savepoint for each would cost
        every job one way to the database.

        Returns:
            Those that are to share the next one, and those that must be done alone.
        """
        ended: list[Mapping[str, Any]] = []
        failing: Mapping[str, Any] | None = None
        since = perf_counter()
        try:
            with self._db.several() as several:
                for job in jobs:
                    if ended and perf_counter() - since > SHARED:
                        break
                    failing = job
                    with self._about(job, events):
                        self._share(several, job, events)
                    ended.append(job)
                failing = None
                if not claims.all_done(unscoped(ALL_WORKSPACES, several.connection), ended):
                    raise LeaseLost
        except Exception as error:
            # Of these nobody knows whose fault they are: on PostgreSQL an InternalError says that an earlier
            # statement had failed, and its job went on.
            if failing is None or isinstance(error, (StaleRow, OperationalError, InternalError)):
                log.info("jobs that share a transaction met %s: each is done alone", type(error).__name__)
                return [], jobs
            with self._about(failing, events):
                attempted(partial(self._failed, failing, error))
            return [job for job in jobs if job is not failing], []
        return jobs[len(ended) :], []

    def _share(self, several: Several, job: Mapping[str, Any], events: Mapping[int, Row]) -> None:
        work = self.works.by_kind[job["kind"]]
        given = self._given(work, job, events)
        with several.unit(Scope.system(job["workspace_id"])) as uow:
            uow.due_at = job["due_at"]
            with self._watching(work):
                work.does.run(uow, given)

    @contextmanager
    def _about(self, job: Mapping[str, Any], events: Mapping[int, Row]) -> Iterator[None]:
        """What each line of the log says of a job, and what it publishes of how far it is from its cause."""
        told = {name: job[name] for name in _LOGGED if job[name] is not None}
        if event := events.get(job["event_seq"]):
            told["event_id"] = event["id"]
        with bound(job_id=job["id"], **told), at(job["hop"]):
            yield

    def _settle(self, job: Mapping[str, Any], events: Mapping[int, Row]) -> None:
        with self._about(job, events):
            try:
                self._run(job, events)
            except LeaseLost:
                log.warning("the job was taken over by another worker; what was done here is undone")
            except Exception as error:
                self._failed(job, error)

    def _run(self, job: Mapping[str, Any], events: Mapping[int, Row]) -> None:
        if self.rests(job["kind"], job["workspace_id"]):
            with self.engine.begin() as connection:
                claims.park(connection, job)
            return
        work = self.works.by_kind.get(job["kind"])
        if work is None:
            raise Unknown(f"nobody does {job['kind']}")
        if job["attempt"] > job["max_attempts"]:
            raise Unknown(f"given up after {job['max_attempts']} attempts that did not come to an end")
        given = self._given(work, job, events)
        if not reports.begin(self.engine, job, self._clock.now()):
            return
        if work.does.mode == "external":
            self._reach_out(work, job, given)
        else:
            self._in_one_piece(work, job, given)

    def _in_one_piece(self, work: Work, job: Mapping[str, Any], given: Any) -> None:
        # What reads in batches reads of all workspaces, also where it gets one event again.
        where = None if work.does.mode == "batch" else job["workspace_id"]
        for attempt in range(1, TRIES + 1):
            try:
                with self._db.write(Scope.system(where), origin="system") as uow:
                    uow.due_at = job["due_at"]
                    with self._watching(work):
                        answer = work.does.run(uow, given)
                    connection = unscoped(ALL_WORKSPACES, uow.connection)
                    if not reports.done(connection, job, answer, self._clock.now()):
                        raise LeaseLost
                return
            except (StaleRow, OperationalError) as error:
                log.info("%s met %s", work.shown, type(error).__name__)
                if attempt == TRIES:
                    raise

    def _reach_out(self, work: Work, job: Mapping[str, Any], given: Any) -> None:
        # No transaction is open meanwhile: on SQLite it would keep all others from writing.
        with (
            self._db.read(Scope.system(job["workspace_id"])) as reader,
            reporting(Report(self.engine, job, self._clock)),
            self._watching(work),
        ):
            reader.due_at = job["due_at"]
            answer = work.does.run(reader, given)  # type: ignore[arg-type]
        followed = job["operation_id"] is not None
        with (self.engine if followed else self._at_once).begin() as connection:
            if not reports.done(connection, job, answer, self._clock.now()):
                log.warning("%s was done although another worker has it: it may be done twice", work.shown)

    def _watching(self, work: Work) -> AbstractContextManager[None]:
        """The kernel's own work is counted by nobody and may touch what it likes."""
        return nullcontext() if work.plugin_id == CORE else self._guard.watching(work.plugin_id, work.shown)

    def _given(self, work: Work, job: Mapping[str, Any], events: Mapping[int, Row]) -> Any:
        if not isinstance(work.does, JobType):
            event = self._event(job, events)
            return [event] if work.does.mode == "batch" else event
        if problems := work.does.problems(job["args"]):
            raise Unknown(f"arguments of the job {job['kind']}: {problems}")
        return job["args"]

    def _event(self, job: Mapping[str, Any], events: Mapping[int, Row]) -> Event:
        row = events.get(job["event_seq"])
        if row is None:
            raise Unknown(f"event {job['event_seq']} is not in the ledger any more")
        return event_for(self._types, row)

    def _failed(self, job: Mapping[str, Any], error: Exception) -> None:
        final = isinstance(error, (Unknown, Discard, Loop))
        spent = job["attempt"] >= job["max_attempts"] and not isinstance(error, Retry)
        words = plain(described(error), claims.ERROR)
        now = self._clock.now()
        if isinstance(error, QueueRests):
            self._resting[job["queue"]] = now + timedelta(seconds=error.seconds)
            log.warning("the queue %s rests for %.0f seconds: %s", job["queue"], error.seconds, words)
            with self.engine.begin() as connection:
                claims.give_back(connection, [job])
            return
        if isinstance(error, Cancelled):
            with self.engine.begin() as connection:
                reports.cancelled(connection, job, now)
            return
        if isinstance(error, Erased):
            with self.engine.begin() as connection:
                reports.done(connection, job, None, now)
            return
        if final or spent:
            reason = plain(str(error)) if final else f"failed {job['attempt']} times"
            log.error("%s is given up: %s", job["kind"], words, exc_info=None if final else error)
            with self.engine.begin() as connection:
                reports.bury(connection, job, reason, words, error, now)
            return
        which = f"attempt {job['attempt']} of {job['max_attempts']}"
        log.warning("%s: %s failed: %s", job["kind"], which, words, exc_info=error)
        with self.engine.begin() as connection:
            when = now + timedelta(seconds=self._wait(job, error))
            reports.put_back(connection, job, when, words, error, now)

    def _wait(self, job: Mapping[str, Any], error: Exception) -> float:
        if isinstance(error, Retry):
            return error.after
        backoff = self.works.by_kind[job["kind"]].does.backoff
        return backoff.seconds(job["attempt"], self._chance())
