"""Resource types: what the kernel must know of a plugin's records to authorize, trash and find them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, select

from ..persistence.base import Model
from ..persistence.scope import SCOPE_USER
from ..persistence.types import Id
from ..tenancy.models import Membership, Workspace
from ..tenancy.rule import unscoped


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of record that can be named in a path, trashed, restored and searched.

    Arguments:
        name: singular, lower case: `task`.
        model: its table class; has the columns of `Record`.
        title: name of the column that a person recognises it by.
        container: name of the column with the container's id (`project_id`; `id` for a container itself);
            None where the workspace alone decides.
        url: path of the resource with `{id}`.
    """

    name: str
    model: type[Model]
    title: str
    container: str | None = None
    url: str = ""


@cache
def locate_statement(resource: Resource) -> Any:
    """Where a record lives, and the caller's role there: one row or none.

    Columns: workspace_id, container_id, lifecycle, role (NULL for a stranger).
    """
    table = resource.model.__table__
    workspace, member = Workspace.__table__, Membership.__table__
    container = table.c[resource.container] if resource.container else table.c.workspace_id
    statement = (
        select(
            workspace.c.id.label("workspace_id"),
            container.label("container_id"),
            member.c.role,
        )
        .select_from(table)
        .join(workspace, workspace.c.id == table.c.workspace_id)
        .outerjoin(
            member,
            and_(
                member.c.workspace_id == workspace.c.id,
                member.c.user_id == SCOPE_USER,
                member.c.is_active,
            ),
        )
        .where(table.c.id == bindparam("id", type_=Id()), workspace.c.lifecycle == "active")
    )
    return unscoped("an id in a path tells the workspace; the membership is read beside it", statement)
