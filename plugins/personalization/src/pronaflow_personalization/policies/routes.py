"""What a workspace chooses for its members, over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Reader, Row, UnitOfWork, in_path

from .schemas import PolicyIn, PolicyOut
from .service import Policies

HERE: dict[str, Any] = {"target": in_path("workspace"), "returns": PolicyOut}
WRITE: dict[str, Any] = {**HERE, "permission": "personalization.change_policies"}


def build(service: Policies) -> Blueprint:
    """Preferences of workspaces."""
    blp = Blueprint(
        "personalization",
        url_prefix="/api/v1/preferences/workspaces/<id:workspace_id>",
        tag="Preferences",
        summary="What workspaces choose for their members",
        name="preference_policies",
    )

    @blp.endpoint("GET", "", permission="personalization.read_policies", **HERE)
    def get_workspace_preferences(reader: Reader, workspace_id: str) -> Row:
        """Get what a workspace has chosen for its members.

        It holds where a member has chosen nothing. What is mandatory holds whatever a member has chosen.
        """
        return service.show(reader)

    @blp.endpoint("PATCH", "", body=PolicyIn, **WRITE)
    def update_workspace_preferences(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Row:
        """Choose for the members of a workspace; what is left out stays."""
        return service.change(uow, body)

    @blp.endpoint("PUT", "", body=PolicyIn, **WRITE)
    def put_workspace_preferences(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Row:
        """Choose for the members of a workspace; what is left out goes."""
        return service.change(uow, body, replace=True)

    return blp
