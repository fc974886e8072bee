"""What is done in the background: every subscriber and job type of the running plugins, under its full name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from .jobs import JobType
from .types import Subscriber


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
    def readers(self) -> list[Work]:
        """Those that read in batches."""
        return [work for work in self._works if work.does.mode == "batch"]

    @cached_property
    def queues(self) -> list[str]:
        """Every queue that somebody hands work in to."""
        return sorted(
            {"default", *(work.does.queue for work in self._works if isinstance(work.does, JobType))}
        )

    def wants(self, event_type: str) -> list[tuple[str, Subscriber]]:
        """Plugin ids and subscribers that want events of a type."""
        found = self._wanting.get(event_type)
        if found is None:
            each = ((work.plugin_id, work.does) for work in self._works)
            found = [(i, does) for i, does in each if isinstance(does, Subscriber) and does.wants(event_type)]
            self._wanting[event_type] = found
        return found
