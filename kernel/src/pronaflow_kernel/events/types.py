"""What a plugin declares about its events, and what a subscriber receives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

if TYPE_CHECKING:
    from ..persistence.uow import UnitOfWork


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
    """

    name: str
    aggregate: str
    payload: type[Schema]
    public: bool = True
    version: int = 1
    summary: str = ""
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
    """Who wants to hear of events.

    Arguments:
        name: unique within the plugin; the kernel prefixes the plugin's id.
        events: names or patterns (`task.*`).
        run: called with a unit of work in the event's workspace and the event; commits by returning.
    """

    name: str
    events: tuple[str, ...]
    run: Callable[[UnitOfWork, Event], None]

    def wants(self, event_type: str) -> bool:
        """Whether an event of this type is for it."""
        return any(fnmatchcase(event_type, pattern) for pattern in self.events)
