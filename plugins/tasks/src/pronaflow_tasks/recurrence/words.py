"""The words of recurrence rules, and what else callers may write for them."""

from __future__ import annotations

from collections.abc import Mapping

PATTERNS = ("daily", "weekly", "monthly", "yearly", "custom")
"""How a task comes again (modules.md 4.6)."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of the week."""

_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

WEEKDAY_ALIASES: Mapping[str, str] = {
    alias: day for number, day in enumerate(WEEKDAYS) for alias in (str(number), day[:2], _LONG[number])
}
"""Also `0` (Monday) to `6`, `mo` to `su`, and the names in full."""

APPLY_TO = ("this", "future")
"""What an edit of a task that repeats is for: it alone, or also for those to come."""
