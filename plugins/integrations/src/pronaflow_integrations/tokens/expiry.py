"""When a token ends: at an instant, or with a day (UTC), which is sent and shown as a bare date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pronaflow_kernel.api import invalid

LONGEST = timedelta(days=365)
"""The longest life, and that of a token where nobody says (first seed, "Token Expiration & Refresh")."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of a token.

    Arguments:
        at: the first instant at which the token is no good any more.
        text: as it is shown.
    """

    at: datetime
    text: str


def expiry_of(asked: datetime | date | None, now: datetime) -> Expiry:
    """The end that somebody asks for; a year from now where they do not say.

    Raises:
        ValidationFailed: it has passed, or is more than 365 days away.
    """
    if asked is None:
        return _at_instant(now + LONGEST)
    if isinstance(asked, datetime):
        _refuse(asked <= now, asked > now + LONGEST)
        return _at_instant(asked)
    today = now.astimezone(UTC).date()
    _refuse(asked < today, asked > today + LONGEST)
    return Expiry(datetime.combine(asked, time(tzinfo=UTC)) + _DAY, asked.isoformat())


def _at_instant(at: datetime) -> Expiry:
    return Expiry(at, at.astimezone(UTC).isoformat().replace("+00:00", "Z"))


def _refuse(past: bool, far: bool) -> None:
    if past:
        raise invalid("expires_at", "It has passed already: name a time to come.", "past")
    if far:
        raise invalid("expires_at", f"At most {LONGEST.days} days from now.", "too_far")
