"""What a plugin declares about its background work, and how such work says that it could not be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import orjson
from marshmallow import Schema

from .calendar import after, cron_problem, zone_problem

if TYPE_CHECKING:
    from ..persistence.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a job waits after a failure: twice as long each time, plus or minus a fifth.

    Arguments:
        base: seconds after the first failure.
        cap: most seconds.
    """

    base: float = 5.0
    cap: float = 3600.0

    def seconds(self, attempt: int, chance: float) -> float:
        """The wait after a failed attempt.

        Arguments:
            attempt: 1 for the first.
            chance: drawn evenly from 0 to 1; spreads what failed together.
        """
        plain = min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))
        return plain * (0.8 + 0.4 * chance)


DEFAULT_BACKOFF = Backoff()
"""From 5 seconds up to an hour."""


class Retry(Exception):
    """Raised by background work that cannot be done now, to say when to try again.

    Arguments:
        reason: in words.
        after: seconds.
    """

    def __init__(self, reason: str, after: float) -> None:
        super().__init__(reason)
        self.after = after


class QueueRests(Exception):
    """Raised by background work when what its whole queue leads to is away: all of it rests for a while.

    The attempt was none. Each process finds out for itself.

    Arguments:
        reason: in words.
        seconds: for how long.
    """

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Discard(Exception):
    """Raised by background work that can never be done: no further attempt is made. Its words are kept."""


class Cancelled(Exception):
    """Raised in a job that somebody wants to stop: it is over, neither tried again nor given up."""


MISFIRES = ("once", "skip", "all")
"""What is done of occurrences that were missed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job is handed in by itself, once an occurrence in the whole installation.

    Arguments:
        cron: five fields, `0 8 * * MON` (cronsim's dialect: also names, steps, `L` and `#`).
        zone: an IANA time zone, in which the fields are read. A time that a change of clocks leaves out
            is taken at the next instant that exists; one that comes twice counts once, except where the
            hour is `*`.
        misfire: after a time in which nothing ran: `once` does what was missed once, for its last occurrence;
            `skip` does it only if that is less than a minute past; `all` does each one, of the last 24.
        args: what the job is handed in with.
    """

    cron: str
    zone: str = "UTC"
    misfire: Literal["once", "skip", "all"] = "once"
    args: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def problems(self) -> dict[str, str]:
        """What is wrong with it, a sentence a field; empty where nothing is.

        Where people choose it, their answer is `ValidationFailed(Problem(*each) for each in ...items())`.
        """
        found = {"cron": cron_problem(self.cron), "zone": zone_problem(self.zone)}
        if self.misfire not in MISFIRES:
            found["misfire"] = f"What was missed is done {', '.join(MISFIRES)}, not {self.misfire!r}."
        try:
            orjson.dumps(dict(self.args))
        except TypeError as error:
            found["args"] = f"The arguments cannot be kept as JSON: {error}."
        return {name: words for name, words in found.items() if words is not None}

    def after(self, instant: datetime) -> datetime:
        """The first occurrence after an instant, in UTC.

        Raises:
            ValueError: `problems` finds something.
        """
        return after(self.cron, self.zone, instant)


@dataclass(frozen=True, slots=True)
class JobType:
    """A kind of background work.

    Modes:
        db: `run(uow, args)`; what it writes and the end of the job are one transaction, so that the effect
            is there exactly once.
        external: `run(reader, args)` reaches out of the database (mail, HTTP) or takes long. No transaction
            is open meanwhile; it opens its own by `ctx.db`. It may happen twice if the process dies.

    Arguments:
        name: unique within the plugin; the kernel prefixes the plugin's id.
        run: called in the job's workspace with the arguments it was handed in with; what it returns is the
            result of a job that somebody waits for (`ctx.jobs.start`).
        mode: as above.
        args: marshmallow schema of the arguments, checked when it is handed in, and again before it runs,
            because another version of the code may have handed it in; None takes everything.
        queue: who does it: `default`, `mail`, `webhooks`, `reports`.
        max_attempts: how often it is tried; backoff: waits in between.
        schedules: when it is handed in by itself, in no workspace.
    """

    name: str
    run: Callable[[UnitOfWork, Mapping[str, Any]], object]
    mode: Literal["db", "external"] = "db"
    args: type[Schema] | None = None
    queue: str = "default"
    max_attempts: int = 12
    backoff: Backoff = DEFAULT_BACKOFF
    schedules: tuple[Schedule, ...] = ()

    def problems(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What is wrong with arguments, by name; empty where nothing is."""
        return dict(self.args().validate(args)) if self.args is not None else {}
