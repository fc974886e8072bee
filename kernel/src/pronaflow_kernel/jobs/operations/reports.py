"""What a job that somebody waits for tells of itself: that it runs, how far it is, how it ended.

The end goes with the end of the job, in one transaction, so that neither says what the other does not. A row
is written only by the latest attempt: what a slow worker says, after another one has taken its job, counts
for nothing. A job whose row is gone (the user left, or it had expired when an operator tried the job again)
is done without telling anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, Engine, Integer, and_, bindparam, func, or_, select, update
from sqlalchemy.exc import OperationalError

from ...errors import InvalidRequest, KernelError, ValidationFailed
from ...persistence.engines import PATIENCE, is_locked
from ...persistence.types import Id, Json, UtcDateTime
from ...web.body import check_json
from .. import claims
from ..incoming import Unknown
from ..types import Cancelled, Discard, Retry
from .models import CANCELLED, FAILED, RUNNING, SUCCEEDED, WAITING, WORDS, Operation

if TYPE_CHECKING:
    from ...clock import Clock

KEPT = timedelta(days=7)
"""How long can be read how a job ended."""

EVERY = timedelta(seconds=1)
"""How often at most the progress of a job is written."""

RESULT = 65_536
"""Bytes of JSON that a job may answer."""

UNEXPECTED = "It failed unexpectedly; whoever runs the server finds out why in its log"
"""All that is told of an error that is not meant for people: it may quote anything."""

_NOW = bindparam("now", type_=UtcDateTime())
_ATTEMPT = bindparam("this_attempt", type_=Integer())
_MINE = Operation.id == bindparam("operation", type_=Id())
_OPEN = and_(_MINE, Operation.status.in_((WAITING, RUNNING)), Operation.attempt <= _ATTEMPT)
_NEXT = Operation.version + 1
_BEGIN = (
    update(Operation)
    .where(
        _MINE,
        ~Operation.cancel_asked,
        or_(
            and_(Operation.status.in_((WAITING, RUNNING)), Operation.attempt < _ATTEMPT),
            Operation.status == FAILED,  # an operator tries it again
        ),
    )
    .values(
        status=RUNNING,
        attempt=_ATTEMPT,
        started_at=func.coalesce(Operation.started_at, _NOW),
        done=0,
        total=None,
        message=None,
        error=None,
        finished_at=None,
        expires_at=None,
        version=_NEXT,
    )
)
_KNOWN = select(Operation.id).where(_MINE)
_TELL = (
    update(Operation)
    .where(_OPEN)
    .values(done=bindparam("so_far"), total=bindparam("of_all"), message=bindparam("words"), version=_NEXT)
    .returning(Operation.cancel_asked)
)
_WAIT = (
    update(Operation)
    .where(_OPEN, ~Operation.cancel_asked)
    .values(status=WAITING, attempt=_ATTEMPT, message=bindparam("words"), version=_NEXT)
)
_STOP_WANTED = select(Operation.id).where(_OPEN, Operation.cancel_asked)
_END = (
    update(Operation)
    .where(_OPEN)
    .values(
        status=bindparam("ended"),
        attempt=_ATTEMPT,
        error=bindparam("words"),
        result=bindparam("answer", type_=Json()),
        cancel_asked=False,
        finished_at=_NOW,
        expires_at=bindparam("until", type_=UtcDateTime()),
        version=_NEXT,
    )
)


def begin(engine: Engine, job: Mapping[str, Any], now: datetime) -> bool:
    """Say that a job runs from now on.

    Returns:
        False where it must not, because somebody cancelled it; then it is over.
    """
    if job["operation_id"] is None:
        return True
    with engine.begin() as connection:
        if connection.execute(_BEGIN, {**_binds(job), "now": now}).rowcount == 1:
            return True
        if connection.execute(_KNOWN, _binds(job)).first() is None:
            return True
        cancelled(connection, job, now)
    return False


def done(connection: Connection, job: Mapping[str, Any], answer: object, now: datetime) -> bool:
    """End a job that went well.

    Arguments:
        answer: what it returned.

    Returns:
        False where somebody else has it by now, and then everything with it must be undone.

    Raises:
        Discard: what it returned is no JSON of a moderate size.
    """
    told = job["operation_id"] is not None
    result = _checked(answer) if told else None
    if not claims.done(connection, job):
        return False
    if told:
        _end(connection, job, SUCCEEDED, now, result=result)
    return True


def put_back(
    connection: Connection,
    job: Mapping[str, Any],
    when: datetime,
    words: str,
    error: Exception,
    now: datetime,
) -> None:
    """Let a job be tried again, unless somebody wants it to stop.

    Arguments:
        words: of the error, for operators.
    """
    if job["operation_id"] is not None:
        if connection.execute(_STOP_WANTED, _binds(job)).first() is not None:
            cancelled(connection, job, now)
            return
        connection.execute(_WAIT, {**_binds(job), "words": shown(error)})
    claims.put_back(connection, job, when, words)


def bury(
    connection: Connection, job: Mapping[str, Any], reason: str, words: str, error: Exception, now: datetime
) -> None:
    """Give a job up; arguments as above."""
    if claims.bury(connection, job, reason, words, now) and job["operation_id"] is not None:
        _end(connection, job, FAILED, now, words=shown(error))


def cancelled(connection: Connection, job: Mapping[str, Any], now: datetime) -> None:
    """End a job that somebody cancelled."""
    if claims.done(connection, job) and job["operation_id"] is not None:
        _end(connection, job, CANCELLED, now)


def shown(error: Exception) -> str:
    """An error in words that are meant for people."""
    if isinstance(error, KernelError) and error.status != 500:
        return plain(error.message)
    return plain(str(error)) if isinstance(error, (Discard, Retry, Unknown)) else UNEXPECTED


def plain(text: str, most: int = WORDS) -> str:
    """A text as every database takes it: not too long, without NUL and halves of characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:most]


class Report:
    """How far a job of mode `external` is; written in short transactions of their own.

    Arguments:
        engine: for all workspaces.
        job: that runs.
    """

    def __init__(self, engine: Engine, job: Mapping[str, Any], clock: Clock) -> None:
        self._engine = engine
        self._job, self._clock = job, clock
        self._told: datetime | None = None

    def tell(self, so_far: int, of_all: int | None, message: str | None) -> None:
        """Write it, unless that was done a moment ago and there is more to come.

        Raises:
            Cancelled: somebody wants the job to stop.
        """
        now = self._clock.now()
        recent = self._told is not None and now - self._told < EVERY
        if self._job["operation_id"] is None or (recent and so_far != of_all):
            return
        words = None if message is None else plain(message)
        values = {**_binds(self._job), "so_far": so_far, "of_all": of_all, "words": words}
        try:
            patient = self._engine.execution_options(**{PATIENCE: EVERY.total_seconds()})
            with patient.begin() as connection:
                asked = connection.execute(_TELL, values).scalar()
        except OperationalError as error:
            if is_locked(error):
                return  # the next one comes soon
            raise
        self._told = now
        if asked:
            raise Cancelled("It was cancelled while it ran")


_REPORT: ContextVar[Report | None] = ContextVar("pronaflow_report", default=None)


@contextmanager
def reporting(report: Report) -> Iterator[None]:
    """Let what runs in the block tell how far it is."""
    token = _REPORT.set(report)
    try:
        yield
    finally:
        _REPORT.reset(token)


def tell(so_far: int, of_all: int | None, message: str | None) -> None:
    """See `Jobs.progress`."""
    report = _REPORT.get()
    if report is None:
        raise RuntimeError(
            "progress() is for a job of mode external while it runs, in its own thread: "
            "what is written in mode db is seen by nobody before its end"
        )
    report.tell(so_far, of_all, message)


def _end(
    connection: Connection,
    job: Mapping[str, Any],
    status: str,
    now: datetime,
    *,
    words: str | None = None,
    result: Any = None,
) -> None:
    values = {"ended": status, "words": words, "answer": result, "now": now, "until": now + KEPT}
    connection.execute(_END, {**_binds(job), **values})


def _binds(job: Mapping[str, Any]) -> dict[str, Any]:
    return {"operation": job["operation_id"], "this_attempt": job["attempt"]}


def _checked(answer: object) -> Any:
    """What a job returned, as JSON that every database takes.

    Raises:
        Discard: it is none; to do the job again would not help.
    """
    try:
        data = orjson.dumps(answer)
        if len(data) > RESULT:
            raise Discard(f"It answers {len(data)} bytes where {RESULT} are the most: keep them elsewhere")
        return check_json(orjson.loads(data))
    except (TypeError, InvalidRequest, ValidationFailed) as error:
        raise Discard(f"What it answers cannot be kept as JSON: {error}") from error
