"""From notifications to what is on its way: through which channels each goes, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pronaflow_kernel.api import Context, Row, UnitOfWork, new_id

from . import queries
from .channels import Channel, Channels
from .habits import Mutes, Person, mutes, people
from .models import PENDING
from .windows import Due, due

JOB = "deliver"
"""The job that sends what is sent alone; see `delivering`."""
AT_ONCE = 50
"""Notifications of one such job."""

Lifetime = Callable[[str], timedelta | None]
"""From a type of notification to how long it is worth sending; None for always."""


class Dispatches:
    """Plans what is sent of new notifications.

    Arguments:
        ctx: of the plugin.
        channels: all there are.
        lifetime: how long a type is worth sending.
    """

    def __init__(self, ctx: Context, channels: Channels, lifetime: Lifetime = lambda _type: None) -> None:
        self._ctx, self._channels, self._lifetime = ctx, channels, lifetime

    def plan(self, uow: UnitOfWork, rows: Sequence[Row]) -> None:
        """Plan the ways of notifications that were just stored; their number costs no statements.

        What waits for a window is found by `windowed` when that ends; for the rest a job is handed in.

        Arguments:
            uow: in the workspace of the notifications, which are all of the same.
            rows: of `Notification`.
        """
        if not rows:
            return
        users = sorted({row["user_id"] for row in rows})
        known, muted = people(self._ctx, uow, users), mutes(uow, users)
        planned = [
            _dispatch(uow, row, channel, when, self._lifetime(row["type"]))
            for channel in self._channels.on(uow)
            for row, when in _going(uow, channel, rows, known, muted)
        ]
        if planned:
            uow.connection.execute(queries.PUT[uow.dialect], planned)
            self._hand_in(uow, planned)

    def _hand_in(self, uow: UnitOfWork, planned: Sequence[Row]) -> None:
        together: dict[tuple[str, datetime], list[str]] = {}
        for each in planned:
            if each["window_key"] is None:
                together.setdefault((each["channel"], each["due_at"]), []).append(each["notification_id"])
        for (channel, at), ids in together.items():
            for start in range(0, len(ids), AT_ONCE):
                args = {"channel": channel, "notifications": ids[start : start + AT_ONCE]}
                self._ctx.jobs.enqueue(uow, JOB, args, run_at=at)


def _going(
    uow: UnitOfWork,
    channel: Channel,
    rows: Sequence[Row],
    known: Mapping[str, Person],
    muted: Mutes,
) -> Iterator[tuple[Row, Due]]:
    """Which notifications go through a channel, and when."""
    reached = set(channel.reaches(uow, sorted(known)))
    for row in rows:
        person = known[row["user_id"]]
        if row["user_id"] not in reached or not person.wants(row, channel.name, muted):
            continue
        high = row["priority"] == "high"
        when = due(uow.now, person.habits, high=high, critical=row["critical"])
        if when is not None:
            yield row, when


def _dispatch(uow: UnitOfWork, row: Row, channel: Channel, when: Due, lifetime: timedelta | None) -> Row:
    """A row of `Dispatch`."""
    return {
        "id": new_id(),
        "notification_id": row["id"],
        "user_id": row["user_id"],
        "channel": channel.name,
        "state": PENDING,
        "due_at": when.at,
        "window_key": when.window,
        "digest_run_id": None,
        "message_id": None,
        "attempts": 0,
        "expires_at": None if lifetime is None else uow.now + lifetime,
        "reason": None,
        "created_at": uow.now,
    }
