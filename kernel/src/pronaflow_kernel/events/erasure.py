"""Forgetting a person in the ledger: what happened stays, whom it names by more than an id goes.

Personal values stand in `core__event_private`, apart from the events, and are removed there. Two things hold
words in the events themselves: all that happened in a workspace which goes with its only member, and the name
that the kernel gives to somebody's first workspace, which is made of the user name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, delete, or_, select, update

from ..identity.names import normal
from ..persistence.types import Id, Json
from ..persistence.uow import Reader, Row, UnitOfWork
from ..tenancy.rule import unscoped
from .immutable import opened
from .models import EventPrivate, EventRow

_WHY = "a person is forgotten in all workspaces"
_USER = bindparam("user_id", type_=Id())
_PLACES = bindparam("places", expanding=True, type_=Id())

_ABOUT = or_(EventRow.aggregate_id == _USER, cast(EventRow.payload, Text).like(bindparam("mention")))
_KEPT = unscoped(
    _WHY,
    select(EventRow.type, EventRow.occurred_at, EventPrivate.data)
    .join(EventRow, EventRow.id == EventPrivate.event_id)
    .where(or_(EventPrivate.user_id == _USER, _ABOUT))
    .order_by(EventRow.seq),
)
_TOLD = select(EventRow.id).where(EventRow.id == EventPrivate.event_id, _ABOUT).correlate(EventPrivate)
_FORGET = unscoped(_WHY, delete(EventPrivate).where(or_(EventPrivate.user_id == _USER, _TOLD.exists())))
_WITH_ADDRESS = select(EventPrivate.event_id, EventPrivate.data).where(
    cast(EventPrivate.data, Text).like("%@%")
)
_FORGET_ONE = delete(EventPrivate).where(EventPrivate.event_id == bindparam("event", type_=Id()))
_FORGET_PLACES = unscoped(
    _WHY,
    delete(EventPrivate).where(
        EventPrivate.event_id.in_(select(EventRow.id).where(EventRow.workspace_id.in_(_PLACES)))
    ),
)
_EMPTY = unscoped(
    _WHY,
    update(EventRow)
    .where(EventRow.workspace_id.in_(_PLACES))
    .values(payload=bindparam("nothing", type_=Json()), changes=None),
)
_OF_WORKSPACES = unscoped(
    _WHY,
    select(EventRow.seq, EventRow.payload, EventRow.changes).where(
        EventRow.aggregate_type == "Workspace", EventRow.aggregate_id.in_(_PLACES)
    ),
)
_REWRITE = unscoped(
    _WHY,
    update(EventRow)
    .where(EventRow.seq == bindparam("number", type_=BigInteger()))
    .values(payload=bindparam("told", type_=Json()), changes=bindparam("changed", type_=Json())),
)


def personal_values(reader: Reader, user_id: str) -> list[Row]:
    """The personal values that stand beside events of a user or about them: `type, occurred_at, data`."""
    return reader.all(_KEPT, user_id=user_id, mention=f"%{user_id}%")


def forget_person(uow: UnitOfWork, user_id: str, email: str) -> None:
    """Remove the personal values of a user, also those that stand beside what others did.

    Arguments:
        email: whose invitations tell it, although nobody had an account with it then.
    """
    uow.execute(_FORGET, user_id=user_id, mention=f"%{user_id}%")
    for row in uow.all(_WITH_ADDRESS):
        if any(normal(value) == normal(email) for value in _texts(row["data"])):
            uow.execute(_FORGET_ONE, event=row["event_id"])


def forget_words(uow: UnitOfWork, workspace_ids: Collection[str]) -> None:
    """Leave of all that happened in workspaces only what, who and when."""
    uow.execute(_FORGET_PLACES, places=list(workspace_ids))
    with opened(uow):
        uow.execute(_EMPTY, places=list(workspace_ids), nothing={})


def replace_names(uow: UnitOfWork, workspace_ids: Collection[str], names: Collection[str], by: str) -> None:
    """Write another name where events of workspaces tell one of these."""
    with opened(uow):
        for row in uow.all(_OF_WORKSPACES, places=list(workspace_ids)):
            told, changed = (_replaced(row[part], names, by) for part in ("payload", "changes"))
            if (told, changed) != (row["payload"], row["changes"]):
                uow.execute(_REWRITE, number=row["seq"], told=told, changed=changed)


def _texts(value: Any) -> list[str]:
    """All texts in JSON data."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]


def _replaced(value: Any, names: Collection[str], by: str) -> Any:
    if isinstance(value, str):
        return by if value in names else value
    if isinstance(value, Mapping):
        return {key: _replaced(inner, names, by) for key, inner in value.items()}
    return [_replaced(inner, names, by) for inner in value] if isinstance(value, list) else value
