"""The activity of a project over HTTP (modules.md 3.1, 3.2)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, LedgerEntryOut, LedgerQuery, Page, PageQuery, Reader, in_path

from .schemas import StatusMoveOut
from .service import ActivityService

READ: dict[str, Any] = {"permission": "projects.read", "target": in_path("project"), "many": True}


def build(service: ActivityService) -> Blueprint:
    """What happened in a project."""
    blp = Blueprint("projects", url_prefix="/api/v1/projects", tag="Projects", name="project_activity")

    @blp.endpoint("GET", "/<id:project_id>/activity", query=LedgerQuery, returns=LedgerEntryOut, **READ)
    def list_project_activity(reader: Reader, project_id: str, query: Any) -> Page:
        """List what happened in a project, newest first; what was imported stands at its own time."""
        return service.page(reader, project_id, query)

    @blp.endpoint("GET", "/<id:project_id>/status-history", query=PageQuery, returns=StatusMoveOut, **READ)
    def list_project_status_history(reader: Reader, project_id: str, query: Any) -> Page:
        """List how a project moved in its life cycle, newest move first."""
        return service.moves(reader, project_id, query)

    return blp
