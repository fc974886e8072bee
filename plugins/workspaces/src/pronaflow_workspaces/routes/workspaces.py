"""Workspaces over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import (
    NOWHERE,
    Answer,
    Blueprint,
    Page,
    PageQuery,
    Reader,
    Row,
    UnitOfWork,
    in_path,
)

from ..roles import FRESH
from ..schemas.workspaces import (
    LastAccessedOut,
    WorkspaceDeleteQuery,
    WorkspaceIn,
    WorkspaceOut,
    WorkspacePatch,
    WorkspaceRow,
)
from ..service.workspaces import Workspaces

ONE = in_path("workspace")


def build(service: Workspaces) -> Blueprint:
    """Workspaces themselves."""
    blp = Blueprint(
        "workspaces", url_prefix="/api/v1/workspaces", tag="Workspaces", summary="Places where teams work"
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    _add_visits(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: Workspaces) -> None:
    @blp.endpoint(
        "GET",
        "",
        permission="workspaces.list",
        target=NOWHERE,
        query=PageQuery,
        returns=WorkspaceRow,
        many=True,
        resource="workspace",
    )
    def list_workspaces(reader: Reader, query: dict[str, Any]) -> Page:
        """List your workspaces."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "",
        permission="workspaces.create",
        target=NOWHERE,
        body=WorkspaceIn,
        returns=WorkspaceOut,
        status=201,
        resource="workspace",
    )
    def create_workspace(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Create a workspace.

        You are its owner and first member.
        """
        return service.create(uow, body)


def _add_record(blp: Blueprint, service: Workspaces) -> None:
    @blp.endpoint(
        "GET",
        "/<id:workspace_id>",
        permission="workspaces.read",
        target=ONE,
        returns=WorkspaceOut,
        resource="workspace",
    )
    def get_workspace(reader: Reader, workspace_id: str) -> Row:
        """Get a workspace."""
        return service.get(reader)

    @blp.endpoint(
        "PUT",
        "/<id:workspace_id>",
        permission="workspaces.update",
        target=ONE,
        body=WorkspacePatch,
        returns=WorkspaceOut,
        resource="workspace",
    )
    @blp.endpoint(
        "PATCH",
        "/<id:workspace_id>",
        permission="workspaces.update",
        target=ONE,
        body=WorkspacePatch,
        returns=WorkspaceOut,
        resource="workspace",
    )
    def update_workspace(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Row:
        """Change a workspace.

        What is left out stays as it is, with PUT too.
        """
        return service.update(uow, body)

    @blp.endpoint(
        "DELETE",
        "/<id:workspace_id>",
        permission="workspaces.delete",
        target=ONE,
        query=WorkspaceDeleteQuery,
        fresh=FRESH,
    )
    def delete_workspace(uow: UnitOfWork, workspace_id: str, query: dict[str, Any]) -> Answer:
        """Move a workspace to the trash.

        It and everything in it answers 404 from then on; an owner can restore it within 30 days.
        """
        service.trash(uow, query["confirm_name"])
        return Answer(message="The workspace was moved to the trash and can be restored within 30 days")

    @blp.endpoint(
        "POST",
        "/<id:workspace_id>/restore",
        permission="workspaces.restore",
        target=NOWHERE,
        returns=WorkspaceOut,
        resource="workspace",
    )
    def restore_workspace(uow: UnitOfWork, workspace_id: str) -> Row:
        """Bring a workspace back from the trash.

        For its owners and for system admins, within 30 days.
        """
        return service.restore(uow, workspace_id)


def _add_visits(blp: Blueprint, service: Workspaces) -> None:
    @blp.endpoint("POST", "/<id:workspace_id>/access", permission="workspaces.visit", target=ONE, status=204)
    def record_access(uow: UnitOfWork, workspace_id: str) -> None:
        """Remember that you work in this workspace now."""
        service.visit(uow)

    @blp.endpoint(
        "GET",
        "/me/last-accessed",
        permission="workspaces.list",
        target=NOWHERE,
        returns=LastAccessedOut,
    )
    def get_last_accessed(reader: Reader) -> Row:
        """Get the workspace where you worked last."""
        return service.last_visited(reader)
