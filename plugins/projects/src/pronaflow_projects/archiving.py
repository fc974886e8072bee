"""What it means to a project to be archived, whoever does it through the archive (modules.md 8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pronaflow_kernel.api import Context, EventType, Reader, Row, UnitOfWork

from . import queries
from .events import PROJECT_ARCHIVED, PROJECT_UNARCHIVED, PROJECT_UPDATED, project_payload
from .models import Project


class Archiving:
    """Moves projects to the archive and back; their status stays below it and shows again afterwards.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def archive(self, uow: UnitOfWork, project_id: str, reason: str | None, notify: bool) -> None:
        """Move a project to the archive.

        Arguments:
            notify: whether its members hear of it, as of a change of the project.

        Raises:
            Conflict: it is there already, or a plugin objects.
        """
        project = uow.get(Project, project_id, lock=True)
        if project["lifecycle"] != "archived":
            self._ctx.hooks.check_change(uow, "project", project, {"lifecycle": "archived"})
        changes = {"status": {"old": project["status"], "new": "archived"}}
        moved = self._ctx.archive.put(uow, "project", project, reason)
        _tell(uow, PROJECT_ARCHIVED, moved, changes)
        if notify:
            _tell(uow, PROJECT_UPDATED, moved, changes)

    def unarchive(self, uow: UnitOfWork, project_id: str) -> None:
        """Bring a project back from the archive.

        Raises:
            Conflict: it is not there, or a plugin objects.
        """
        project = uow.get(Project, project_id, lock=True)
        if project["lifecycle"] == "archived":
            self._ctx.hooks.check_change(uow, "project", project, {"lifecycle": "active"})
        moved = self._ctx.archive.take_out(uow, "project", project)
        _tell(uow, PROJECT_UNARCHIVED, moved, {"status": {"old": "archived", "new": project["status"]}})

    def finished(self, reader: Reader, before: datetime) -> Sequence[str]:
        """Projects that were completed or cancelled, and not changed since an instant."""
        return [row["id"] for row in reader.all(queries.FINISHED, before=before)]


def _tell(uow: UnitOfWork, event: EventType, project: Row, changes: Mapping[str, Any]) -> None:
    uow.publish(event, project["id"], project_payload(project), changes=changes, container_id=project["id"])
