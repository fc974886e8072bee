"""The archive over HTTP: `/api/v1/archive/projects`, and so for every other resource type of containers."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import (
    WORKSPACE,
    Blueprint,
    Context,
    Page,
    Reader,
    Resource,
    Row,
    UnitOfWork,
    in_path,
)

from .schemas import (
    ArchivedOut,
    ArchivedRowOut,
    ArchiveIn,
    ArchiveQuery,
    BroughtBackOut,
    HistoryOut,
    HistoryQuery,
)
from .service import ArchiveService


def build(ctx: Context) -> list[Blueprint]:
    """A blueprint for each resource type of containers, under the first word of its own address."""
    return [_of(kind, ArchiveService(ctx, kind)) for kind in ctx.archive.containers if kind.url]


def _of(kind: Resource, service: ArchiveService) -> Blueprint:
    word = kind.url.split("/")[1]
    blp = Blueprint(
        "archiving",
        url_prefix=f"/api/v1/archive/{word}",
        tag="Archive",
        summary="What is kept, and only read",
        name=f"archive_{kind.name}",
    )
    _add_list(blp, kind, service)
    _add_moves(blp, kind, service)
    return blp


def _add_list(blp: Blueprint, kind: Resource, service: ArchiveService) -> None:
    said = kind.name.replace("_", " ")

    def page(reader: Reader, query: Any) -> Page:
        return service.page(reader, query)

    _named(page, f"list_archived_{kind.name}s", f"List what is in the archive: every {said} that you see.")
    blp.endpoint(
        "GET",
        "",
        permission="archiving.list",
        target=WORKSPACE,
        query=ArchiveQuery,
        returns=ArchivedRowOut,
        many=True,
    )(page)

    def history(reader: Reader, query: Any, **path: str) -> Page | list[Row]:
        return service.history(reader, path[f"{kind.name}_id"], query)

    _named(
        history, f"list_archive_history_of_{kind.name}", f"See when a {said} was archived and brought back."
    )
    blp.endpoint(
        "GET",
        f"/<id:{kind.name}_id>/history",
        permission="archiving.history",
        target=in_path(kind.name),
        query=HistoryQuery,
        returns=HistoryOut,
        many=True,
    )(history)


def _add_moves(blp: Blueprint, kind: Resource, service: ArchiveService) -> None:
    said = kind.name.replace("_", " ")

    def archive(uow: UnitOfWork, body: Any, **path: str) -> Row:
        return service.archive(uow, path[f"{kind.name}_id"], body)

    words = f"""Archive a {said}, whatever its status.

        It and all that is in it can only be read from then on, and lists leave it out unless they are asked
        by `include_archived`. Its status is kept and comes back with it. Whoever would change something in it
        is answered 409 with `details.reason` `archived`.
        """
    _named(archive, f"archive_{kind.name}", words)
    blp.endpoint(
        "POST",
        f"/<id:{kind.name}_id>/archive",
        permission="archiving.archive",
        target=in_path(kind.name),
        body=ArchiveIn,
        returns=ArchivedOut,
    )(archive)

    def bring_back(uow: UnitOfWork, **path: str) -> Row:
        return service.bring_back(uow, path[f"{kind.name}_id"])

    _named(bring_back, f"unarchive_{kind.name}", f"Bring a {said} back from the archive.")
    blp.endpoint(
        "POST",
        f"/<id:{kind.name}_id>/restore",
        permission="archiving.archive",
        target=in_path(kind.name),
        returns=BroughtBackOut,
    )(bring_back)


def _named(handler: Any, name: str, words: str) -> None:
    """The name and the words by which the document knows a handler that is made for a resource type."""
    handler.__name__, handler.__doc__ = name, words
