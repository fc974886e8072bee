"""The files of a plugin: bytes in the store, and rows that say which of them are kept.

    stored = ctx.files.put(stream)          # outside of any unit of work, since it takes long
    with ctx.db.write(scope) as uow:
        ctx.files.keep(uow, stored)
        uow.insert(Picture, {"file_key": stored.key, ...})

A table of the plugin refers to the key by a foreign key to `KeptFile.key`. What is put and not kept, because
the process died or the transaction failed, is removed after a day; and so is what is kept and referred to by
no row any more, as when the rows went with their task. A route gets its file already put and kept
(`Blueprint.endpoint`, `upload`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import bindparam, delete

from ..attribution import as_kernel
from ..errors import NotFound
from ..tenancy.rule import unscoped
from ..web.downloads import Download
from .models import KeptFile
from .names import file_name, media_type
from .store import FileStore, FileWriter, StoredFile

if TYPE_CHECKING:
    from ..jobs.enqueue import Jobs
    from ..persistence.uow import Row, UnitOfWork

DELETE = "delete_file"
"""Name of the job that deletes the content of a forgotten file."""

_FORGET = unscoped(
    "a kept file is its plugin's, which looks after whose it is",
    delete(KeptFile).where(KeptFile.key == bindparam("forgotten"), KeptFile.plugin_id == bindparam("owner")),
)


class Files:
    """What `ctx.files` is.

    Arguments:
        owner: id of the plugin whose files they are.
        store: where they are.
        jobs: of the kernel; deletes what is forgotten.
        denied: endings of names that are refused.
    """

    def __init__(self, owner: str, store: FileStore, jobs: Jobs, denied: tuple[str, ...]) -> None:
        self._owner, self._store, self._jobs, self._denied = owner, store, jobs, denied

    def name(self, field: str, given: str) -> str:
        """A name that a file may have, made of what was given: without folders and invisible characters.

        Arguments:
            field: where it stands in the input.

        Raises:
            ValidationFailed: it is empty, too long, or of what is refused.
        """
        return file_name(field, given, self._denied)

    def media_type(self, name: str) -> str:
        """What a file of this name is sent as."""
        return media_type(name)

    def writer(self) -> FileWriter:
        """Begin a file; to be kept once it is finished."""
        return self._store.writer()

    def put(self, stream: BinaryIO) -> StoredFile:
        """Store everything that `stream` still holds; to be kept by `keep`."""
        return self._store.put(stream)

    @as_kernel
    def keep(self, uow: UnitOfWork, stored: StoredFile) -> Row:
        """Keep a file that was put less than a day ago, from the commit on."""
        return keep(uow, self._owner, stored)

    @as_kernel
    def forget(self, uow: UnitOfWork, key: str) -> None:
        """Delete a file that no row refers to any more; its content goes soon after the commit."""
        if uow.execute(_FORGET, forgotten=key, owner=self._owner):
            self._jobs.enqueue(uow, DELETE, {"key": key})

    def open(self, key: str) -> BinaryIO:
        """The content, to be closed by the caller.

        Raises:
            FileNotFoundError: there is nothing under this key.
        """
        return self._store.open(key)

    def download(self, stored: StoredFile, name: str, modified: datetime | None = None) -> Download:
        """A file as an answer, in parts where the caller asks for one.

        Arguments:
            stored: what the plugin's row keeps of it.
            name: what it is saved as; its ending tells what it is.
            modified: when it came.

        Raises:
            NotFound: when it is sent: its content is gone.
        """

        def opened(start: int, length: int) -> BinaryIO:
            try:
                return self._store.open(stored.key, start, length)
            except FileNotFoundError as error:
                raise NotFound("The content of this file is gone") from error

        return Download(name, media_type(name), opened, stored.size, stored.sha256, modified)


def keep(uow: UnitOfWork, owner: str, stored: StoredFile) -> Row:
    """Keep a file for a plugin from the commit on."""
    values = {"key": stored.key, "size": stored.size, "sha256": stored.sha256, "plugin_id": owner}
    return uow.insert(KeptFile, values)
