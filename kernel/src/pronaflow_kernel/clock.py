"""The one source of the present. Code asks `ctx.clock`; tests put a `FixedClock` there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time as an aware UTC datetime."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until told to move (tests, imports, demo data).

    Arguments:
        start: aware datetime to stand at.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant the clock stands at."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._now += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Move to `instant`, forwards or backwards."""
        self._now = instant
