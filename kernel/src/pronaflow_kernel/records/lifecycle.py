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

from ..attribution import as_kernel, attributed
from ..errors import Conflict, NotFound
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id
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

_CONTAINED = delete(TrashItem).where(
    TrashItem.workspace_id == SCOPE_WORKSPACE, TrashItem.container_id == bindparam("container", type_=Id())
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

    `discard` and `recover` are for whoever wants it done: they do what the owner of the resource type means
    by it. `put` and `restore` are the owner's own means: they move the record and nothing else.

    Arguments:
        resources: all resource types by name; owners: the plugins that bring them.
    """

    def __init__(self, resources: Mapping[str, Resource], owners: Mapping[str, str]) -> None:
        self._resources = resources
        self._owners = owners

    def discard(self, uow: UnitOfWork, resource: str, resource_id: str) -> None:
        """Move a record to the trash as a DELETE on it does, with the rules and events of its owner.

        Raises:
            NotFound: it is not in this workspace, or in the trash already, or its plugin is off here.
            KernelError: the owner refuses.
        """
        kind = self._present(uow, resource)
        if kind.trash is None:
            self.put(uow, resource, uow.get(kind.model, resource_id))
        else:
            attributed(self._owners.get(resource), kind.trash)(uow, resource_id)

    def recover(self, uow: UnitOfWork, resource: str, resource_id: str) -> None:
        """Bring a record back from the trash, with the rules and events of its owner.

        Raises:
            NotFound: it is not in this workspace, or its plugin is off here.
            Conflict: it is not in the trash, cannot come back, or has been there for too long.
            KernelError: the owner refuses.
        """
        kind = self._present(uow, resource)
        if kind.restore is None:
            self.restore(uow, resource, resource_id)
        else:
            attributed(self._owners.get(resource), kind.restore)(uow, resource_id)

    def _present(self, uow: UnitOfWork, resource: str) -> Resource:
        """The resource type, where its plugin is on: elsewhere its records are as if they did not exist."""
        owner, workspace_id = self._owners.get(resource), uow.scope.workspace_id
        if owner is not None and workspace_id is not None and not uow.is_on(owner, workspace_id):
            raise NotFound
        return self._resources[resource]

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
        if not kind.keeps_trash:
            raise Conflict(f"A deleted {resource} cannot be brought back")
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
        row = uow.get(kind.model, resource_id, trashed=True)
        if kind.purge is not None:
            attributed(self._owners.get(resource), kind.purge)(uow, row)
        uow.remove(kind.model, row)
        uow.remove(TrashItem, item)
        # What was inside it has gone with it by its keys, also where nobody knows its resource type now.
        uow.execute(_CONTAINED, container=resource_id)
        for each in self._resources.values():
            uow.execute(_without_record(each))
