"""Probes: whether the parts that the server stands on answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
