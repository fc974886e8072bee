"""How many tasks a project has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks a project has, trashed ones left out."""

    total: int = 0
    completed: int = 0
    cancelled: int = 0

    @property
    def open(self) -> int:
        """Neither completed nor cancelled."""
        return self.total - self.completed - self.cancelled

    @property
    def progress(self) -> int:
        """Percent of the tasks not cancelled that are completed (modules.md 3.6)."""
        counted = self.total - self.cancelled
        return 100 * self.completed // counted if counted else 0
