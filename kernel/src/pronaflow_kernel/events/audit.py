"""Reading the ledger as an audit trail: who did what to which thing, from where, and what changed.

Plugins get it as `ctx.audit`. Three views stand side by side, since each has an index of its own: one
workspace, as far as the caller sees into its containers; what one user did, wherever; and everything, for
administrators of the system. Nothing here asks for permissions: whoever calls has done so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import ColumnElement, String, bindparam, func, or_, select, true

from ..access.authorize import Access
from ..attribution import as_kernel
from ..errors import NotFound
from ..persistence.listing import Listing
from ..persistence.prepared import Row
from ..persistence.reader import Reader
from ..persistence.scope import SCOPE_USER, SCOPE_WORKSPACE
from ..persistence.types import Id, UtcDateTime
from ..tenancy.models import Membership
from ..tenancy.rule import unscoped
from ..web.answers import Page
from .audit_words import action_of, aggregate_of, resource_type_of, types_of
from .models import EventCaller, EventPrivate, EventRow
from .types import EventType

View = Literal["workspace", "own", "all"]
"""Which part of the ledger: the workspace of the scope, what its user did, or all of it."""

_COLUMNS = (
    "id", "type", "aggregate_type", "aggregate_id", "workspace_id", "container_id", "actor_kind", "user_id",
    "session_id", "request_id", "origin", "occurred_at", "recorded_at", "changes",
)  # fmt: skip
_WHY = "{} is read across workspaces"
_FROM = bindparam("start", type_=UtcDateTime())
_UNTIL = bindparam("end", type_=UtcDateTime())

_SEEN = (
    select(
        *(getattr(EventRow, name) for name in _COLUMNS),
        EventCaller.email.label("user_email"),
        EventCaller.ip.label("ip_address"),
        EventPrivate.data.label("private"),
    )
    .outerjoin(EventCaller, EventCaller.id == EventRow.caller_id)
    .outerjoin(EventPrivate, EventPrivate.event_id == EventRow.id)
)
_TOTALS = select(EventRow.type, EventRow.user_id, func.count().label("count")).where(
    EventRow.occurred_at >= _FROM, EventRow.occurred_at < _UNTIL
)
_BY = EventRow.type, EventRow.user_id

_OF_MEMBERS = unscoped(
    "what happens to an account happens in no workspace",
    select(EventRow.id, EventRow.type, Membership.user_id)
    .join(Membership, Membership.user_id == EventRow.aggregate_id)
    .where(
        Membership.workspace_id == SCOPE_WORKSPACE,
        EventRow.type.in_(bindparam("types", expanding=True, type_=String())),
        EventRow.occurred_at >= _FROM,
        EventRow.occurred_at < _UNTIL,
    ),
)


class AuditReads:
    """Pages, single entries, streams and totals.

    A row has `id, action, type, resource_type, resource_id, workspace_id, container_id, actor_kind, user_id,
    user_email, ip_address, changes, timestamp, summary, origin, request_id, recorded_at`. Mail and network
    address are those of the moment; both are None once the person is forgotten.

    Arguments:
        access: knows who sees which container; event_types: all by name.
    """

    def __init__(self, access: Access, event_types: Mapping[str, EventType]) -> None:
        self._access, self._types = access, event_types

    @as_kernel
    def page(self, reader: Reader, view: View, query: Mapping[str, Any]) -> Page:
        """A page, newest first.

        Arguments:
            query: of a page, with `workspace_id, user_id, action, resource_type, resource_id, start, end` as
                far as they are asked for; `end` is excluded.

        Raises:
            InvalidRequest, ValidationFailed: see `Listing.page`.
        """
        page = self._listings[view].page(reader, query, self.filters(query))
        for row in page.rows:
            self._complete(row)
        return page

    @as_kernel
    def get(self, reader: Reader, view: View, event_id: str) -> Row:
        """One entry.

        Raises:
            NotFound: there is none in this view.
        """
        row = reader.one(self._single[view], entry=event_id)
        if row is None:
            raise NotFound(f"Audit log entry {event_id} was not found")
        return self._complete(row)

    def rows(
        self, opened: Callable[[], AbstractContextManager[Reader]], view: View, query: Mapping[str, Any]
    ) -> Iterator[Row]:
        """All entries that `page` would show, newest first, for exports.

        Arguments:
            opened: opens a reader, anew for each part.
        """
        listing, filters = self._listings[view], self.filters(query)
        for row in listing.walk(opened, filters):
            yield self._complete(row)

    @as_kernel
    def totals(self, reader: Reader, start: Any, end: Any) -> list[Row]:
        """How often who did what in the scope's workspace from `start` until before `end`.

        Containers that the caller does not see are left out. Rows have `action, user_id, count`.
        """
        rows = reader.all(self._totals, start=start, end=end)
        return [{**row, "action": action_of(row["type"])} for row in rows]

    @as_kernel
    def of_members(self, reader: Reader, actions: Sequence[str], start: Any, end: Any) -> list[Row]:
        """What happened to members of the scope's workspace, former ones too, wherever it was done.

        Arguments:
            actions: only these.

        Returns:
            `id, action, user_id`: of the event, and of the member.
        """
        names = sorted({name for each in actions for name in types_of(each, self._types)})
        rows = reader.all(_OF_MEMBERS, types=names, start=start, end=end)
        return [{**row, "action": action_of(row["type"])} for row in rows]

    @as_kernel
    def visible(self, reader: Reader) -> frozenset[str] | None:
        """Ids of the containers that the caller sees in the scope's workspace; None where there are none."""
        if self._access.containers is None:
            return None
        return frozenset(next(iter(row.values())) for row in reader.all(self._containers))

    def filters(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """What a query asks for, in terms of the ledger."""
        action, kind = query.get("action"), query.get("resource_type")
        names = ("workspace_id", "user_id", "resource_id", "start", "end")
        types = types_of(action, self._types) if action else None
        return {
            **{name: query.get(name) for name in names},
            "types": types,
            "aggregate_type": aggregate_of(kind) if kind else self._shared_aggregate(types or ()),
        }

    def _shared_aggregate(self, types: Collection[str]) -> str | None:
        """What events of all these types happen to, if it is one thing: then there is an index for them."""
        found = {known.aggregate if (known := self._types.get(name)) else None for name in types}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _conditions(self) -> dict[View, ColumnElement[bool]]:
        """Built at the first request, when the owner of the containers is known."""
        here: ColumnElement[bool] = EventRow.workspace_id == SCOPE_WORKSPACE
        if self._access.containers is not None:
            seen = EventRow.container_id.in_(self._access.containers.visible(trashed=True))
            here &= or_(EventRow.container_id.is_(None), seen)
        return {"workspace": here, "own": EventRow.user_id == SCOPE_USER, "all": true()}

    @cached_property
    def _listings(self) -> dict[View, Listing]:
        return {view: _listing(_marked(view, _SEEN.where(where))) for view, where in self._conditions.items()}

    @cached_property
    def _single(self) -> dict[View, Any]:
        one = _SEEN.where(EventRow.id == bindparam("entry", type_=Id()))
        return {view: _marked(view, one.where(where)) for view, where in self._conditions.items()}

    @cached_property
    def _totals(self) -> Any:
        return _TOTALS.where(self._conditions["workspace"]).group_by(*_BY).order_by(*_BY)

    @cached_property
    def _containers(self) -> Any:
        assert self._access.containers is not None
        return self._access.containers.visible(trashed=True)

    def _complete(self, row: Row) -> Row:
        """Say it in the words of audit logs; values of a profile stand apart, to be forgotten."""
        known, private = self._types.get(row["type"]), row.pop("private") or {}
        row["changes"] = row["changes"] or private.get("changes")
        row["ip_address"] = row["ip_address"] or private.get("ip")
        row["summary"] = known.summary if known is not None else ""
        row["timestamp"] = row.pop("occurred_at")
        return worded(row)


def audit_row(row: Row) -> Row:
    """A row of the ledger that was moved into a file, in the words of audit logs.

    Arguments:
        row: as it was moved, with `user_email` and `ip_address` as far as they are known.
    """
    return worded({**row, "timestamp": row["occurred_at"]})


def worded(row: Row) -> Row:
    """A row with `action`, `resource_type` and `resource_id` from what the ledger calls them."""
    row["action"] = action_of(row["type"])
    row["resource_type"] = resource_type_of(row.pop("aggregate_type"))
    row["resource_id"] = row.pop("aggregate_id")
    return row


def _marked(view: View, statement: Any) -> Any:
    if view == "workspace":
        return statement
    return unscoped(_WHY.format("what one user did" if view == "own" else "the whole ledger"), statement)


def _listing(statement: Any) -> Listing:
    return Listing(
        statement,
        id=EventRow.id,
        filters={
            "workspace_id": EventRow.workspace_id == bindparam("workspace_id", type_=Id()),
            "user_id": EventRow.user_id == bindparam("user_id", type_=Id()),
            "resource_id": EventRow.aggregate_id == bindparam("resource_id", type_=Id()),
            "aggregate_type": EventRow.aggregate_type == bindparam("aggregate_type", type_=String()),
            "types": EventRow.type.in_(bindparam("types", expanding=True, type_=String())),
            "start": EventRow.occurred_at >= _FROM,
            "end": EventRow.occurred_at < _UNTIL,
        },
        sorts={"timestamp": EventRow.occurred_at},
        default="-timestamp",
        rare=("types", "aggregate_type"),
    )
