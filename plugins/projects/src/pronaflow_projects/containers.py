"""Who sees which project, and the trace that an owner of the workspace leaves in a private one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError

from pronaflow_kernel.api import Context, Reader, StaleRow, UnitOfWork

from . import queries
from .events import PRIVATE_ACCESS, project_payload
from .models import PrivateAccess, Project


class ProjectContainers:
    """Fulfils the kernel's `Containers` (modules.md 3.4).

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def role(self, reader: Reader, container_id: str, *, trashed: bool = False) -> str | None:
        """See `Containers.role`; the first time each day that it lets an owner in is written down."""
        found = reader.one(queries.ANY_ROLE if trashed else queries.ROLE, id=container_id)
        if found is None:
            return None
        if found["by_right_alone"]:
            self._note(reader, container_id)
        role: str | None = found["role"]
        return role

    def visible(self, *, trashed: bool = False) -> Any:
        """See `Containers.visible`."""
        return queries.EVER_VISIBLE if trashed else queries.VISIBLE

    def seeing(self, reader: Reader, container_id: str, user_ids: Sequence[str]) -> list[str]:
        """See `Containers.seeing`."""
        return [row["user_id"] for row in reader.all(queries.SEEING, ids=user_ids, project_id=container_id)]

    def _note(self, reader: Reader, project_id: str) -> None:
        """Write down that the caller enters, unless it is written for today.

        A look from inside somebody else's transaction leaves no trace: nothing may be written there.
        """
        entered = reader.one(queries.PRIVATE_ACCESS, id=project_id)
        if entered is not None and entered["last_on"] == reader.clock.now().date():
            return
        if isinstance(reader, UnitOfWork):
            self._write(reader, project_id)
        elif not reader.connection.in_nested_transaction():
            try:
                with self._ctx.db.write(reader.scope) as uow:
                    self._write(uow, project_id)
            except (IntegrityError, StaleRow):
                # Another request of the same person was quicker.
                return

    def _write(self, uow: UnitOfWork, project_id: str) -> None:
        entered, today = uow.one(queries.PRIVATE_ACCESS, id=project_id), uow.now.date()
        if entered is None:
            own = {"project_id": project_id, "user_id": uow.scope.principal.user_id}
            uow.insert(PrivateAccess, {**own, "last_on": today})
        elif not uow.update(PrivateAccess, entered, {"last_on": today}).changes:
            return
        payload = project_payload(uow.get(Project, project_id, trashed=True))
        uow.publish(PRIVATE_ACCESS, project_id, payload, container_id=project_id)
