"""Forgetting jobs that ended a week ago."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from ...persistence.scope import Scope
from ...persistence.types import UtcDateTime
from ...persistence.uow import Reader
from ...tenancy.rule import unscoped
from ..types import JobType, Schedule
from .models import Operation

if TYPE_CHECKING:
    from ...kernel import Kernel

AT_ONCE = 500
"""Rows of one transaction; on SQLite others wait for it."""

_EXPIRED = (
    select(Operation.id)
    .where(Operation.expires_at <= bindparam("before", type_=UtcDateTime()))
    .order_by(Operation.expires_at)
    .limit(bindparam("most"))
)
_FORGET = unscoped(
    "what has expired is forgotten in all workspaces",
    delete(Operation).where(Operation.id.in_(_EXPIRED.scalar_subquery())),
)


def operation_jobs(kernel: Kernel) -> list[JobType]:
    """What is done about them: once a day, little by little."""

    def forget(reader: Reader, args: Mapping[str, Any]) -> None:
        gone = AT_ONCE
        while gone == AT_ONCE:
            with kernel.db.write(Scope.system(), origin="system") as uow:
                gone = uow.execute(_FORGET, before=uow.now, most=AT_ONCE)

    return [
        JobType(
            "forget_operations",
            forget,
            mode="external",
            schedules=(Schedule("17 3 * * *"),),
        )
    ]
