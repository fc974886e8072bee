"""Plain dramatiq in plugins: what `@dramatiq.actor` marks is a job like any other.

    @dramatiq.actor(max_retries=3)
    def send_report(report_id: str) -> None: ...

    send_report.send(report["id"])          # anywhere inside a unit of work
    provide_jobs: [actor_job(send_report)]

A message that went to a broker by itself would be there although the change was undone, or lost although it
was kept. So the broker of all actors stores messages as jobs in the unit of work that is open.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dramatiq
from dramatiq.errors import Retry as RetryLater
from marshmallow import Schema, fields

from ..attribution import CURRENT_PLUGIN
from ..persistence.uow import CURRENT_UNIT
from .types import DEFAULT_BACKOFF, Backoff, JobType, Retry

if TYPE_CHECKING:
    from dramatiq.message import Message

OPTIONS = frozenset({"max_retries", "min_backoff", "max_backoff"})
"""What `@dramatiq.actor` takes besides name, queue and priority; times are milliseconds, as in dramatiq."""


class ActorArgs(Schema):
    """What an actor is called with."""

    args = fields.List(fields.Raw(allow_none=True), required=True)
    kwargs = fields.Dict(keys=fields.String(), required=True)


@dataclass(frozen=True)
class _Call:
    """Runs a job that is an actor."""

    actor: dramatiq.Actor[..., Any]

    def __call__(self, _reader: Any, args: Mapping[str, Any]) -> None:
        try:
            self.actor.fn(*args["args"], **args["kwargs"])
        except RetryLater as error:
            if error.delay is None:
                raise
            raise Retry(str(error), error.delay / 1000) from error


class LedgerBroker(dramatiq.Broker):
    """Takes messages of actors into the open unit of work."""

    def __init__(self) -> None:
        super().__init__(middleware=[])
        self.actor_options = set(OPTIONS)
        self._declared: weakref.WeakSet[dramatiq.Actor[..., Any]] = weakref.WeakSet()

    def declare_actor(self, actor: dramatiq.Actor[..., Any]) -> None:
        """Note an actor; those of different plugins may have one name."""
        self._declared.add(actor)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Store a message as a job of the plugin whose code sends it.

        Arguments:
            delay: milliseconds.

        Raises:
            RuntimeError: no unit of work is open, or no plugin's code runs.
            LookupError: the plugin does not declare the actor.
            ValueError: the arguments are no JSON data, or an option is given that means nothing here.
        """
        uow, plugin_id, name = CURRENT_UNIT.get(), CURRENT_PLUGIN.get(), message.actor_name
        if uow is None:
            raise RuntimeError(
                f"{name}.send() outside of a unit of work: send it inside of one, such as "
                "`with ctx.db.write(scope) as uow:`; it is done if, and only if, that is kept"
            )
        if plugin_id is None:
            raise RuntimeError(f"{name}.send() is for the code of the plugin that declares the actor")
        if message.options:
            given = ", ".join(sorted(message.options))
            raise ValueError(f"{name}.send_with_options() takes args, kwargs and delay here, not {given}")
        try:
            message.encode()
        except TypeError as error:
            raise ValueError(f"arguments of the actor {name} must be JSON data: {error}") from error
        args = {"args": list(message.args), "kwargs": dict(message.kwargs)}
        run_at = None if delay is None else uow.clock.now() + timedelta(milliseconds=delay)
        uow.jobs_of(plugin_id).enqueue(uow, name, args, run_at=run_at)
        return message

    def undeclared(self, package: str, jobs: Iterable[JobType]) -> list[str]:
        """Names of the actors in a package that are none of these jobs."""
        known = [job.run.actor for job in jobs if isinstance(job.run, _Call)]
        return sorted(
            actor.actor_name for actor in self._declared if actor not in known and _lives_in(actor, package)
        )


def actor_job(actor: dramatiq.Actor[..., Any]) -> JobType:
    """An actor as a job that a plugin provides: mode `external`, its name, queue and retries as it has them.

    Raises:
        ValueError: it is `async`, which nothing here runs.
    """
    if inspect.iscoroutinefunction(inspect.unwrap(actor.fn)):
        raise ValueError(f"the actor {actor.actor_name} is `async`: make it a plain function")
    actor.broker = ledger()  # it may have been declared before there was one, such as by a test
    retries = actor.options.get("max_retries")
    attempts = {} if retries is None else {"max_attempts": retries + 1}
    backoff = Backoff(
        base=actor.options.get("min_backoff", DEFAULT_BACKOFF.base * 1000) / 1000,
        cap=actor.options.get("max_backoff", DEFAULT_BACKOFF.cap * 1000) / 1000,
    )
    return JobType(
        name=actor.actor_name,
        run=_Call(actor),
        mode="external",
        args=ActorArgs,
        queue=actor.queue_name,
        backoff=backoff,
        **attempts,
    )


def ledger() -> LedgerBroker:
    """The broker of all actors in this process; from the first call on it is dramatiq's own."""
    broker = dramatiq.broker.global_broker
    if not isinstance(broker, LedgerBroker):
        broker = LedgerBroker()
        dramatiq.set_broker(broker)
    return broker


def _lives_in(actor: dramatiq.Actor[..., Any], package: str) -> bool:
    """Whether an actor stands in a module of a package, as it is loaded now."""
    function = inspect.unwrap(actor.fn)
    module = sys.modules.get(function.__module__)
    inside = function.__module__.partition(".")[0] == package
    return inside and module is not None and getattr(function, "__globals__", None) is vars(module)
