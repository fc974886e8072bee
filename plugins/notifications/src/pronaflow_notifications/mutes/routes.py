"""Mutes over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Page, Reader, Row, UnitOfWork

from .schemas import MuteIn, MuteOut, MuteQuery
from .service import MuteService


def build(service: MuteService) -> Blueprint:
    """The caller's mutes."""
    blp = Blueprint(
        "notifications",
        url_prefix="/api/v1/notifications/mutes",
        tag="Notifications",
        name="notification_mutes",
    )

    @blp.endpoint("GET", "", permission="notifications.read", query=MuteQuery, returns=MuteOut, many=True)
    def list_mutes(reader: Reader, query: dict[str, Any]) -> Page:
        """List what you do not want to hear."""
        return service.page(reader, query)

    @blp.endpoint(
        "PUT", "", permission="notifications.update", target=WORKSPACE, body=MuteIn, returns=MuteOut
    )
    def put_mute(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Do not hear of something any more.

        Name a `type`, a project, or both; with a `channel` the others go on. What is critical is told
        whatever is muted. To mute something twice changes nothing.
        """
        return service.put(uow, body)

    @blp.endpoint("DELETE", "/<id:mute_id>", permission="notifications.update", status=204)
    def delete_mute(uow: UnitOfWork, mute_id: str) -> None:
        """Hear of something again."""
        service.remove(uow, mute_id)

    return blp
