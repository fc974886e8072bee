"""Trash and restore, one implementation for every resource type.

DELETE on a resource and a POST to the trash are the same act. A record in the trash keeps its row with
`lifecycle = "trashed"`; what is inside it is not rewritten but hidden through its container.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, exists, select

from ..attribution import as_kernel
from ..errors import Conflict, NotFound
from ..persistence.scope import SCOPE_WORKSPACE
from .models import TrashItem
from .resources import Resource

if TYPE_CHECKING:
    from ..persistence.uow import Row, UnitOfWork

RETENTION = timedelta(days=30)
"""How long a record can be brought back (modules.md 2.3 rule 3, 3.6)."""

_ITEM = select(TrashItem.__table__).where(
    TrashItem.workspace_id == SCOPE_WORKSPACE,
    TrashItem.resource_type == bindparam("resource_type"),
    TrashItem.resource_id == bindparam("resource_id"),
)


@cache
def _without_record(kind: Resource) -> Any:
    """Removes the items of records that are gone, e.g. those of the tasks of a purged project."""
    table = kind.model.__table__
    record = exists().where(table.c.workspace_id == SCOPE_WORKSPACE, table.c.id == TrashItem.resource_id)
    return delete(TrashItem).where(
        TrashItem.workspace_id == SCOPE_WORKSPACE, TrashItem.resource_type == kind.name, ~record
    )


class Trash:
    """Moves records to the trash and back.

    Arguments:
        resources: all resource types by name.
    """

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources

    @as_kernel
    def put(self, uow: UnitOfWork, resource: str, row: Row) -> Row:
        """Move a loaded record to the trash; the answer is the row as it is now.

        Raises:
            StaleRow: it changed meanwhile.
        """
        kind = self._resources[resource]
        update = uow.update(kind.model, row, {"lifecycle": "trashed"})
        uow.insert(
            TrashItem,
            {
                "resource_type": resource,
                "resource_id": row["id"],
                "container_id": row[kind.container] if kind.container else None,
                "title": str(row[kind.title])[:300],
                "lifecycle_before": row["lifecycle"],
                "deleted_by": uow.scope.principal.user_id,
                "deleted_at": uow.now,
                "expires_at": uow.now + RETENTION,
            },
        )
        return update.row

    @as_kernel
    def restore(self, uow: UnitOfWork, resource: str, resource_id: str) -> Row:
        """Bring a record back to where it was; the answer is the row as it is now.

        Raises:
            NotFound: it is not in this workspace.
            Conflict: it is not in the trash, or has been for longer than `RETENTION`.
        """
        kind = self._resources[resource]
        item = uow.one(_ITEM, resource_type=resource, resource_id=resource_id)
        row = uow.get(kind.model, resource_id, trashed=True)
        if item is None:
            raise Conflict(f"The {resource} is not in the trash")
        if item["expires_at"] <= uow.now:
            raise Conflict(f"The {resource} was in the trash for more than {RETENTION.days} days")
        update = uow.update(kind.model, row, {"lifecycle": item["lifecycle_before"]})
        uow.remove(TrashItem, item)
        return update.row

    @as_kernel
    def purge(self, uow: UnitOfWork, resource: str, resource_id: str) -> None:
        """Delete a trashed record for good.

        Raises:
            NotFound: it is not in the trash of this workspace.
        """
        item = uow.one(_ITEM, resource_type=resource, resource_id=resource_id)
        if item is None:
            raise NotFound(f"The {resource} is not in the trash")
        kind = self._resources[resource]
        uow.remove(kind.model, uow.get(kind.model, resource_id, trashed=True))
        uow.remove(TrashItem, item)
        for each in self._resources.values():  # what was inside it goes with it by its keys
            uow.execute(_without_record(each))
