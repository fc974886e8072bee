"""Object rules: what a role that may edit tasks may do with this one (modules.md 3.4)."""

from __future__ import annotations

from collections.abc import Iterable

from pronaflow_kernel.api import Context, Forbidden, Reader, Row
from pronaflow_projects.api import ProjectInfo

from .people.field import assignees_of
from .rules import DATES, PROGRESS


class Rights:
    """Decides on single tasks and comments.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._access = ctx.access

    def edit(self, reader: Reader, task: Row, project: ProjectInfo, fields: Iterable[str]) -> None:
        """In strict mode a member edits only what they made or do, and no dates; progress is free to all.

        Raises:
            Forbidden: one of the fields is not theirs to change.
        """
        touched = set(fields) - PROGRESS
        if project.governance_mode != "strict" or not touched:
            return
        if self._access.may(reader, "tasks.edit_any", container_id=project.id):
            return
        if touched & DATES:
            raise Forbidden("In strict mode members do not change dates")
        caller = reader.scope.principal.user_id
        if caller != task["created_by"] and caller not in assignees_of(reader, task["id"]):
            raise Forbidden("In strict mode members change only tasks they created or are assigned to")

    def delete(self, reader: Reader, task: Row) -> None:
        """Who may not delete any task deletes their own.

        Raises:
            Forbidden: somebody else created it.
        """
        if reader.scope.principal.user_id != task["created_by"]:
            self._access.authorize(reader, "tasks.delete_any", container_id=task["project_id"])

    def take_away(self, reader: Reader, task: Row) -> None:
        """A task that leaves its project is gone for those in it, so that this takes the right to delete it.

        Raises:
            Forbidden: as in `delete`.
        """
        self._access.authorize(reader, "tasks.delete", container_id=task["project_id"])
        self.delete(reader, task)

    def edit_comment(self, reader: Reader, comment: Row) -> None:
        """Only authors edit.

        Raises:
            Forbidden: somebody else wrote it.
        """
        if reader.scope.principal.user_id != comment["author_id"]:
            raise Forbidden("Only its author edits a comment")

    def delete_comment(self, reader: Reader, comment: Row) -> None:
        """Authors delete and read what was said before, and who moderates.

        Raises:
            Forbidden: neither.
        """
        if reader.scope.principal.user_id != comment["author_id"]:
            self._access.authorize(reader, "tasks.moderate", container_id=comment["project_id"])

    def delete_file(self, reader: Reader, file: Row) -> None:
        """Who added a file deletes it, and who manages the project.

        Raises:
            Forbidden: neither.
        """
        if reader.scope.principal.user_id != file["created_by"]:
            self._access.authorize(reader, "tasks.delete_files", container_id=file["project_id"])

    def structure(self, reader: Reader, project: ProjectInfo) -> None:
        """In strict mode lists are the planners' (modules.md 4.1).

        Raises:
            Forbidden: the caller is none.
        """
        if project.governance_mode == "strict":
            self._access.authorize(reader, "tasks.edit_any", container_id=project.id)
