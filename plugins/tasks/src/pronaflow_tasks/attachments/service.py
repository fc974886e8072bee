"""Files at tasks. A file of the same name is a new version of the one that is there; nothing is overwritten.

The bytes are the kernel's (`ctx.files`). They go with the file that is deleted; with a task that is purged
they lose the rows that name them, and the kernel's daily job finds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Download,
    NotFound,
    Page,
    Reader,
    Row,
    StoredFile,
    UnitOfWork,
    Upload,
)
from pronaflow_projects.api import Projects

from ..models import Task
from ..rights import Rights
from . import queries
from .events import FILE_DELETED, FILE_UPDATED, FILE_UPLOADED, file_payload
from .models import TaskFile, TaskFileVersion


class FileService:
    """Files at tasks.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._rights = Rights(ctx)

    def page(self, reader: Reader, task_id: str, query: Mapping[str, Any]) -> Page:
        """The files of a task, oldest first unless asked otherwise.

        Raises:
            NotFound: the task is gone.
        """
        reader.get(Task, task_id)
        page = queries.FILES.page(reader, query, {"filename": query["filename"]}, task_id=task_id)
        for row in page.rows:
            self._shown(row)
        return page

    def show(self, reader: Reader, task_id: str, file_id: str) -> Row:
        """A file with its latest versions.

        Raises:
            NotFound: the task has none of this id, or is gone.
        """
        file = self._shown(self._found(reader, task_id, file_id))
        file["versions"] = reader.all(queries.VERSIONS, file_id=file_id)
        for version in file["versions"]:
            version["url"] = f"{self._url(file_id)}?version={version['number']}"
        return file

    def content(self, reader: Reader, file_id: str, number: int | None) -> Download:
        """What a file is, or was in one of its versions.

        Raises:
            NotFound: there is none, it has no such version, or its task is gone.
        """
        if number is None:
            file = reader.one(queries.FILE, file_id=file_id)
        else:
            file = reader.one(queries.FILE_AS_IT_WAS, file_id=file_id, number=number)
        if file is None:
            which = "" if number is None else f" has no version {number}, or"
            raise NotFound(f"File {file_id}{which} was not found")
        return self._ctx.files.download(_stored(file), file["name"], file["uploaded_at"])

    def upload(self, uow: UnitOfWork, task_id: str, upload: Upload, values: Mapping[str, Any]) -> Row:
        """Add a file to a task, or a version to the file that has its name.

        Arguments:
            values: `description`, if one was given.

        Raises:
            NotFound: the task is gone.
            Conflict: its project takes no changes.
        """
        task = self._held(uow, task_id)
        file = uow.one(queries.NAMED, task_id=task_id, name=upload.filename)
        if file is None:
            row = {
                "task_id": task_id,
                "project_id": task["project_id"],
                "name": upload.filename,
                "description": None,
                "current": 1,
                "created_by": uow.scope.principal.user_id,
                **values,
            }
            self._ctx.hooks.check_change(uow, "file", None, row)
            file = uow.insert(TaskFile, row)
            return self._add(uow, file, upload.stored)
        return self._renew(uow, file, upload.stored, values)

    def revert(self, uow: UnitOfWork, task_id: str, file_id: str, number: int) -> Row:
        """Let an older version come again, as a new one; nothing happens where it is the current one.

        Raises:
            NotFound: the task has no such file, or this has no such version.
            Conflict: the project takes no changes.
        """
        self._held(uow, task_id)
        file = self._found(uow, task_id, file_id)
        old = uow.one(queries.FILE_AS_IT_WAS, file_id=file_id, number=number)
        if old is None:
            raise NotFound(f"File {file_id} has no version {number}")
        if number == file["current"]:
            return self._shown(file)
        return self._renew(uow, uow.get(TaskFile, file_id), _stored(old), {})

    def change(self, uow: UnitOfWork, task_id: str, file_id: str, changes: Mapping[str, Any]) -> Row:
        """Give a file another name or description; what it is stays.

        Raises:
            NotFound: the task has no such file.
            ValidationFailed: the name is refused.
            Conflict: the task has a file of that name, or its project takes no changes.
        """
        self._held(uow, task_id)
        self._found(uow, task_id, file_id)
        found = {name: changes[name] for name in ("description",) if name in changes}
        if "filename" in changes:
            found["name"] = self._ctx.files.name("filename", changes["filename"])
            other = uow.one(queries.NAMED, task_id=task_id, name=found["name"])
            if other is not None and other["id"] != file_id:
                raise Conflict("The task has a file of this name", details={"file_id": other["id"]})
        file = uow.get(TaskFile, file_id)
        self._ctx.hooks.check_change(uow, "file", file, found)
        update = uow.update(TaskFile, file, found)
        if update.changes:
            self._publish(uow, FILE_UPDATED, update.row)
        return self.show(uow, task_id, file_id)

    def delete(self, uow: UnitOfWork, file_id: str, task_id: str | None = None) -> None:
        """Delete a file with all its versions.

        Arguments:
            task_id: of the task that must have it.

        Raises:
            NotFound: there is none.
            Forbidden: somebody else brought it, and the caller does not manage the project.
            Conflict: the project takes no changes.
        """
        file = uow.get(TaskFile, file_id)
        if task_id not in (None, file["task_id"]):
            raise NotFound(f"File {file_id} was not found")
        self._held(uow, file["task_id"])
        self._rights.delete_file(uow, file)
        self._ctx.hooks.check_change(uow, "file", file, {"lifecycle": "trashed"})
        keys = [row["file_key"] for row in uow.all(queries.KEYS, file_id=file_id)]
        uow.remove(TaskFile, file)
        for key in keys:
            self._ctx.files.forget(uow, key)
        self._publish(uow, FILE_DELETED, file)

    def _renew(self, uow: UnitOfWork, file: Row, stored: StoredFile, values: Mapping[str, Any]) -> Row:
        changes = {**values, "current": file["current"] + 1}
        self._ctx.hooks.check_change(uow, "file", file, changes)
        return self._add(uow, uow.update(TaskFile, file, changes).row, stored)

    def _add(self, uow: UnitOfWork, file: Row, stored: StoredFile) -> Row:
        """Add the current version of a file, and tell of it."""
        version = {
            "file_id": file["id"],
            "number": file["current"],
            "file_key": stored.key,
            "size": stored.size,
            "sha256": stored.sha256,
            "uploaded_by": uow.scope.principal.user_id,
            "uploaded_at": uow.now,
        }
        uow.insert(TaskFileVersion, version)
        self._publish(uow, FILE_UPLOADED, file)
        return self._shown(self._found(uow, file["task_id"], file["id"]))

    def _held(self, uow: UnitOfWork, task_id: str) -> Row:
        """The task of a project that may change; nobody else changes its files until the commit."""
        task = uow.get(Task, task_id)
        self._ctx.services.require(Projects).editable(uow, task["project_id"])
        return uow.get(Task, task_id, lock=True)

    def _found(self, reader: Reader, task_id: str, file_id: str) -> Row:
        file = reader.one(queries.FILE, file_id=file_id)
        if file is None or file["task_id"] != task_id:
            raise NotFound(f"File {file_id} was not found")
        return file

    def _shown(self, file: Row) -> Row:
        file["url"] = self._url(file["id"])
        file["media_type"] = self._ctx.files.media_type(file["name"])
        return file

    def _url(self, file_id: str) -> str:
        return f"{self._ctx.public_url}/api/v1/files/{file_id}"

    def _publish(self, uow: UnitOfWork, event: Any, file: Row) -> None:
        uow.publish(event, file["id"], file_payload(file), container_id=file["project_id"])


def _stored(file: Row) -> StoredFile:
    return StoredFile(file["file_key"], file["size"], file["sha256"])
