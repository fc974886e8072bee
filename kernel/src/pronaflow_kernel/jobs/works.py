"""What is done in the background: every subscriber and job type of what runs, under its full name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..events.types import Subscriber
from .enqueue import RELAYED
from .types import JobType

CORE = "core"
"""Stands where the id of a plugin would, for the kernel's own work."""


@dataclass(frozen=True)
class Work:
    """A kind of background work.

    Arguments:
        plugin_id: whose it is.
        does: what is to be done.
    """

    plugin_id: str
    does: Subscriber | JobType

    @property
    def kind(self) -> str:
        """Its full name, e.g. `tasks.notify_assignee`."""
        return f"{self.plugin_id}.{self.does.name}"

    @property
    def shown(self) -> str:
        """As it is counted and logged."""
        return f"{'subscriber' if isinstance(self.does, Subscriber) else 'job'} {self.does.name}"


class Works:
    """All of it.

    Arguments:
        works: in order of start.
    """

    def __init__(self, works: Iterable[Work]) -> None:
        self._works = list(works)
        self._wanting: dict[str, list[tuple[str, Subscriber]]] = {}

    @cached_property
    def by_kind(self) -> dict[str, Work]:
        """By full name."""
        return {work.kind: work for work in self._works}

    @cached_property
    def job_types(self) -> dict[str, JobType]:
        """The job types among them, by full name."""
        return {kind: work.does for kind, work in self.by_kind.items() if isinstance(work.does, JobType)}

    @cached_property
    def readers(self) -> list[Work]:
        """Those that read in batches."""
        return [work for work in self._works if work.does.mode == "batch"]

    @cached_property
    def queues(self) -> list[str]:
        """Every queue that somebody hands work in to."""
        return sorted({RELAYED, *(work.does.queue for work in self._works)})

    def wants(self, event_type: str) -> list[tuple[str, Subscriber]]:
        """Plugin ids and subscribers that want events of a type."""
        found = self._wanting.get(event_type)
        if found is None:
            each = ((work.plugin_id, work.does) for work in self._works)
            found = [(i, does) for i, does in each if isinstance(does, Subscriber) and does.wants(event_type)]
            self._wanting[event_type] = found
        return found
