"""Forgetting what background work leaves behind; the ledger itself is never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import dead
from .occurrences import forget_runs
from .types import JobType, Schedule

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..persistence.uow import Reader

DEAD_KEPT = timedelta(days=30)
"""How long an operator can bring a job back that was given up."""

RUNS_KEPT = timedelta(days=7)
"""How long it is known which occurrences of schedules have had a job; longer than any of them is late."""

CHUNK = 500
"""Rows a transaction."""


def housekeeping_jobs(kernel: Kernel) -> list[JobType]:
    """What is done about it: once a day, little by little."""

    def forget(_reader: Reader, _args: Mapping[str, Any]) -> None:
        engine, now = kernel.bus.engine, kernel.clock.now()
        dead.forget(engine, now - DEAD_KEPT)
        gone = CHUNK
        while gone == CHUNK:
            with engine.begin() as connection:
                gone = forget_runs(connection, now - RUNS_KEPT, CHUNK)

    return [JobType("forget_old_work", forget, mode="external", schedules=(Schedule("27 3 * * *"),))]
