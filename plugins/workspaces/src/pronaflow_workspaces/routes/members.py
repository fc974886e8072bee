"""Members over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from ..roles import FRESH
from ..schemas.members import (
    WorkspaceMemberIn,
    WorkspaceMemberOut,
    WorkspaceMemberQuery,
    WorkspaceRemoveQuery,
    WorkspaceRoleIn,
    WorkspaceTransferIn,
)
from ..service.members import Members

ONE = in_path("workspace")


def build(service: Members) -> Blueprint:
    """Members of a workspace."""
    blp = Blueprint(
        "workspaces",
        url_prefix="/api/v1/workspaces/<id:workspace_id>",
        tag="Members",
        summary="Who is in a workspace",
        name="workspace_members",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: Members) -> None:
    @blp.endpoint(
        "GET",
        "/members",
        permission="workspaces.read",
        target=ONE,
        query=WorkspaceMemberQuery,
        returns=WorkspaceMemberOut,
        many=True,
    )
    def list_members(reader: Reader, workspace_id: str, query: dict[str, Any]) -> Page:
        """List the members of a workspace."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "/members",
        permission="workspaces.add_member",
        target=ONE,
        body=WorkspaceMemberIn,
        returns=WorkspaceMemberOut,
        status=201,
    )
    def add_member(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Row:
        """Add somebody who has an account."""
        return service.add(uow, body["user_id"], body["role"])


def _add_record(blp: Blueprint, service: Members) -> None:
    @blp.endpoint(
        "PUT",
        "/members/<id:user_id>",
        permission="workspaces.change_role",
        target=ONE,
        body=WorkspaceRoleIn,
        returns=WorkspaceMemberOut,
    )
    @blp.endpoint(
        "PATCH",
        "/members/<id:user_id>",
        permission="workspaces.change_role",
        target=ONE,
        body=WorkspaceRoleIn,
        returns=WorkspaceMemberOut,
    )
    def change_role(uow: UnitOfWork, workspace_id: str, user_id: str, body: dict[str, Any]) -> Row:
        """Change the role of a member.

        Nobody grants a role above the own one, or changes somebody who has one. The last owner stays owner.
        Making an owner asks for a sign-in or `POST /api/v1/auth/step-up` within the last 600 seconds.
        """
        return service.change_role(uow, user_id, body["role"])

    @blp.endpoint(
        "DELETE",
        "/members/<id:user_id>",
        permission="workspaces.leave",
        target=ONE,
        query=WorkspaceRemoveQuery,
    )
    def remove_member(uow: UnitOfWork, workspace_id: str, user_id: str, query: dict[str, Any]) -> Answer:
        """Remove a member, or leave with your own id.

        Access ends at once. Pending invitations to and by the member end too. The last owner stays.
        """
        service.remove(uow, user_id, query["reassign_to"])
        return Answer(message="The member was removed from the workspace")

    @blp.endpoint(
        "POST",
        "/ownership/transfer",
        permission="workspaces.transfer",
        target=ONE,
        body=WorkspaceTransferIn,
        returns=WorkspaceMemberOut,
        fresh=FRESH,
    )
    def transfer_ownership(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Row:
        """Hand a workspace over to another member.

        You become an admin.
        """
        return service.transfer(uow, body["new_owner_id"])
