"""The trash over HTTP, under `/api/v1/archive/trash`."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import (
    WORKSPACE,
    Blueprint,
    JobOut,
    Page,
    Reader,
    Row,
    UnitOfWork,
    in_path,
    of_kind_in_body,
)

from .schemas import BulkRestoreIn, BulkRestoreOut, RestoredOut, TrashedOut, TrashIn, TrashItemOut, TrashQuery
from .service import TrashService

ITEM = in_path("trash_item")


def build(service: TrashService) -> Blueprint:
    """The blueprint."""
    blp = Blueprint(
        "archiving",
        url_prefix="/api/v1/archive/trash",
        tag="Trash",
        summary="What was deleted and can come back",
        name="trash",
    )
    _add_collection(blp, service)
    _add_items(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: TrashService) -> None:
    @blp.endpoint(
        "GET",
        "",
        permission="archiving.read_trash",
        target=WORKSPACE,
        query=TrashQuery,
        returns=TrashItemOut,
        many=True,
    )
    def list_trash(reader: Reader, query: Any) -> Page:
        """List what is in the trash.

        Everybody sees what they deleted themselves; admins of the workspace see what anybody deleted, but for
        what was in private projects that they are not in.
        """
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "",
        permission="archiving.trash",
        target=of_kind_in_body("resource_type", "resource_id"),
        body=TrashIn,
        returns=TrashedOut,
        status=201,
    )
    def move_to_trash(uow: UnitOfWork, body: Any) -> Row:
        """Move something to the trash.

        The same as a DELETE on it: the same people may do it, and the same happens. Until `expires_at` it can
        come back.
        """
        return service.put(uow, body)

    @blp.endpoint(
        "DELETE",
        "",
        permission="archiving.empty_trash",
        target=WORKSPACE,
        returns=JobOut,
        status=202,
    )
    def empty_trash(uow: UnitOfWork) -> Row:
        """Empty the trash.

        All that you see in it, and may delete for good, goes little by little; what is deleted afterwards
        stays. Follow or stop it at `/api/v1/jobs/{id}`.
        """
        return service.empty(uow)

    @blp.endpoint(
        "POST",
        "/restore",
        permission="archiving.restore",
        target=WORKSPACE,
        body=BulkRestoreIn,
        returns=BulkRestoreOut,
    )
    def restore_many(uow: UnitOfWork, body: Any) -> Row:
        """Bring several things back, what others lie in first."""
        return service.restore_many(uow, body)


def _add_items(blp: Blueprint, service: TrashService) -> None:
    @blp.endpoint(
        "POST",
        "/<id:trash_item_id>/restore",
        permission="archiving.restore",
        target=ITEM,
        returns=RestoredOut,
    )
    def restore_trash_item(uow: UnitOfWork, trash_item_id: str) -> Row:
        """Bring something back to where it was.

        If what it was in is in the trash, too, the answer is 409, and `details.parent` names what must come
        back first.
        """
        return service.restore(uow, trash_item_id)

    @blp.endpoint("DELETE", "/<id:trash_item_id>", permission="archiving.restore", target=ITEM, status=204)
    def purge_trash_item(uow: UnitOfWork, trash_item_id: str) -> None:
        """Delete something for good, with all that is in it.

        Only those who manage its project or the workspace may do it; otherwise it goes by itself in time.
        """
        service.purge(uow, trash_item_id)
