"""Trash and restore, one implementation for every resource type.

DELETE on a resource and a POST to the trash are the same act. A record in the trash keeps its row with
`lifecycle = "trashed"`; what is inside it is not rewritten but hidden through its container.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, delete, exists, select

from ..attribution import as_kernel, attributed
from ..errors import Conflict, NotFound
from ..events.types import EventType
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id, UtcDateTime
from .models import ArchiveEntry, TrashItem
from .policy import RETENTION as RETENTION
from .policy import TrashPolicy
from .resources import Resource

if TYPE_CHECKING:
    from ..persistence.uow import Reader, Row, UnitOfWork

log = logging.getLogger("pronaflow.trash")

_ITEM = select(TrashItem.__table__).where(
    TrashItem.workspace_id == SCOPE_WORKSPACE,
    TrashItem.resource_type == bindparam("resource_type"),
    TrashItem.resource_id == bindparam("resource_id"),
)

_AMONG = select(TrashItem.__table__).where(
    TrashItem.workspace_id == SCOPE_WORKSPACE,
    TrashItem.resource_id.in_(bindparam("ids", type_=Id(), expanding=True)),
)

_EXPIRED = (
    select(TrashItem.__table__)
    .where(
        TrashItem.workspace_id == SCOPE_WORKSPACE,
        TrashItem.expires_at <= bindparam("before", type_=UtcDateTime()),
        TrashItem.id > bindparam("after", type_=Id()),
    )
    .order_by(TrashItem.id)
    .limit(bindparam("most"))
)

_EMPTIED = delete(TrashItem).where(
    TrashItem.workspace_id == SCOPE_WORKSPACE, TrashItem.id.in_(bindparam("ids", type_=Id(), expanding=True))
)

_CONTAINED = delete(TrashItem).where(
    TrashItem.workspace_id == SCOPE_WORKSPACE,
    TrashItem.container_id.in_(bindparam("containers", type_=Id(), expanding=True)),
)


@cache
def _without_record(kind: Resource, model: Any) -> Any:
    """Removes rows about records that are gone, e.g. the items of the tasks of a purged project."""
    table = kind.model.__table__
    record = exists().where(table.c.workspace_id == SCOPE_WORKSPACE, table.c.id == model.resource_id)
    return delete(model).where(
        model.workspace_id == SCOPE_WORKSPACE, model.resource_type == kind.name, ~record
    )


@cache
def _titles(kind: Resource) -> Any:
    table = kind.model.__table__
    return select(table.c.id, table.c[kind.title].label("title")).where(
        table.c.workspace_id == SCOPE_WORKSPACE, table.c.id.in_(bindparam("ids", type_=Id(), expanding=True))
    )


class Trash:
    """Moves records to the trash and back.

    `discard` and `recover` are for whoever wants it done: they do what the owner of the resource type means
    by it. `put` and `restore` are the owner's own means: they move the record and nothing else.

    Arguments:
        resources: all resource types by name; owners: the plugins that bring them.
        purged: the events that a record is gone for good, by resource type.
        policy: what the workspace of a reader decides about its trash.
        active: from a plugin's id and a workspace to whether it is on there.
    """

    def __init__(
        self,
        resources: Mapping[str, Resource],
        owners: Mapping[str, str],
        purged: Mapping[str, EventType] | None = None,
        policy: Callable[[Reader], TrashPolicy] = lambda reader: TrashPolicy(),
        active: Callable[[str, str | None], bool] = lambda plugin_id, workspace_id: True,
    ) -> None:
        self._resources = resources
        self._owners = owners
        self._purged = {} if purged is None else purged
        self._policy = policy
        self._active = active
        self._policies: WeakKeyDictionary[Reader, TrashPolicy] = WeakKeyDictionary()

    def kinds(self, reader: Reader) -> dict[str, Resource]:
        """The resource types of which records can be in the trash of the reader's workspace, by name."""
        return {
            name: kind
            for name, kind in self._resources.items()
            if kind.keeps_trash and self._is_on(reader, name)
        }

    def kind(self, reader: Reader, resource: str) -> Resource | None:
        """A resource type; None where there is none, or its plugin is off in the reader's workspace."""
        known = self._resources.get(resource)
        return known if known is not None and self._is_on(reader, resource) else None

    @as_kernel
    def container_titles(self, reader: Reader, ids: Collection[str]) -> dict[str, str]:
        """What containers of the reader's workspace are called; a statement for each type of containers.

        Nobody is asked who may see them: for texts to whoever is known to.
        """
        kinds = [kind for kind in self._resources.values() if kind.is_container and ids]
        rows = [row for kind in kinds for row in reader.all(_titles(kind), ids=list(ids))]
        return {row["id"]: row["title"] for row in rows}

    @as_kernel
    def policy(self, reader: Reader) -> TrashPolicy:
        """What the workspace decides about its trash; asked once a reader."""
        if reader not in self._policies:
            self._policies[reader] = self._policy(reader)
        return self._policies[reader]

    def discard(self, uow: UnitOfWork, resource: str, resource_id: str) -> None:
        """Move a record to the trash as a DELETE on it does, with the rules and events of its owner.

        Raises:
            Conflict: it is in the trash already.
            NotFound: it is not in this workspace, or its plugin is off here.
            KernelError: the owner refuses.
        """
        kind = self._present(uow, resource)
        item = self.item(uow, resource, resource_id)
        if item is not None:
            raise Conflict(
                f"The {_said(resource)} is in the trash already", details={"trash_item_id": item["id"]}
            )
        if kind.trash is None:
            self.put(uow, resource, attributed(None, uow.get)(kind.model, resource_id))
        else:
            attributed(self._owners.get(resource), kind.trash)(uow, resource_id)

    def recover(self, uow: UnitOfWork, resource: str, resource_id: str) -> None:
        """Bring a record back from the trash, with the rules and events of its owner.

        Raises:
            NotFound: it is not in this workspace, or its plugin is off here.
            Conflict: it is not in the trash, cannot come back, has been there for too long, or lies in
                something that is there, too; `details.parent` tells what.
            KernelError: the owner refuses.
        """
        kind = self._present(uow, resource)
        self._demand_parents(uow, kind, self.record(uow, kind, resource_id))
        if kind.restore is None:
            self.restore(uow, resource, resource_id)
        else:
            attributed(self._owners.get(resource), kind.restore)(uow, resource_id)

    def _present(self, uow: UnitOfWork, resource: str) -> Resource:
        """The resource type, where its plugin is on: elsewhere its records are as if they did not exist."""
        if resource not in self._resources or not self._is_on(uow, resource):
            raise NotFound
        return self._resources[resource]

    def _is_on(self, reader: Reader, resource: str) -> bool:
        owner, workspace_id = self._owners.get(resource), reader.scope.workspace_id
        return owner is None or workspace_id is None or self._active(owner, workspace_id)

    @as_kernel
    def record(self, reader: Reader, kind: Resource, resource_id: str) -> Row:
        """A record of any type, be it in the trash or not.

        Raises:
            NotFound: there is none in this workspace.
        """
        return reader.get(kind.model, resource_id, trashed=True)

    @as_kernel
    def item(self, reader: Reader, resource: str, resource_id: str) -> Row | None:
        """What the trash has of a record; None where it is not there."""
        return reader.one(_ITEM, resource_type=resource, resource_id=resource_id)

    @as_kernel
    def parent(self, reader: Reader, kind: Resource, row: Row) -> Row | None:
        """The trash item of what a record lies in; None where that is not in the trash."""
        around = [row[column] for column in kind.parents if row[column] is not None]
        return reader.one(_AMONG, ids=around) if around else None

    @as_kernel
    def _demand_parents(self, uow: UnitOfWork, kind: Resource, row: Row) -> None:
        """Refuse to bring back what would lie in something that is in the trash (modules.md 8.7).

        Raises:
            Conflict: as said.
        """
        item = self.parent(uow, kind, row)
        if item is not None:
            said = _said(item["resource_type"])
            shown = {name: item[name] for name in ("resource_type", "resource_id")}
            raise Conflict(
                f"The {said} that it is in is in the trash, too: bring that back first",
                details={"parent": {**shown, "trash_item_id": item["id"]}},
            )

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
                "expires_at": uow.now + self.policy(uow).keep,
            },
        )
        return update.row

    @as_kernel
    def restore(self, uow: UnitOfWork, resource: str, resource_id: str) -> Row:
        """Bring a record back to where it was; the answer is the row as it is now.

        Raises:
            NotFound: it is not in this workspace.
            Conflict: it is not in the trash, or has been for longer than the workspace keeps it, or what it
                lies in is there, too.
        """
        kind = self._resources[resource]
        if not kind.keeps_trash:
            raise Conflict(f"A deleted {resource} cannot be brought back")
        item = uow.one(_ITEM, resource_type=resource, resource_id=resource_id)
        row = uow.get(kind.model, resource_id, trashed=True)
        if item is None:
            raise Conflict(f"The {resource} is not in the trash")
        if item["expires_at"] <= uow.now:
            days = (item["expires_at"] - item["deleted_at"]).days
            raise Conflict(f"The {resource} was in the trash for more than {days} days")
        self._demand_parents(uow, kind, row)
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
        self._delete(uow, item)
        self._sweep(uow, [item])

    @as_kernel
    def purge_expired(self, uow: UnitOfWork, before: datetime, after: str, most: int) -> str | None:
        """Delete records of the scope's workspace for good whose time in the trash was over at an instant.

        Arguments:
            before: the instant.
            after: the answer of the call before, an id that is less than all others at first.
            most: records to take at once.

        Returns:
            Where to go on; None where there is nothing left to do.
        """
        items = uow.all(_EXPIRED, before=before, after=after, most=most)
        self.purge_all(uow, items)
        return str(items[-1]["id"]) if len(items) == most else None

    @as_kernel
    def purge_all(self, uow: UnitOfWork, items: Sequence[Row]) -> int:
        """Delete the records of some items of this workspace's trash for good; the answer is how many went.

        One that its owner cannot delete stays in the trash, is told of in the log, and holds up no other.
        """
        gone = [item for item in items if self._deleted(uow, item)]
        if gone:
            self._sweep(uow, gone)
        return len(gone)

    def _deleted(self, uow: UnitOfWork, item: Row) -> bool:
        """Whether the record of an item is gone."""
        if item["resource_type"] not in self._resources:
            return False  # Its plugin is missing now, and knows alone how to delete it.
        try:
            with uow.savepoint():
                self._delete(uow, item)
        except NotFound:
            return True  # It went with what it was in.
        except Exception:
            # Whatever a plugin's purge may raise: its record alone stays, and is tried again tomorrow.
            log.exception("%s %s stays in the trash", item["resource_type"], item["resource_id"])
            return False
        return True

    def _delete(self, uow: UnitOfWork, item: Row) -> None:
        kind = self._resources[item["resource_type"]]
        row = uow.get(kind.model, item["resource_id"], trashed=True)
        if kind.purge is not None:
            attributed(self._owners.get(kind.name), kind.purge)(uow, row)
        uow.remove(kind.model, row)
        if (told := self._purged.get(kind.name)) is not None:
            payload = {"resource_type": kind.name, "resource_id": row["id"]}
            # Of a container that is gone nobody could be told; who runs the workspace may know that it went.
            where = None if kind.is_container else item["container_id"]
            uow.publish(told, row["id"], payload, container_id=where)

    def _sweep(self, uow: UnitOfWork, items: list[Row]) -> None:
        """Remove items whose records are gone.

        What was inside a record has gone with it by its keys, also where nobody knows its resource type now.
        """
        uow.execute(_EMPTIED, ids=[item["id"] for item in items])
        uow.execute(_CONTAINED, containers=[item["resource_id"] for item in items])
        for each in self._resources.values():
            uow.execute(_without_record(each, TrashItem))
            if each.is_container:
                uow.execute(_without_record(each, ArchiveEntry))


def _said(resource: str) -> str:
    """A resource type as people call it."""
    return resource.replace("_", " ")


def _refuse(uow: UnitOfWork, row_id: str) -> None:
    raise Conflict("What is in the trash is there already: bring it back, or delete it for good")


TRASH_ITEM = Resource("trash_item", TrashItem, title="title", trash=_refuse)
"""What the kernel must know of trash items to find the workspace of one."""
