"""The settings of a workspace over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Reader, Row, UnitOfWork, in_path

from ..schemas.settings import SettingsIn, WorkspaceSettingsOut
from ..service.settings import SettingsService, shown

ONE = in_path("workspace")


def build(service: SettingsService) -> Blueprint:
    """Settings of a workspace."""
    blp = Blueprint(
        "workspaces",
        url_prefix="/api/v1/workspaces/<id:workspace_id>",
        tag="Workspaces",
        name="workspace_settings",
    )

    @blp.endpoint("GET", "/settings", permission="workspaces.read", target=ONE, returns=WorkspaceSettingsOut)
    def get_settings(reader: Reader, workspace_id: str) -> Row:
        """Get the settings of a workspace."""
        return {"id": workspace_id, "settings": shown(service.settings(reader))}

    @blp.endpoint(
        "PUT",
        "/settings",
        permission="workspaces.update",
        target=ONE,
        body=SettingsIn,
        returns=WorkspaceSettingsOut,
    )
    @blp.endpoint(
        "PATCH",
        "/settings",
        permission="workspaces.update",
        target=ONE,
        body=SettingsIn,
        returns=WorkspaceSettingsOut,
    )
    def update_settings(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Answer:
        """Change settings of a workspace.

        What is left out stays as it is, with PUT too; `null` brings a default back.
        """
        settings = service.change(uow, body)
        return Answer({"id": workspace_id, "settings": shown(settings)}, "The settings were saved")

    return blp
