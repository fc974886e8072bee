"""When a schedule falls due: cron fields, read on the clocks of a time zone, as instants.

The fields name times as they stand on a wall, and each of them is one instant:

- A time that a change of clocks leaves out is the first instant after the gap.
- A time that comes twice is the first of the two. Where the hour is `*` no hour is named, and the repeated
  one counts as well: what is done every ten minutes is not left undone for an hour in autumn.

cronsim finds the times. Its own rule for changes of clocks is that of Debian's cron, which leaves
`*/5 2 * * *` out in spring and does it twice in autumn; so it is asked for times without a zone, and the rule
above is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

_LENGTH = 100
"""Characters of a cron expression that is looked at."""

_REMEMBERED = 1024
"""Answers that are kept: many people want their report on Monday at eight."""

_FIELDS = 5
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=_REMEMBERED)
def after(cron: str, zone: str, instant: datetime) -> datetime:
    """The first occurrence after an instant.

    Arguments:
        cron, zone: such that `cron_problem` and `zone_problem` find nothing.
        instant: aware; the answer is in UTC.

    Raises:
        ValueError: there is none in the fifty years to come, or the cron or the zone is none.
    """
    there = instant.astimezone(_zone(zone))
    found = [_first(_on_the_wall(cron, there), lambda each: each > instant)]
    if _every_hour(cron):
        found.append(_first(_elapsing(cron, there), lambda each: each > instant))
    return min(found)


@lru_cache(maxsize=_REMEMBERED)
def until(cron: str, zone: str, instant: datetime) -> datetime:
    """The last occurrence not after an instant; see `after`."""
    there = instant.astimezone(_zone(zone))
    # In a repeated hour the first pass over it is past, all of it.
    ahead = (there.replace(fold=0).utcoffset() or timedelta()) - (there.utcoffset() or timedelta())
    found = [_first(_on_the_wall(cron, there, ahead + _SECOND), lambda each: each <= instant)]
    if _every_hour(cron):
        found.append(_first(_elapsing(cron, there, _SECOND), lambda each: each <= instant))
    return max(found)


def cron_problem(cron: object) -> str | None:
    """What is wrong with a cron expression, in a sentence for whoever wrote it; None where nothing is."""
    if not isinstance(cron, str) or len(cron.split()) != _FIELDS or len(cron) > _LENGTH:
        return "A cron expression has five fields: minute, hour, day of the month, month, day of the week."
    try:
        next(CronSim(cron, datetime(2000, 1, 1)))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ").replace("-", " ")
        return f"The {field} in {cron!r} cannot be read, or never comes."
    except StopIteration:
        return f"The time {cron!r} never comes."
    return None


def zone_problem(zone: object) -> str | None:
    """What is wrong with the name of a time zone, in a sentence; None where nothing is."""
    if isinstance(zone, str) and zone in _zones():
        return None
    return f"{zone!r} is no time zone of the IANA database, such as Europe/Berlin."


@cache
def _zones() -> frozenset[str]:
    """All time zones; `localtime` means another one on every machine."""
    return frozenset(available_timezones() - {"localtime"})


def _zone(name: str) -> ZoneInfo:
    if problem := zone_problem(name):
        raise ValueError(problem)
    return ZoneInfo(name)


def _every_hour(cron: str) -> bool:
    return cron.split()[1] == "*"


def _first(instants: Iterator[datetime], fits: Callable[[datetime], bool]) -> datetime:
    found = next(filter(fits, instants), None)
    if found is None:
        raise ValueError("the schedule never falls due again")
    return found


def _on_the_wall(cron: str, there: datetime, ahead: timedelta | None = None) -> Iterator[datetime]:
    """The occurrences from a time on, or backwards from one that is `ahead` of it, as the wall tells them."""
    start = there.replace(tzinfo=None, fold=0, microsecond=0)
    times = _times(cron, start) if ahead is None else _times(cron, start + ahead, backwards=True)
    return (_instant(wall, there.tzinfo) for wall in times)


def _elapsing(cron: str, there: datetime, ahead: timedelta | None = None) -> Iterator[datetime]:
    """The same as time goes by, a repeated hour twice; cronsim does that where the hour begins with `*`."""
    start = there.replace(microsecond=0)
    if ahead is None:
        times = _times(cron, start)
    else:
        times = _times(cron, (start.astimezone(UTC) + ahead).astimezone(there.tzinfo), backwards=True)
    return (each.astimezone(UTC) for each in times)


def _times(cron: str, start: datetime, *, backwards: bool = False) -> Iterator[datetime]:
    try:
        return iter(CronSim(cron, start, reverse=backwards))
    except CronSimError as error:
        raise ValueError(cron_problem(cron)) from error


def _instant(wall: datetime, zone: object) -> datetime:
    """The instant at which clocks show a time for the first time, or the first one after it."""
    while True:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]
        if instant.astimezone(zone).replace(tzinfo=None) == wall:  # type: ignore[arg-type]
            return instant
        wall += _MINUTE  # clocks are changed to full minutes
