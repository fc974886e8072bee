"""The archive: containers that are kept and only read, one implementation for every resource type.

What is in an archived container is not rewritten. `Access.authorize` refuses whatever would change it, which
is the one place that knows (ADR 049), and lists of containers leave it out unless they are asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from ..attribution import as_kernel, attributed
from ..errors import Conflict, NotFound
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id
from .models import ArchiveEntry
from .resources import ARCHIVED, Resource, archived_statement

if TYPE_CHECKING:
    from ..persistence.uow import Reader, Row, UnitOfWork
    from .lifecycle import Trash

_HISTORY = (
    select(ArchiveEntry.__table__)
    .where(
        ArchiveEntry.workspace_id == SCOPE_WORKSPACE,
        ArchiveEntry.resource_type == bindparam("resource_type"),
        ArchiveEntry.resource_id == bindparam("resource_id", type_=Id()),
    )
    .order_by(ArchiveEntry.at.desc(), ArchiveEntry.id.desc())
)


class Archive:
    """Moves containers to the archive and back.

    `archive` and `unarchive` are for whoever wants it done: they do what the owner of the resource type means
    by it. `put` and `take_out` are the owner's own means: they move the record and nothing else.

    Arguments:
        resources: all resource types by name; owners: the plugins that bring them.
        trash: knows which of them are on.
    """

    def __init__(self, resources: Mapping[str, Resource], owners: Mapping[str, str], trash: Trash) -> None:
        self._resources = resources
        self._owners = owners
        self._trash = trash

    @property
    def containers(self) -> tuple[Resource, ...]:
        """The resource types that can be archived."""
        return tuple(kind for kind in self._resources.values() if kind.is_container)

    @as_kernel
    def archived(self, reader: Reader, container_id: str) -> str | None:
        """The resource type of a container that is in the archive; None of any other. See `Access`."""
        containers = self.containers
        found: str | None = (
            reader.value(archived_statement(containers), id=container_id) if containers else None
        )
        return found

    def archive(
        self, uow: UnitOfWork, resource: str, resource_id: str, reason: str | None, *, notify: bool = False
    ) -> None:
        """Move a container to the archive, with the rules and events of its owner.

        Arguments:
            reason: in somebody's words, or None.
            notify: whether those who work in it are to hear of it.

        Raises:
            NotFound: it is not in this workspace, or its plugin is off here.
            Conflict: it is in the archive already.
            KernelError: the owner refuses.
        """
        kind = self._present(uow, resource)
        if kind.archive is None:
            self.put(uow, resource, attributed(None, uow.get)(kind.model, resource_id, lock=True), reason)
        else:
            attributed(self._owners.get(resource), kind.archive)(uow, resource_id, reason, notify)

    def unarchive(self, uow: UnitOfWork, resource: str, resource_id: str) -> None:
        """Bring a container back from the archive, with the rules and events of its owner.

        Raises:
            NotFound: it is not in this workspace, or its plugin is off here.
            Conflict: it is not in the archive.
            KernelError: the owner refuses.
        """
        kind = self._present(uow, resource)
        if kind.unarchive is None:
            self.take_out(uow, resource, attributed(None, uow.get)(kind.model, resource_id, lock=True))
        else:
            attributed(self._owners.get(resource), kind.unarchive)(uow, resource_id)

    @as_kernel
    def put(self, uow: UnitOfWork, resource: str, row: Row, reason: str | None) -> Row:
        """Move a loaded container to the archive; the answer is the row as it is now.

        Raises:
            Conflict: it is there already.
            StaleRow: it changed meanwhile.
        """
        if row["lifecycle"] == ARCHIVED:
            raise Conflict(f"The {resource.replace('_', ' ')} is in the archive already")
        return self._move(uow, resource, row, ARCHIVED, reason)

    @as_kernel
    def take_out(self, uow: UnitOfWork, resource: str, row: Row) -> Row:
        """Bring a loaded container back from the archive; the answer is the row as it is now.

        Raises:
            Conflict: it is not there.
            StaleRow: it changed meanwhile.
        """
        if row["lifecycle"] != ARCHIVED:
            raise Conflict(f"The {resource.replace('_', ' ')} is not in the archive")
        return self._move(uow, resource, row, "active", None)

    def _move(self, uow: UnitOfWork, resource: str, row: Row, lifecycle: str, reason: str | None) -> Row:
        changed = uow.update(self._resources[resource].model, row, {"lifecycle": lifecycle}).row
        uow.scope.archived.pop(row["id"], None)
        uow.insert(
            ArchiveEntry,
            {
                "plugin_id": self._owners.get(resource, "core"),
                "resource_type": resource,
                "resource_id": row["id"],
                "action": "archived" if lifecycle == ARCHIVED else "restored",
                "reason": reason,
                "performed_by": uow.scope.principal.user_id,
                "at": uow.now,
            },
        )
        return changed

    @as_kernel
    def history(self, reader: Reader, resource: str, resource_id: str) -> list[Row]:
        """The moves of a container to the archive and back, the latest one first: rows of `ArchiveEntry`."""
        return reader.all(_HISTORY, resource_type=resource, resource_id=resource_id)

    def finished(self, reader: Reader, resource: str, before: datetime) -> Sequence[str]:
        """Ids of containers that their owner says are done with, changed last before an instant."""
        kind = self._present(reader, resource)
        if kind.finished is None:
            return []
        return attributed(self._owners.get(resource), kind.finished)(reader, before)

    def _present(self, reader: Reader, resource: str) -> Resource:
        kind = self._trash.kind(reader, resource)
        if kind is None or not kind.is_container:
            raise NotFound
        return kind
