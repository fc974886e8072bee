"""What `/health/ready` says of background work: whether it is behind, and whether bells get through.

Neither takes a server out of service: requests are answered all the same, and a new start would cure nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..health import Degraded, HealthCheck, Remembered
from .enqueue import ALL_WORKSPACES
from .figures import Figures, figures

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ..clock import Clock
    from ..settings import Settings
    from .bus import Bus

LOOK = timedelta(seconds=5)
"""How long figures are taken for the present: anybody may ask for a server's health, at any rate."""


class Glance:
    """The figures of background work, counted at most every `LOOK`.

    Arguments:
        count: counts them.
        clock: tells the present.
    """

    def __init__(self, count: Callable[[], Figures], clock: Clock) -> None:
        self._count, self._clock = count, clock
        self._lock = threading.Lock()
        self._seen: tuple[datetime, Figures] | None = None

    def figures(self) -> Figures:
        """How background work stands, as far as one has looked."""
        with self._lock:
            now = self._clock.now()
            if self._seen is None or not self._seen[0] <= now < self._seen[0] + LOOK:
                self._seen = (now, self._count())
            return self._seen[1]


def background_checks(engine: Engine, bus: Bus, clock: Clock, settings: Settings) -> list[HealthCheck]:
    """The probes.

    Arguments:
        engine: reads.
        bus: whose work is looked at, and whose bell.
        settings: tell from when on work is late, and whether there is a Redis.
    """
    late_seconds = settings.jobs.late_seconds

    def count() -> Figures:
        with engine.execution_options(unscoped=ALL_WORKSPACES).connect() as connection:
            return figures(connection, bus.works, clock.now())

    glance = Glance(count, clock)

    def timely() -> None:
        found = glance.figures()
        waits = {f"queue {name}": seconds for name, seconds in found.oldest_ready.items()}
        waits |= {lag.kind: lag.jobs.oldest_seconds or 0.0 for lag in found.kinds if lag.behind}
        waits["events without jobs"] = found.unplaced_seconds or 0.0
        late = [f"{name} for {seconds:.0f} s" for name, seconds in waits.items() if seconds > late_seconds]
        if late:
            raise Degraded(f"work waits for its turn: {', '.join(late)} (pronaflow events lag)")

    def heard() -> None:
        # Asked of Redis itself: what the bell knows it learns from its own attempts alone.
        if bus.bell is not None:
            bus.bell.check()

    checks = [HealthCheck("background_work", timely)]
    if settings.redis_url is None:
        return checks
    return [*checks, HealthCheck("redis", Remembered(heard, clock))]
