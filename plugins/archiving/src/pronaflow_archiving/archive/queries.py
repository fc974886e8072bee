"""The list of what is in the archive, for each resource type that can be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, exists, literal, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, ArchiveEntry, Containers, Listing, Resource


def archived(kind: Resource, containers: Containers | None) -> Listing:
    """Those of one resource type that the caller sees, by when they went there.

    Arguments:
        containers: who sees which; without them the workspace decides.
    """
    table: Any = kind.model.__table__
    entry, later = ArchiveEntry.__table__.alias("entry"), ArchiveEntry.__table__.alias("later")
    about = and_(
        entry.c.workspace_id == table.c.workspace_id,
        entry.c.resource_id == table.c.id,
        entry.c.action == "archived",
        ~exists().where(
            later.c.workspace_id == entry.c.workspace_id,
            later.c.resource_id == entry.c.resource_id,
            later.c.id > entry.c.id,
        ),
    )
    statement = (
        select(
            table.c.id,
            literal(kind.name).label("resource_type"),
            table.c[kind.title].label("resource_name"),
            entry.c.at.label("archived_at"),
            entry.c.performed_by.label("archived_by"),
            entry.c.reason,
        )
        .select_from(table.join(entry, about))
        .where(table.c.workspace_id == SCOPE_WORKSPACE, table.c.lifecycle == "archived")
    )
    if containers is not None:
        statement = statement.where(table.c.id.in_(containers.visible()))
    return Listing(
        statement,
        id=table.c.id,
        sorts={"archived_at": entry.c.at, "resource_name": table.c[kind.title]},
        default="-archived_at",
    )
