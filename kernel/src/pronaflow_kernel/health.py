"""Probes: whether the parts that the server stands on answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import Clock

log = logging.getLogger("pronaflow.health")


class Degraded(Exception):
    """Raised by a probe: something is wrong that the server lives with and that no new start would cure."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One probe.

    Arguments:
        name: as shown, e.g. `database`.
        probe: returns when all is well and raises when not, `Degraded` where the server serves all the same;
            must answer within a second.
    """

    name: str
    probe: Callable[[], None]


class Remembered:
    """A probe of another machine, which is asked at most every `AGE`.

    Arguments:
        probe: as in `HealthCheck`.
        clock: tells the present.
    """

    AGE = timedelta(seconds=2)

    def __init__(self, probe: Callable[[], None], clock: Clock) -> None:
        self._probe, self._clock = probe, clock
        self._lock = threading.Lock()
        self._asked: datetime | None = None
        self._reason: str | None = None

    def __call__(self) -> None:
        """Answer as the machine did.

        Raises:
            Degraded: it did not answer as it should.
        """
        with self._lock:
            now = self._clock.now()
            if self._asked is None or not self._asked <= now < self._asked + self.AGE:
                self._reason, self._asked = self._found(), now
            if self._reason is not None:
                raise Degraded(self._reason)

    def _found(self) -> str | None:
        try:
            self._probe()
        except Exception as error:  # Of any kind: what is wrong there is no fault of this server.
            return f"{type(error).__name__}: {error}"
        return None


def run_checks(checks: Sequence[HealthCheck]) -> dict[str, str]:
    """`healthy`, `degraded` or `unhealthy` for each probe; the reasons go to the log, not to the public."""
    return {check.name: _run(check) for check in checks}


def _run(check: HealthCheck) -> str:
    try:
        check.probe()
    except Degraded as reason:
        log.warning("health check %s: %s", check.name, reason)
        return "degraded"
    except Exception:
        log.exception("health check %s failed", check.name)
        return "unhealthy"
    return "healthy"
