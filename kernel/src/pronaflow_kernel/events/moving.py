"""Moving old events out of the ledger into files: the one way by which a row of it is ever deleted.

What somebody may still need stays: events without a place in the order of commits, those that a job waits
for, and those that a subscriber in batches has not read. The personal values beside an event are not moved:
they go (`core__event_private` follows by its key), since nobody needs them for so long.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, func, select

from ..attribution import as_kernel
from ..jobs.models import Job, Reading
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id, UtcDateTime
from ..persistence.uow import Reader, Row, UnitOfWork
from .immutable import opened
from .models import EventRow

_NOT_READ = select(func.coalesce(func.min(Reading.position), EventRow.position)).scalar_subquery()
_OLDEST = (
    select(
        EventRow.__table__,
    )
    .where(
        EventRow.workspace_id == SCOPE_WORKSPACE,
        EventRow.recorded_at < bindparam("before", type_=UtcDateTime()),
        EventRow.occurred_at < bindparam("before", type_=UtcDateTime()),
        EventRow.position <= _NOT_READ,
        ~exists().where(Job.workspace_id == SCOPE_WORKSPACE, Job.event_seq == EventRow.seq),
    )
    .order_by(EventRow.occurred_at, EventRow.id)
    .limit(bindparam("most"))
)
_LET_GO = delete(EventRow).where(
    EventRow.workspace_id == SCOPE_WORKSPACE, EventRow.id.in_(bindparam("moved", expanding=True, type_=Id()))
)


@as_kernel
def oldest(reader: Reader, before: datetime, most: int) -> list[Row]:
    """The oldest events of the scope's workspace that may move, oldest first: all columns of the ledger.

    Arguments:
        before: recorded, and of a business time, before this instant.
    """
    return reader.all(_OLDEST, before=before, most=most)


@as_kernel
def let_go(uow: UnitOfWork, event_ids: Collection[str]) -> int:
    """Delete events of the scope's workspace that a file holds by now; how many."""
    with opened(uow):
        return uow.execute(_LET_GO, moved=list(event_ids))
