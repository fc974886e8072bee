"""A plugin that takes and answers files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import fields
from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api

LARGEST = 300_000
"""Bytes of the largest file that the tests send; more than one piece."""

Base = api.model_base("shelf")


class Paper(Base, api.Record):  # type: ignore[valid-type, misc]
    """A file with a name."""

    __tablename__ = "shelf__paper"

    name: Mapped[str]
    note: Mapped[str | None]
    file_key: Mapped[str] = mapped_column(ForeignKey(api.KeptFile.key, ondelete="CASCADE"))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]


class PaperIn(api.Schema):
    """What may be said of a paper."""

    note = api.Text(10, load_default=None)
    copies = fields.Integer(load_default=1)


class PaperOut(api.Schema):
    """What is shown."""

    id = api.Id()
    name = fields.String()
    note = fields.String(allow_none=True)
    size = fields.Integer()
    sha256 = fields.String()


class ShelfPlugin(api.Plugin):
    """Table of contents."""

    while_putting: Callable[[api.UnitOfWork], None] | None = None
    """What else happens while a paper is put on the shelf."""

    @api.hookimpl
    def provide_models(self) -> Any:
        """Tables."""
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Any:
        """Permissions."""
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_resources(self) -> Any:
        """Resource types."""
        return [api.Resource("paper", Paper, "name", url="/shelf/{id}")]

    @api.hookimpl
    def provide_blueprints(self) -> Any:
        """Routes."""
        return [routes(self)]


def routes(plugin: ShelfPlugin) -> api.Blueprint:
    """The blueprint."""
    blp = api.Blueprint("shelf", url_prefix="/api/v1/shelf", tag="Shelf")

    @blp.endpoint(
        "POST",
        "/in/<id:workspace_id>",
        permission="shelf.write",
        target=api.in_path("workspace"),
        upload="file",
        body=PaperIn,
        returns=PaperOut,
        status=201,
    )
    def put(uow: api.UnitOfWork, workspace_id: str, upload: api.Upload, body: Any) -> api.Row:
        """Put a paper on the shelf."""
        if plugin.while_putting is not None:
            plugin.while_putting(uow)
        stored = upload.stored
        values = {"file_key": stored.key, "size": stored.size, "sha256": stored.sha256}
        return uow.insert(Paper, {"name": upload.filename, "note": body["note"], **values})

    @blp.endpoint(
        "GET", "/<id:paper_id>", permission="shelf.write", target=api.in_path("paper"), download=True
    )
    def take(reader: api.Reader, paper_id: str) -> api.Download:
        """Take a paper."""
        row = reader.get(Paper, paper_id)
        stored = api.StoredFile(row["file_key"], row["size"], row["sha256"])
        return plugin.ctx.files.download(stored, row["name"], row["created_at"])

    @blp.endpoint("DELETE", "/<id:paper_id>", permission="shelf.write", target=api.in_path("paper"))
    def discard(uow: api.UnitOfWork, paper_id: str) -> api.Answer:
        """Throw a paper away."""
        row = uow.get(Paper, paper_id)
        uow.remove(Paper, row)
        plugin.ctx.files.forget(uow, row["file_key"])
        return api.Answer(message="Gone")

    return blp
