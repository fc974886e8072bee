"""Saved views over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from .schemas import ViewIn, ViewOut, ViewPatch, ViewQuery
from .service import Views

VIEW = in_path("saved_view", "view_id")
ONE: dict[str, Any] = {"returns": ViewOut, "resource": "saved_view"}
READ, WRITE = "personalization.read_views", "personalization.change_views"


def build(service: Views) -> Blueprint:
    """Saved views."""
    blp = Blueprint(
        "personalization",
        url_prefix="/api/v1/preferences/views",
        tag="Saved views",
        summary="Filters, order and columns of a list, under a name",
        name="saved_views",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: Views) -> None:
    @blp.endpoint("GET", "", permission=READ, target=WORKSPACE, query=ViewQuery, many=True, **ONE)
    def list_saved_views(reader: Reader, query: dict[str, Any]) -> Page:
        """List your views in a workspace, and those that others share.

        A view of a project that you do not see is not there, whoever shares it.
        """
        return service.page(reader, query)

    @blp.endpoint("POST", "", permission=WRITE, target=WORKSPACE, body=ViewIn, status=201, **ONE)
    def create_saved_view(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Save a view.

        The first of your views by `position` comes first; of each list one may be your default.
        """
        return service.create(uow, body)


def _add_record(blp: Blueprint, service: Views) -> None:
    @blp.endpoint("GET", "/<id:view_id>", permission=READ, target=VIEW, **ONE)
    def get_saved_view(reader: Reader, view_id: str) -> Row:
        """Get a view."""
        return service.get(reader, view_id)

    @blp.endpoint("PATCH", "/<id:view_id>", permission=WRITE, target=VIEW, body=ViewPatch, **ONE)
    def update_saved_view(uow: UnitOfWork, view_id: str, body: dict[str, Any]) -> Row:
        """Change a view: your own, or as an administrator of the workspace one that is shared."""
        return service.update(uow, view_id, body)

    @blp.endpoint("DELETE", "/<id:view_id>", permission=WRITE, target=VIEW, status=204)
    def delete_saved_view(uow: UnitOfWork, view_id: str) -> None:
        """Delete a view: your own, or as an administrator of the workspace one that is shared."""
        service.delete(uow, view_id)
