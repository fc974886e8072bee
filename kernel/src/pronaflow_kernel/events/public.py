"""The event log: events that may leave the installation, as far as the caller may see them.

Plugins get it as `ctx.ledger.public`. Whoever runs the workspace sees what concerns all of it; everybody sees
what happened in the containers that lists show them. Newest first by business time, or onward from a position
for those who follow: positions are given in the order of commits, so that nothing appears behind a reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema
from sqlalchemy import BigInteger, String, and_, bindparam, or_, select

from ..access.authorize import Access
from ..access.principal import Principal
from ..attribution import as_kernel
from ..errors import Conflict, InvalidRequest, NotFound
from ..persistence.listing import Listing
from ..persistence.prepared import Row
from ..persistence.reader import Reader
from ..persistence.scope import SCOPE_ROLE, SCOPE_WORKSPACE, Scope
from ..persistence.types import Id, UtcDateTime
from ..persistence.uow import UnitOfWork
from ..records.resources import Resource
from ..web.answers import Window
from .ledger import event_of
from .models import EventRow
from .selection import like
from .types import Event, EventType, UnknownVersion

_SHOWN = (
    "id",
    "position",
    "type",
    "schema_version",
    "aggregate_type",
    "aggregate_id",
    "workspace_id",
    "container_id",
    "actor_kind",
    "user_id",
    "request_id",
    "origin",
    "occurred_at",
    "recorded_at",
    "payload",
    "changes",
)
_EVENTS = select(*(getattr(EventRow, name) for name in _SHOWN)).where(
    EventRow.workspace_id == SCOPE_WORKSPACE,
    EventRow.public,
    EventRow.occurred_at >= bindparam("since", type_=UtcDateTime()),
)
_OF_ALL = and_(EventRow.container_id.is_(None), or_(SCOPE_ROLE == "owner", SCOPE_ROLE == "admin"))
_TOLD = select(EventRow.__table__).where(
    EventRow.workspace_id == SCOPE_WORKSPACE, EventRow.id == bindparam("id", type_=Id())
)

_EXACT = ("aggregate_type", "aggregate_id", "user_id", "container_id")
_FILTERS = {
    "type": EventRow.type.like(bindparam("type", type_=String()), escape="\\"),
    **{
        name: getattr(EventRow, name) == bindparam(name, type_=getattr(EventRow, name).type)
        for name in _EXACT
    },
    "from": EventRow.occurred_at >= bindparam("from", type_=UtcDateTime()),
    "to": EventRow.occurred_at < bindparam("to", type_=UtcDateTime()),
    "after_position": EventRow.position > bindparam("after_position", type_=BigInteger()),
}


class PublicEvents:
    """Windows of the event log.

    Rows have the columns of the ledger from `id` to `changes`, without what is the kernel's own affair.

    Arguments:
        access: knows who sees which container.
        types: event types by name.
    """

    def __init__(self, access: Access, types: Mapping[str, EventType]) -> None:
        self._access, self._types = access, types

    @property
    def types(self) -> list[EventType]:
        """The types of such events, by name."""
        return [type_ for _, type_ in sorted(self._types.items()) if type_.public]

    @staticmethod
    def schema(type_: EventType) -> dict[str, Any]:
        """The JSON schema of the payloads of a type."""
        return _schema(type_.payload)

    @as_kernel
    def window(self, reader: Reader, query: Mapping[str, Any], since: datetime) -> Window:
        """A part of the log of the workspace.

        Arguments:
            query: `limit` and `offset`; and as filters, where they are not None: `type` (a name or a pattern,
                `task.*`), `aggregate_type`, `aggregate_id`, `user_id`, `container_id`, `from`, `to`, and
                `after_position`, which turns the order round.
            since: nothing before this instant is shown.

        Raises:
            InvalidRequest: an offset that is too far, or one with a position.
        """
        filters = {name: query.get(name) for name in (*_EXACT, "from", "to", "after_position")}
        filters["type"] = like(query["type"]) if query.get("type") else None
        onward = query.get("after_position") is not None
        if onward and query["offset"]:
            raise InvalidRequest("Who follows by `after_position` needs no `offset`: name the last position")
        asked = {"limit": query["limit"], "offset": query["offset"], "sort": "position" if onward else None}
        # Who follows goes on until nothing is left; counting all that lies ahead would be read for nothing.
        return self._listing.window(reader, asked, filters, counted=not onward, since=since)

    @as_kernel
    def one(self, reader: Reader, event_id: str, since: datetime) -> Row:
        """One event of the log.

        Raises:
            NotFound: the log does not show it to the caller.
        """
        row = reader.one(self._one, id=event_id, since=since)
        if row is None:
            raise NotFound
        return row

    @as_kernel
    def told(self, reader: Reader, event_id: str) -> tuple[Row, Event, EventType]:
        """An event, whoever may see it: as the log shows it, as subscribers get it, and its type.

        Raises:
            NotFound: it is not in the ledger.
            UnknownVersion: nobody here understands its payload.
        """
        row = reader.one(_TOLD, id=event_id)
        if row is None:
            raise NotFound(f"Event {event_id} was not found")
        type_ = self._types.get(row["type"])
        if type_ is None:
            raise UnknownVersion(f"nobody provides the event type {row['type']}")
        return row, type_.current(event_of(row), row["schema_version"]), type_

    @as_kernel
    def shown_to(self, reader: Reader, container_id: str, people: Mapping[str, str]) -> set[str]:
        """Who of some members is shown what happens in a container, whoever asks.

        A right to enter it is not enough: as in lists, the owner of the workspace reads nothing in passing.

        Arguments:
            people: role in the workspace by user id; a few, since each costs a statement.
        """
        if self._is_shown is None:
            return set(people)
        before, found = reader.scope, set()
        try:
            for user_id, role in people.items():
                reader.enter(Scope(Principal("user", user_id), before.workspace_id, role))
                if reader.one(self._is_shown, container_id=container_id) is not None:
                    found.add(user_id)
        finally:
            reader.enter(before)
        return found

    @cached_property
    def _seen(self) -> Any:
        """Built at the first request, when the owner of the containers is known."""
        containers = self._access.containers
        inside = EventRow.container_id.is_not(None)
        return or_(_OF_ALL, inside if containers is None else EventRow.container_id.in_(containers.visible()))

    @cached_property
    def _listing(self) -> Listing:
        sorts = {"occurred_at": EventRow.occurred_at, "position": EventRow.position}
        seen = _EVENTS.where(self._seen)
        return Listing(seen, id=EventRow.id, filters=_FILTERS, sorts=sorts, default="-occurred_at")

    @cached_property
    def _one(self) -> Any:
        return _EVENTS.where(self._seen, EventRow.id == bindparam("id", type_=Id()))

    @cached_property
    def _is_shown(self) -> Any:
        """Whether the caller is shown a container; None where nobody owns containers."""
        if self._access.containers is None:
            return None
        visible = self._access.containers.visible()
        [found] = visible.selected_columns
        return visible.where(found == bindparam("container_id", type_=Id()))


@cache
def _schema(schema: type[Schema]) -> dict[str, Any]:
    converter = OpenAPIConverter("3.1.0", schema_name_resolver=lambda _: False, spec=None)  # type: ignore[arg-type]
    return dict(converter.schema2jsonschema(schema()))  # type: ignore[no-untyped-call]


def _refuse(uow: UnitOfWork, row_id: str) -> None:
    raise Conflict("What has happened stays in the ledger")


EVENT = Resource("event", EventRow, title="type", url="/api/v1/events/{id}", trash=_refuse)
"""What the kernel must know of events to find the workspace of one."""
