"""For how long consents are kept, and what is left of those of somebody who was forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import Context, JobType, Reader, Row, Schedule, Scope, UnitOfWork, new_id

from .queries import CLEAR, CLOSE, FORGET, OF_USER

CLEAR_CONSENTS = "clear_consents"

KEPT = timedelta(days=7 * 365 + 2)
"""From the end of a consent on: seven years (modules.md 12.3)."""

FREE_TEXT = "Consents stay for seven years as proof, without their texts, under a pseudonym."


class ConsentKeeping:
    """The nightly work that clears old consents away, a thousand at a time.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def jobs(self) -> list[JobType]:
        """Once a night."""
        return [JobType(CLEAR_CONSENTS, self.run, mode="external", schedules=(Schedule("41 3 * * *"),))]

    def run(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Clear all that is old enough."""
        before = self._ctx.clock.now() - KEPT
        while self._cleared(before):
            pass

    def _cleared(self, before: Any) -> bool:
        with self._ctx.db.write(Scope.system()) as uow:
            return uow.execute(CLEAR, before=before) > 0


def collect(reader: Reader, user_id: str) -> list[Row]:
    """The consents of a user, with those that were taken back."""
    return reader.all(OF_USER, user_id=user_id)


def forget(uow: UnitOfWork, user_id: str) -> None:
    """End the consents of a user and put a pseudonym in their place, which nobody can trace back."""
    uow.execute(CLOSE, owner=user_id, now=uow.now)
    uow.execute(FORGET, owner=user_id, whom=new_id())
