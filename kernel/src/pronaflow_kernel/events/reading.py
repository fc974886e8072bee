"""Reading the ledger: what happened in a workspace, in one container, or to one thing, newest first.

Plugins get it as `ctx.ledger`; activity feeds and audit logs are made of it. Business time decides the order,
so that an imported history stands where it belongs. Nothing here asks for permissions: the route has done so.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import String, bindparam, or_, select, true

from ..access.authorize import Access
from ..attribution import as_kernel
from ..identity.models import User
from ..persistence.listing import Listing
from ..persistence.prepared import Row
from ..persistence.reader import Reader
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id, UtcDateTime
from ..web.answers import Page
from .models import EventRow
from .public import PublicEvents
from .selection import like
from .types import EventType

_SHOWN = (
    "id",
    "type",
    "aggregate_type",
    "aggregate_id",
    "container_id",
    "actor_kind",
    "user_id",
    "session_id",
    "request_id",
    "origin",
    "occurred_at",
    "recorded_at",
    "payload",
    "changes",
)

_ENTRIES = (
    select(
        *(getattr(EventRow, name) for name in _SHOWN),
        User.username.label("actor_username"),
        User.full_name.label("actor_full_name"),
    )
    .select_from(EventRow.__table__.outerjoin(User, User.id == EventRow.user_id))
    .where(EventRow.workspace_id == SCOPE_WORKSPACE)
)

_TITLES = ("title", "name", "key")
"""Keys of payloads that say what the thing is called, the best one first."""


def _listing(scope: Any) -> Listing:
    return Listing(
        _ENTRIES.where(scope),
        id=EventRow.id,
        filters={
            "type": EventRow.type.like(bindparam("type", type_=String()), escape="\\"),
            "actor_id": EventRow.user_id == bindparam("actor_id", type_=Id()),
            "from": EventRow.occurred_at >= bindparam("from", type_=UtcDateTime()),
            "to": EventRow.occurred_at < bindparam("to", type_=UtcDateTime()),
            "public": EventRow.public == bindparam("public"),
        },
        sorts={"occurred_at": EventRow.occurred_at},
        default="-occurred_at",
    )


_IN_CONTAINER = _listing(EventRow.container_id == bindparam("container_id", type_=Id()))
_ABOUT = _listing(
    (EventRow.aggregate_type == bindparam("aggregate_type", type_=String()))
    & (EventRow.aggregate_id == bindparam("aggregate_id", type_=Id()))
)


class LedgerReads:
    """Pages of the ledger.

    All methods take `query`, loaded by `LedgerQuery` or a schema that extends it, and `public`: whether only
    events that may leave the installation are meant. Each row has the keys of `LedgerEntryOut`, and further
    `session_id`, `request_id`, `recorded_at` and `payload` as it was stored.

    Arguments:
        access: knows who sees which container.
        event_types: by name; they say what happened in a sentence.
    """

    def __init__(self, access: Access, event_types: Mapping[str, EventType]) -> None:
        self._access = access
        self._types = event_types
        self.public = PublicEvents(access, event_types)
        """The event log, of what may leave the installation."""

    @property
    def types(self) -> Mapping[str, EventType]:
        """All event types by name, those of the kernel and of every plugin that is here."""
        return self._types

    @as_kernel
    def in_workspace(self, reader: Reader, query: Mapping[str, Any], *, public: bool = False) -> Page:
        """What happened in the workspace, and in those of its containers that the caller sees in lists.

        Raises:
            InvalidRequest, ValidationFailed: see `Listing.page`.
        """
        return self._page(self._in_workspace, reader, query, public)

    @as_kernel
    def in_container(
        self, reader: Reader, container_id: str, query: Mapping[str, Any], *, public: bool = False
    ) -> Page:
        """What happened in a container.

        Raises:
            InvalidRequest, ValidationFailed: see `Listing.page`.
        """
        return self._page(_IN_CONTAINER, reader, query, public, container_id=container_id)

    @as_kernel
    def about(
        self,
        reader: Reader,
        aggregate_type: str,
        aggregate_id: str,
        query: Mapping[str, Any],
        *,
        public: bool = False,
    ) -> Page:
        """What happened to one thing.

        Arguments:
            aggregate_type: as its event types say: `Project`.

        Raises:
            InvalidRequest, ValidationFailed: see `Listing.page`.
        """
        about = {"aggregate_type": aggregate_type, "aggregate_id": aggregate_id}
        return self._page(_ABOUT, reader, query, public, **about)

    @cached_property
    def _in_workspace(self) -> Listing:
        """Built at the first request, when the owner of the containers is known."""
        nowhere, containers = EventRow.container_id.is_(None), self._access.containers
        if containers is None:
            return _listing(true())
        return _listing(or_(nowhere, EventRow.container_id.in_(containers.visible())))

    def _page(
        self, listing: Listing, reader: Reader, query: Mapping[str, Any], public: bool, **params: Any
    ) -> Page:
        filters = {name: query.get(name) for name in ("actor_id", "from", "to")}
        filters["type"] = like(query["type"].lower()) if query.get("type") else None
        page = listing.page(reader, query, {**filters, "public": public or None}, **params)
        for row in page.rows:
            self._complete(row)
        return page

    def _complete(self, row: Row) -> None:
        """Say in words what happened, to what, and by whom."""
        known = self._types.get(row["type"])
        row["summary"] = known.summary if known is not None else ""
        row["title"] = next((row["payload"][key] for key in _TITLES if row["payload"].get(key)), None)
        person = {name: row.pop(f"actor_{name}") for name in ("username", "full_name")}
        row["actor"] = None if row["user_id"] is None else {"user_id": row["user_id"], **person}
