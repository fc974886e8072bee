"""Personal data: shown at once, taken out as a file, and exports that are let go after a day."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import (
    Context,
    Download,
    JobType,
    NotFound,
    Page,
    Reader,
    Row,
    Schedule,
    Scope,
    StoredFile,
    UnitOfWork,
)

from . import queries
from .bundle import MOST, plain, write_bundle
from .events import DATA_EXPORTED
from .models import DONE, WAITING, DataExport

KEPT = timedelta(hours=24)
"""How long a file can be downloaded."""

URL = "/api/v1/compliance/my-data/exports"
_EXPORT, _LET_GO = "export_own_data", "let_go_of_exports"
_IN_MEMORY = 8 * 1024 * 1024


class OwnData:
    """Shows and exports it.

    Arguments:
        ctx: of the plugin; most: bytes of files in an export.
    """

    def __init__(self, ctx: Context, most: int = MOST) -> None:
        self._ctx, self._most = ctx, most

    def show(self, reader: Reader) -> Row:
        """All that is held of the caller."""
        user_id = str(reader.scope.principal.user_id)
        data = plain(self._ctx.personal_data.collect(reader, user_id))
        return {"user_id": user_id, "generated_at": reader.clock.now(), **data}

    def begin(self, uow: UnitOfWork) -> Row:
        """Have a file made for the caller; the answer is the job, whose result names the export."""
        user_id = str(uow.scope.principal.user_id)
        values = {"user_id": user_id, "status": WAITING, "file_key": None, "size": None, "sha256": None}
        times = {"created_at": uow.now, "expires_at": uow.now + timedelta(days=7)}
        row = uow.insert(DataExport, {**values, **times})
        uow.publish(DATA_EXPORTED, user_id, {"user_id": user_id})
        return self._ctx.jobs.start(uow, _EXPORT, {"export_id": row["id"]}, title="Export your data")

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The caller's exports."""
        page = queries.EXPORTS.page(reader, query)
        for row in page.rows:
            shown(row)
        return page

    def get(self, reader: Reader, export_id: str) -> Row:
        """One of them.

        Raises:
            NotFound: there is none, or its time is over.
        """
        row = reader.one(queries.EXPORT, id=export_id)
        if row is None or row["expires_at"] <= reader.clock.now():
            raise NotFound(f"Data export {export_id} was not found")
        return shown(row)

    def download(self, reader: Reader, export_id: str) -> Download:
        """The file.

        Raises:
            NotFound: as `get`, or it is not made yet.
        """
        row = self.get(reader, export_id)
        if row["file_key"] is None:
            raise NotFound(f"Data export {export_id} is still being made")
        stored = StoredFile(row["file_key"], row["size"], row["sha256"])
        return self._ctx.files.download(stored, f"my-data-{row['created_at']:%Y-%m-%d}.zip")

    def jobs(self) -> list[JobType]:
        """Making the files, and letting go of them."""
        hourly = Schedule("23 * * * *")
        return [
            JobType(_EXPORT, self._make, mode="external", queue="reports"),
            JobType(_LET_GO, self._let_go, schedules=(hourly,)),
        ]

    def forget(self, uow: UnitOfWork, user_id: str) -> None:
        """Delete the exports of a user."""
        for row in uow.all(queries.OF_USER, user_id=user_id):
            self._remove(uow, row)

    def _make(self, reader: Reader, args: Mapping[str, Any]) -> dict[str, Any]:
        """Make the file, unless a worker that died has done so and only could not say it."""
        row = reader.one(queries.UNFINISHED, id=args["export_id"])
        if row is not None and row["file_key"] is None:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as stream:
                self._write(stream, row["user_id"])
                stream.seek(0)
                stored = self._ctx.files.put(stream)  # type: ignore[arg-type]
            self._finish(reader.scope, args["export_id"], stored)
        return {"export_id": args["export_id"], "download_url": f"{URL}/{args['export_id']}/download"}

    def _write(self, stream: Any, user_id: str) -> None:
        with self._ctx.db.read(Scope.system()) as reader:
            data = self._ctx.personal_data.collect(reader, user_id)
        write_bundle(stream, data, self._ctx.files.open, self._ctx.jobs.progress, self._most)

    def _finish(self, scope: Scope, export_id: str, stored: StoredFile) -> None:
        with self._ctx.db.write(replace(scope, workspace_id=None)) as uow:
            row = uow.one(queries.UNFINISHED, id=export_id)
            if row is None:
                return  # the person was forgotten meanwhile
            self._ctx.files.keep(uow, stored)
            made = {"file_key": stored.key, "size": stored.size, "sha256": stored.sha256, "status": DONE}
            uow.update(DataExport, row, {**made, "expires_at": uow.now + KEPT})

    def _let_go(self, uow: UnitOfWork, _args: Mapping[str, Any]) -> None:
        for row in uow.all(queries.EXPIRED, now=uow.now):
            self._remove(uow, row)

    def _remove(self, uow: UnitOfWork, row: Row) -> None:
        uow.remove(DataExport, row)
        if row["file_key"] is not None:
            self._ctx.files.forget(uow, row["file_key"])


def shown(row: Row) -> Row:
    """A row with the address of its file."""
    row["download_url"] = f"{URL}/{row['id']}/download" if row["file_key"] else None
    return row
