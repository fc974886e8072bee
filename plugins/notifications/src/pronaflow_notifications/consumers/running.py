"""From an event to what its consumers do with it (docs/adr/046).

The relay asks in one statement which events anybody wants, so that others cost nothing. `heard` makes a run
of each event and consumer, in one transaction with its job; `hand_over` calls the handler with nothing open,
and writes down what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import (
    Context,
    Discard,
    Event,
    Id,
    JobType,
    Reader,
    Retry,
    Row,
    Schedule,
    Schema,
    Scope,
    Subscriber,
    UnitOfWork,
)

from ..eventlog.cloudevents import cloud_event
from . import queries
from .events import DISABLED
from .handlers import Handler, Handlers, Handling
from .models import FAILED, RETRYING, SUCCEEDED, Consumer, ConsumerRun

TRIES = 3
"""Attempts after which a run has failed."""
WAITS = (10.0, 60.0)
"""Seconds before the second attempt and the third."""
GIVEN_UP = 20
"""Failed runs in a row after which a consumer is switched off."""
KEPT = timedelta(days=30)
"""How long it is known what became of an event."""

_RUNS = ("owner", "admin")
_LONGEST = 500


class RunArgs(Schema):
    """Which run."""

    run_id = Id(required=True)


class Running:
    """Lets event consumers hear of events.

    Arguments:
        ctx: of the plugin.
        handlers: the handler types that there are.
    """

    def __init__(self, ctx: Context, handlers: Handlers) -> None:
        self._ctx, self._handlers = ctx, handlers

    def subscriber(self) -> Subscriber:
        """Hears of every event that some consumer wants."""
        return Subscriber("consumers", ("*",), self.heard, replayable=False, where=queries.is_heard)

    def jobs(self) -> list[JobType]:
        """What is done in the background."""
        daily = Schedule("23 3 * * *")
        return [
            JobType("consume", self.hand_over, mode="external", args=RunArgs, queue="webhooks"),
            JobType("forget_consumer_runs", self.forget, schedules=(daily,)),
        ]

    def heard(self, uow: UnitOfWork, event: Event) -> None:
        """Begin a run for each consumer that wants an event and acts for somebody who is shown it."""
        wanting = [row for row in uow.all(queries.LISTENING, type=event.type) if self._acts(uow, row)]
        shown = self._shown(uow, event.container_id, wanting)
        runs = [
            {
                "consumer_id": row["id"],
                "event_id": event.id,
                "event_type": event.type,
                "container_id": event.container_id,
                "created_at": uow.now,
            }
            for row in wanting
            if row["acts_for"] in shown and self._handler(uow, row) is not None
        ]
        for run in uow.insert_many(ConsumerRun, runs):
            self._ctx.jobs.enqueue(uow, "consume", {"run_id": run["id"]})

    def hand_over(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Call the handler of a run; `key` is the same at each attempt.

        Raises:
            Retry: it failed and is tried again.
        """
        run = reader.one(queries.ON_ITS_WAY, id=args["run_id"])
        if run is None or run["status"] in (SUCCEEDED, FAILED):
            return
        handler = self._handler(reader, run)
        if handler is None or not self._may_hear(reader, run):
            self._end(run, FAILED, "The event consumer is switched off, or may not hear of this any more")
            return
        try:
            self._handlers.run(handler, reader, self._handling(reader, run, handler))
        except Exception as error:
            self._failed(run, error)
        else:
            self._end(run, SUCCEEDED, None)

    def forget(self, uow: UnitOfWork, _args: Mapping[str, Any]) -> None:
        """Let go of old runs."""
        uow.execute(queries.FORGET_RUNS, before=uow.now - KEPT)

    def _acts(self, uow: UnitOfWork, row: Row) -> bool:
        """Whether whom a consumer acts for still runs the workspace; else it is switched off."""
        if row["role"] in _RUNS:
            return True
        self._switch_off(uow, row["id"], 0, "Whom it acts for does not run the workspace any more")
        return False

    def _shown(self, reader: Reader, container_id: str | None, rows: list[Row]) -> set[str]:
        """Whom consumers act for, of those who are shown a container."""
        people = {row["acts_for"]: row["role"] for row in rows}
        if container_id is None:
            return set(people)
        return self._ctx.ledger.public.shown_to(reader, container_id, people)

    def _may_hear(self, reader: Reader, run: Row) -> bool:
        acts = run["is_active"] and run["role"] in _RUNS
        return acts and run["acts_for"] in self._shown(reader, run["container_id"], [run])

    def _handler(self, reader: Reader, row: Row) -> Handler | None:
        return self._handlers.find(row["handler_type"], reader.scope.workspace_id)

    def _handling(self, reader: Reader, run: Row, handler: Handler) -> Handling:
        row, event, type_ = self._ctx.ledger.public.told(reader, run["event_id"])
        return Handling(
            key=run["id"],
            event=event,
            summary=type_.summary,
            config=handler.config().load(run["config"]),
            consumer_id=run["consumer_id"],
            attempt=run["attempts"] + 1,
            cloud_event=cloud_event(row, self._ctx.public_url),
        )

    def _failed(self, run: Row, error: Exception) -> None:
        """Write a failure down.

        Raises:
            Retry: there is an attempt left.
        """
        words = _plain(error)
        attempt = run["attempts"] + 1
        if attempt < TRIES and not isinstance(error, Discard):
            self._end(run, RETRYING, words)
            after = error.after if isinstance(error, Retry) else WAITS[attempt - 1]
            raise Retry(words, after) from error
        self._ctx.log.warning("a run of an event consumer failed: %s", words)
        self._end(run, FAILED, words)

    def _end(self, run: Row, status: str, error: str | None) -> None:
        """Write down what became of an attempt, and how the consumer fares."""
        with self._ctx.db.write(Scope.system(run["workspace_id"]), origin="system") as uow:
            stored = uow.one(queries.ON_ITS_WAY, id=run["id"])
            if stored is None:
                return
            values = {"status": status, "attempts": run["attempts"] + 1, "error": error}
            finished = None if status == RETRYING else uow.now
            uow.execute(queries.END_RUN, run=run["id"], **values, finished_at=finished)
            if status == SUCCEEDED:
                uow.execute(queries.WELL_AGAIN, consumer=run["consumer_id"])
            elif status == FAILED and run["is_active"]:
                uow.execute(queries.FAILED_AGAIN, consumer=run["consumer_id"])
                self._switch_off(
                    uow, run["consumer_id"], GIVEN_UP, f"It failed {GIVEN_UP} times in a row: {error}"
                )

    def _switch_off(self, uow: UnitOfWork, consumer_id: str, failures: int, reason: str) -> None:
        """Switch a consumer off that is on and has failed so often, and tell of it."""
        given = {"consumer": consumer_id, "least": failures, "why": reason[:_LONGEST], "now": uow.now}
        if uow.execute(queries.SWITCH_OFF, **given):
            row = uow.get(Consumer, consumer_id)
            payload = {name: row[name] for name in ("workspace_id", "event_type", "handler_type")}
            told = {"consumer_id": consumer_id, "reason": given["why"], "user_id": row["created_by"]}
            changes = {"is_active": {"old": True, "new": False}}
            uow.publish(DISABLED, consumer_id, {**payload, **told}, changes=changes)


def _plain(error: Exception) -> str:
    """What went wrong, in a line."""
    words = str(error) or type(error).__name__
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:_LONGEST]
