"""Prebuilt statements on saved views."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, bindparam, case, false, func, or_, select, update

from pronaflow_kernel.api import SCOPE_USER, SCOPE_WORKSPACE, Containers, IdType, Listing, Row, UtcDateTime

from .models import SavedView

_MINE = SavedView.user_id == SCOPE_USER
_COLUMNS = [column for column in SavedView.__table__.c if column.name != "is_default"]

OWN_COUNT = (
    select(func.count(), func.max(SavedView.position))
    .select_from(SavedView)
    .where(SavedView.workspace_id == SCOPE_WORKSPACE, _MINE)
)
"""How many views the caller has in the workspace, and the last position."""

CLEAR_DEFAULT = (
    update(SavedView)
    .where(
        SavedView.workspace_id == SCOPE_WORKSPACE,
        SavedView.user_id == bindparam("owner", type_=IdType()),
        SavedView.resource == bindparam("of", type_=String()),
        SavedView.id != bindparam("but", type_=IdType()),
        SavedView.is_default,
    )
    .values(
        is_default=False,
        version=SavedView.version + 1,
        updated_at=bindparam("moment", type_=UtcDateTime()),
    )
)
"""Of the views that somebody has of a list one is the default."""


class ViewQueries:
    """Statements that hide what is about a container which the caller does not see.

    Arguments:
        containers: decides who sees them; None where there are none, and then the workspace alone decides.
    """

    def __init__(self, containers: Containers | None) -> None:
        about = SavedView.container_id
        seen: Any = or_(about.is_(None), about.in_(containers.visible())) if containers else SavedView.shared
        statement = select(
            *_COLUMNS, case((_MINE, SavedView.is_default), else_=false()).label("is_default")
        ).where(SavedView.workspace_id == SCOPE_WORKSPACE, or_(_MINE, and_(SavedView.shared, seen)))
        self.one = statement.where(SavedView.id == bindparam("id", type_=IdType()))
        self.all = Listing(
            statement,
            id=SavedView.id,
            filters={
                "resource": SavedView.resource == bindparam("resource"),
                "shared": SavedView.shared == bindparam("shared"),
                "project_id": SavedView.container_id == bindparam("project_id", type_=IdType()),
            },
            sorts={
                "position": SavedView.position,
                "name": func.lower(SavedView.name),
                "created_at": SavedView.created_at,
                "updated_at": SavedView.updated_at,
            },
            default="position",
        )


def shown(row: Row, user_id: str | None) -> Row:
    """A row as its reader sees it: what somebody begins with is nobody else's business."""
    return {**row, "is_default": row["is_default"] and row["user_id"] == user_id}
