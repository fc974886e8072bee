"""How much tokens were used, and forgetting it in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pronaflow_kernel.api import Context, JobType, Reader, Row, Schedule, Scope, invalid, standing_of

from ..tokens.tiers import Tiers
from .queries import BY_DAY, BY_ENDPOINT, BY_HOUR, FORGET, OLDEST, SUMS

KEPT = 90
"""Days that usage is kept for."""

METHODS = ("GET", "POST", "PATCH", "DELETE")
"""Those that are always told, in the order of the first seed; others are where there were any."""

SHOWN = 30
"""Days that are shown where nobody says."""


class UsageService:
    """Reads what was counted.

    Arguments:
        ctx: of the plugin.
        tiers: tells the limit of a token.
    """

    def __init__(self, ctx: Context, tiers: Tiers) -> None:
        self._db = ctx.db
        self._tiers = tiers

    def sums(self, reader: Reader, token_ids: Sequence[str]) -> dict[str, Row]:
        """`last_24h` and `last_30d` of tokens of the scope's workspace, by id."""
        now = reader.clock.now().astimezone(UTC)
        rows = reader.all(
            SUMS,
            ids=list(token_ids),
            since=now.date() - timedelta(days=SHOWN - 1),
            yesterday=now.date() - timedelta(days=1),
            hour=now.hour,
        )
        found = {row["token_id"]: row for row in rows}
        names = ("last_24h", "last_30d")
        return {id: {name: int(found[id][name]) if id in found else 0 for name in names} for id in token_ids}

    def report(self, reader: Reader, token: Row, query: Mapping[str, Any]) -> Row:
        """What a token was used for, as `UsageQuery` says.

        Arguments:
            token: with the `plan` of its workspace.

        Raises:
            ValidationFailed: the period ends before it begins.
        """
        start, end = _period(query, reader.clock.now())
        of = {"token_id": token["id"], "start": start, "end": end}
        kinds = reader.all(BY_ENDPOINT, **of)
        hourly = query["granularity"] == "hourly"
        series = reader.all(BY_HOUR if hourly else BY_DAY, **of)
        return {
            "token_id": token["id"],
            "period": {"start": start, "end": end},
            "total_requests": sum(int(row["requests"]) for row in kinds),
            "requests_by_method": dict.fromkeys(METHODS, 0) | _summed(kinds, "method"),
            "requests_by_endpoint": _endpoints(kinds),
            "requests_by_status": _by_status(kinds),
            "granularity": query["granularity"],
            "requests_by_period": [_part(row, hourly) for row in series],
            "rate_limit": self._standing(token),
        }

    def forget(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Delete usage that is older than `KEPT` days, a day at a time, so that nobody waits for it."""
        before = reader.clock.now().astimezone(UTC).date() - timedelta(days=KEPT)
        while True:
            with self._db.write(Scope.system(), origin="system") as uow:
                day = uow.value(OLDEST, before=before)
                if day is None:
                    return
                uow.execute(FORGET, day=day)

    def jobs(self) -> list[JobType]:
        """`forget`, each night."""
        return [JobType("forget_usage", self.forget, mode="external", schedules=(Schedule("23 3 * * *"),))]

    def _standing(self, token: Row) -> Row:
        tier = self._tiers.of(token["plan"])
        rate = self._tiers.limit(tier, token["workspace_id"])
        standing = standing_of(rate)
        used = 0 if standing is None else standing.limit - standing.remaining
        return {"tier": tier, "limit_per_minute": rate.per_minute, "current_usage": used}


def _period(query: Mapping[str, Any], now: datetime) -> tuple[date, date]:
    """First and last day that are asked for, both included."""
    end = query["end_date"].date() if query["end_date"] else now.astimezone(UTC).date()
    if query["start_date"]:
        start = query["start_date"].date()
    else:
        start = date.fromordinal(max(1, end.toordinal() - SHOWN + 1))
    if start > end:
        raise invalid("end_date", "It must not lie before start_date.", "before_start")
    return start, end


def _summed(rows: Sequence[Row], name: str) -> dict[str, int]:
    """Requests by a column, the most frequent first."""
    found: Counter[str] = Counter()
    for row in rows:
        found[str(row[name])] += int(row["requests"])
    return dict(found.most_common())


def _endpoints(rows: Sequence[Row]) -> list[Row]:
    found: Counter[str] = Counter()
    for row in rows:
        found[f"{row['method']} {row['route']}"] += int(row["requests"])
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [{"endpoint": endpoint, "count": count} for endpoint, count in ordered]


def _by_status(rows: Sequence[Row]) -> dict[str, int]:
    found = _summed(rows, "status_class")
    return {f"{digit}xx": found[digit] for digit in sorted(found)}


def _part(row: Row, hourly: bool) -> Row:
    begin = datetime.combine(row["day"], time(row["hour"] if hourly else 0, tzinfo=UTC))
    return {"start": begin, "count": int(row["requests"])}
