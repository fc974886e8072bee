"""What health is made of (modules.md 3.6): the bands of FR-3 2.10, worst of the three counts.

- Schedule: which share of the open tasks is overdue. None is green, up to 10 percent amber, more is red.
- Budget: logged hours at the project's hourly rate, in percent of the budget. Amber from 90 on, red above
  100. Without a budget it is green.
- People: what is left of the estimates of open tasks, in percent of the hours that those assigned to them
  have until the project ends; one day is always taken to be left. Amber above 90, red above 100. Without an
  end it is green.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from types import MappingProxyType
from typing import Any

from pronaflow_workspaces.api import Settings

from ..copying.workdays import WorkDays
from ..counts import Counts

STATUSES = ("green", "amber", "red")
"""From the best to the worst."""

ALIASES = {
    "good": "green",
    "healthy": "green",
    "on_track": "green",
    "yellow": "amber",
    "warning": "amber",
    "at_risk": "amber",
    "critical": "red",
    "off_track": "red",
}


@dataclass(frozen=True, slots=True)
class Workload:
    """The work in a project, trashed tasks left out.

    Arguments:
        counts: of its tasks.
        overdue: open tasks that should be done by now.
        logged: hours worked on all of its tasks.
        remaining: by user, the estimated hours of their open tasks that are not worked yet.
    """

    counts: Counts = field(default_factory=Counts)
    overdue: int = 0
    logged: float = 0.0
    remaining: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


def schedule(work: Workload) -> str:
    """The status of the schedule."""
    if not work.overdue:
        return "green"
    return "amber" if 10 * work.overdue <= work.counts.open else "red"


def spent(work: Workload, rate: float | None) -> float:
    """What the logged hours cost."""
    return round(work.logged * (rate or 0), 2)


def percent(part: float, whole: float | None) -> float:
    """With one decimal; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def budget(spent: float, budget: float | None) -> str:
    """The status of the money; a budget of 0 is one that nothing may be spent of."""
    if budget is None:
        return "green"
    if spent > budget:
        return "red"
    return "amber" if spent and 10 * spent >= 9 * budget else "green"


def utilization(work: Workload, settings: Settings, today: date, end: date) -> float:
    """How much of the hours until the end the open tasks take, in percent."""
    days = WorkDays.of(settings).length(today, end)
    capacity = len(work.remaining) * days * hours_a_day(settings.work_hours)
    return percent(sum(work.remaining.values()), capacity)


def people(utilization: float) -> str:
    """The status of the people's time."""
    return "red" if utilization > 100 else "amber" if utilization > 90 else "green"


def hours_a_day(work_hours: Mapping[str, Any]) -> float:
    """Hours from start to end, without lunch."""
    whole, lunch = _span(work_hours), work_hours.get("lunch")
    return (whole - (_span(lunch) if lunch else 0)) / 60


def worst(*statuses: str) -> str:
    """The worst of some statuses."""
    return max(statuses, key=STATUSES.index)


def _span(hours: Mapping[str, Any]) -> int:
    """Minutes from start to end."""
    start, end = (time.fromisoformat(hours[name]) for name in ("start", "end"))
    return 60 * (end.hour - start.hour) + end.minute - start.minute
