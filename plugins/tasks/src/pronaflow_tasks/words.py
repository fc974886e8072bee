"""The words for status and priority, in their natural order, and what else callers may write for them.

Stored as small numbers, so that the database sorts by rank, not by alphabet; everywhere else they are words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import SmallInteger
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

STATUSES = ("backlog", "todo", "in_progress", "in_review", "blocked", "completed", "cancelled")
"""Statuses of a task (modules.md 4.3)."""

STATUS_ALIASES: Mapping[str, str] = {
    "to_do": "todo",
    "not_started": "todo",
    "new": "todo",
    "open": "todo",
    "doing": "in_progress",
    "active": "in_progress",
    "review": "in_review",
    "waiting": "blocked",
    "done": "completed",
    "closed": "completed",
    "canceled": "cancelled",
}

CLOSED = ("completed", "cancelled")
"""Statuses in which nothing more is to be done."""

PRIORITIES = ("low", "medium", "high", "critical")

PRIORITY_ALIASES: Mapping[str, str] = {"urgent": "critical", "normal": "medium"}


class Statuses:
    """Fulfils projects' Protocol `TaskStatuses`."""

    def meanings(self) -> Mapping[str, str]:
        """What a status may be called, to its proper name."""
        return {**{status: status for status in STATUSES}, **STATUS_ALIASES}

    def closed(self) -> Sequence[str]:
        """`CLOSED`."""
        return CLOSED


class Ranked(TypeDecorator[str]):
    """One of a few words, stored as its rank: 10, 20, …, so that others fit between.

    Arguments:
        words: in their natural order.
    """

    impl = SmallInteger
    cache_ok = True

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__()
        self.words = words

    @property
    def python_type(self) -> type[Any]:
        """Words, also in a list's cursor."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        """The word's rank.

        Raises:
            ValueError: it is none of the words.
        """
        return None if value is None else 10 * (self.words.index(value) + 1)

    def process_literal_param(self, value: str | None, dialect: Dialect) -> str:
        """The rank, as it stands in an index's condition."""
        return str(self.process_bind_param(value, dialect))

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        """The word of a rank."""
        return None if value is None else self.words[value // 10 - 1]
