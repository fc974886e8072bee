"""From what people have chosen to what is sent to them: mail switches, frequency, quiet hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from pronaflow_kernel.api import Context, Locale, Reader, Row

from ..preferences.values import SECTION, WEEKDAYS, effective
from . import queries
from .windows import Habits, Quiet

EMAIL = "email"
"""The channel that the mail switches are about."""

Mutes = Collection[tuple[str, str, str | None, str | None]]
"""User, channel, type and container of what people have muted; None is any."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whoever something is sent to.

    Arguments:
        values: what they have chosen over the defaults.
        locale: how to address them.
        habits: when something may be sent.
    """

    values: Mapping[str, Any]
    locale: Locale
    habits: Habits

    def wants(self, row: Row, channel: str, muted: Mutes) -> bool:
        """Whether a notification may go to them through a channel at all; what is critical always may.

        Arguments:
            row: of `Notification`.
            muted: of this person, and others.
        """
        if row["critical"]:
            return True
        if channel == EMAIL and row["preference"] is not None and not self.values[row["preference"]]:
            return False
        return self.habits.frequency != "never" and not any(
            (row["user_id"], channel, type_, container) in muted
            for type_ in (row["type"], None)
            for container in {row["container_id"], None}
        )


def people(ctx: Context, reader: Reader, user_ids: Collection[str]) -> dict[str, Person]:
    """What these users have chosen; three statements for up to 1000 of them."""
    chosen = ctx.preferences.of(reader, SECTION, user_ids)
    locales = ctx.preferences.locales(reader, user_ids)
    return {user_id: _person(chosen[user_id].values, locales[user_id]) for user_id in user_ids}


def mutes(reader: Reader, user_ids: Collection[str]) -> Mutes:
    """What these users do not want to hear through single channels; one statement."""
    rows = reader.all(queries.MUTED, users=list(user_ids))
    return {(row["user_id"], row["channel"], row["type"], row["container_id"]) for row in rows}


def _person(chosen: Mapping[str, Any], locale: Locale) -> Person:
    values = effective(chosen)
    hours = values["quiet_hours"]
    quiet = Quiet(time.fromisoformat(hours["start"]), time.fromisoformat(hours["end"]))
    habits = Habits(
        locale.timezone,
        values["notification_frequency"],
        quiet if hours["enabled"] else None,
        time.fromisoformat(values["digest_time"]),
        WEEKDAYS.index(values["digest_weekday"]),
    )
    return Person(values, locale, habits)
