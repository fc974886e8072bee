"""Spans of time as the seed names them: `start_date` counts, and a bare `end_date` with its whole day.

An `end_date` with a time is excluded (modules.md, section 8 item 10).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import marshmallow as ma

from pronaflow_kernel.api import Moment, Problem, ValidationFailed

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Until(Moment):
    """The first instant that does not count any more: the one that was sent, or the end of a bare date."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        instant: datetime = super()._deserialize(value, attr, data, **kwargs)
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            return instant
        try:
            return instant + timedelta(days=1)
        except OverflowError:
            raise ma.ValidationError("Is the last day of the calendar.") from None


def check_span(start: datetime | None, end: datetime | None, most: timedelta | None = None) -> None:
    """Refuse a span in which nothing can be, or that is too long.

    Raises:
        ValidationFailed: with the field `end_date`.
    """
    if start is None or end is None:
        return
    if end <= start:
        raise ValidationFailed([Problem("end_date", "Does not lie after start_date.", "reversed")])
    if most is not None and end - start > most:
        words = f"Lies more than {most.days} days after start_date: ask for parts."
        raise ValidationFailed([Problem("end_date", words, "too_long")])
