"""What is in the trash, as people see it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from pronaflow_kernel.api import (
    SCOPE_ROLE,
    SCOPE_USER,
    SCOPE_WORKSPACE,
    Containers,
    IdType,
    Listing,
    TrashItem,
    UtcDateTime,
)

_ITEMS = select(TrashItem.__table__).where(TrashItem.workspace_id == SCOPE_WORKSPACE)
ONE = _ITEMS.where(TrashItem.id == bindparam("id", type_=IdType()))
"""An item, whoever may see it."""

FIRST = "00000000-0000-0000-0000-000000000000"
"""Less than every id."""


class Seen:
    """The statements of what a caller sees: their own deletions, and admins of the workspace those of all.

    Nobody sees what was in a private project that they are not in, but for what they deleted themselves.

    Arguments:
        containers: who sees which; without them the workspace decides.
    """

    def __init__(self, containers: Containers | None) -> None:
        runs: ColumnElement[bool] = SCOPE_ROLE.in_(("owner", "admin"))
        if containers is not None:
            visible = TrashItem.container_id.in_(containers.visible(trashed=True))
            runs = and_(runs, or_(TrashItem.container_id.is_(None), visible))
        seen = _ITEMS.where(or_(TrashItem.deleted_by == SCOPE_USER, runs))
        self.items = _listing(seen)
        self.of_container = _listing(_ITEMS)
        self.one = seen.where(TrashItem.id == bindparam("id", type_=IdType()))
        before = seen.where(TrashItem.deleted_at <= bindparam("before", type_=UtcDateTime()))
        self.count = before.with_only_columns(func.count())
        self.some = (
            before.where(TrashItem.id > bindparam("after", type_=IdType()))
            .order_by(TrashItem.id)
            .limit(bindparam("most"))
        )


def _listing(statement: Any) -> Listing:
    return Listing(
        statement,
        id=TrashItem.id,
        filters={
            "resource_type": TrashItem.resource_type == bindparam("resource_type"),
            "deleted_by": TrashItem.deleted_by == bindparam("deleted_by", type_=IdType()),
            "container_id": TrashItem.container_id == bindparam("container_id", type_=IdType()),
            "search": func.lower(TrashItem.title).like(bindparam("search"), escape="\\"),
        },
        sorts={
            "deleted_at": TrashItem.deleted_at,
            "expires_at": TrashItem.expires_at,
            "resource_name": TrashItem.title,
        },
        default="-deleted_at",
    )
