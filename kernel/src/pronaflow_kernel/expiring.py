"""Forgetting what has expired, as jobs with a schedule: little by little, so that nobody waits for it.

forgetting(kernel, "forget_keys", "11 * * * *", Expiring(IdempotencyRecord))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from .jobs.types import JobType, Schedule
from .persistence.scope import Scope
from .persistence.types import UtcDateTime
from .persistence.uow import Reader
from .tenancy.rule import unscoped

if TYPE_CHECKING:
    from .kernel import Kernel

AT_ONCE = 500
"""Rows of one transaction; on SQLite all writers wait for it."""


@dataclass(frozen=True)
class Expiring:
    """A table whose rows lose their meaning at `expires_at`.

    Arguments:
        model: its model, with `id` and `expires_at`.
        kept: how long a row stays after that.
    """

    model: Any
    kept: timedelta = timedelta(0)

    def statement(self) -> Any:
        """Deletes the oldest ones that expired up to `before`; one that somebody holds is left for later."""
        columns = self.model.__table__.c
        oldest = (
            select(columns.id)
            .where(columns.expires_at <= bindparam("before", type_=UtcDateTime()))
            .order_by(columns.expires_at)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
            # Materialised, or PostgreSQL may run it again for each row and delete more than the limit. It
            # stands inside, since sqlite3 counts no rows of what begins with WITH.
            .cte("oldest", nesting=True)
            .prefix_with("MATERIALIZED")
        )
        chosen = columns.id.in_(select(oldest.c.id))
        return unscoped("what has expired is nobody's", delete(self.model).where(chosen))


def forgetting(kernel: Kernel, name: str, cron: str, *what: Expiring) -> JobType:
    """A job that deletes from some tables what has expired.

    Arguments:
        name: of the job; cron: when it runs, in UTC.
        what: the tables, in this order.
    """
    steps = [(each.statement(), each.kept) for each in what]

    def forget(_reader: Reader, _args: Mapping[str, Any]) -> None:
        for statement, kept in steps:
            gone = AT_ONCE
            while gone == AT_ONCE:
                with kernel.db.write(Scope.system(), origin="system") as uow:
                    gone = uow.execute(statement, before=uow.now - kept, most=AT_ONCE)

    return JobType(name, forget, mode="external", schedules=(Schedule(cron),))
