"""What a plugin declares about its events, and what a subscriber receives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from marshmallow import Schema

from ..jobs.types import DEFAULT_BACKOFF, Backoff

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ..persistence.uow import UnitOfWork


class UnknownVersion(Exception):
    """A stored payload has a version that nobody here understands."""


@dataclass(frozen=True, slots=True)
class EventType:
    """A fact that a plugin announces, in the past tense.

    Arguments:
        name: `<aggregate>.<past participle>`, e.g. `task.created`.
        aggregate: the kind of thing it happened to, as the seed's `aggregate_type` shows it: `Task`.
        payload: marshmallow schema of the payload; its field names are checked at each publication.
        public: whether it may leave through `/events`, webhooks and consumers.
        version: of the payload's shape; grows when a key changes meaning.
        summary: one sentence for the reference page.
        upcast: from an old version to what makes a payload of the next one out of it.
    """

    name: str
    aggregate: str
    payload: type[Schema]
    public: bool = True
    version: int = 1
    summary: str = ""
    upcast: Mapping[int, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = field(default_factory=dict)
    _keys: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_keys", frozenset(self.payload._declared_fields))

    def check(self, payload: Mapping[str, Any]) -> None:
        """Compare a payload's keys with the schema.

        Raises:
            ValueError: a key is missing or not declared; the publisher has a defect.
        """
        if payload.keys() != self._keys:
            wrong = sorted(self._keys.symmetric_difference(payload))
            raise ValueError(f"payload of {self.name} differs from its schema in {', '.join(wrong)}")

    def current(self, event: Event, version: int) -> Event:
        """A stored event with a payload of today's version.

        Raises:
            UnknownVersion: the payload is newer than this type, or so old that nothing leads here.
        """
        payload = event.payload
        for old in range(version, self.version):
            if old not in self.upcast:
                raise UnknownVersion(
                    f"{self.name} has a payload of version {version}, and {self.version} is known"
                )
            payload = self.upcast[old](payload)
        if version > self.version:
            raise UnknownVersion(
                f"{self.name} has a payload of version {version}, and {self.version} is known"
            )
        return event if payload is event.payload else replace(event, payload=payload)


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event, as subscribers get it.

    Arguments:
        id: UUIDv7; the stable key for anything that must happen once an event.
        type: name of the event type.
        aggregate_type, aggregate_id: what it happened to.
        workspace_id, container_id: where; None outside a workspace or for workspace-wide things.
        actor_kind, user_id: who did it.
        occurred_at: business time (importers set it); recorded_at: when it was stored.
        payload: as declared; changes: `{field: {"old": …, "new": …}}` for updates.
        origin: `api`, `import` or `system`; imported events notify nobody.
    """

    id: str
    type: str
    aggregate_type: str
    aggregate_id: str
    workspace_id: str | None
    container_id: str | None
    actor_kind: str
    user_id: str | None
    occurred_at: datetime
    recorded_at: datetime
    payload: Mapping[str, Any]
    changes: Mapping[str, Any] | None
    origin: str


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who wants to hear of events, after the commit and not at once.

    Modes:
        db: `run(uow, event)`; what it writes and the end of the job are one transaction, so that the effect
            is there exactly once.
        external: `run(uow, event)` reaches out of the database (mail, HTTP). It may happen twice if the
            process dies in the middle; `event.id` is the same then.
        batch: `run(uow, events)` with up to 200 events in the order of commits; what it writes and how far
            it has come are one transaction.

    Arguments:
        name: unique within the plugin; the kernel prefixes the plugin's id.
        events: names or patterns (`task.*`).
        run: called with a unit of work in the event's workspace and the event; commits by returning.
        mode: as above.
        queue: who does it; what waits for other machines stands in a queue of its own: `mail`, `webhooks`,
            `reports`.
        ordered: whether the events of one thing wait for one another, in order; a failing one holds up the
            others of that thing. In batches everything is in order.
        max_attempts: how often it is tried before it is given up; with the default waits about five hours.
        backoff: waits in between.
        replayable: whether an operator may let it hear again of what has happened (`events replay`). Where
            nothing is said, it may, unless its mode is `external`: what left the database cannot be taken
            back.
        where: from the columns of the ledger (`workspace_id`, `type`, `public`, ...) to a condition, for who
            wants events only where a table of the plugin says so. Other events make no job. It is asked in
            one statement for up to 500 events, so an index must answer it. Not in batches.
        only: which of the types that patterns name it wants, where other plugins decide that; asked once a
            type, after `on_assembled`.

    Raises:
        ValueError: a subscriber in batches has a condition.
    """

    name: str
    events: tuple[str, ...]
    run: Callable[[UnitOfWork, Any], None]
    mode: Literal["db", "external", "batch"] = "db"
    queue: str = "default"
    ordered: bool = False
    max_attempts: int = 12
    backoff: Backoff = DEFAULT_BACKOFF
    replayable: bool | None = None
    where: Callable[[Any], ColumnElement[bool]] | None = None
    only: Callable[[str], bool] | None = None

    def __post_init__(self) -> None:
        if self.where is not None and self.mode == "batch":
            raise ValueError(f"{self.name} reads in batches, which hold all events: it cannot say `where`")

    @property
    def can_be_replayed(self) -> bool:
        """Whether it may hear again of what has happened."""
        return self.mode != "external" if self.replayable is None else self.replayable

    def wants(self, event_type: str) -> bool:
        """Whether an event of this type is for it."""
        named = any(fnmatchcase(event_type, pattern) for pattern in self.events)
        return named and (self.only is None or self.only(event_type))
