"""The settings of a project over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Reader, Row, UnitOfWork, in_path

from .schemas import ProjectSettingsOut, SettingsIn
from .service import SettingsService

URL = "/<id:project_id>/settings"
PROJECT = in_path("project")
ONE: dict[str, Any] = {"target": PROJECT, "returns": ProjectSettingsOut, "resource": "project"}


def build(service: SettingsService) -> Blueprint:
    """Settings of a project."""
    blp = Blueprint("projects", url_prefix="/api/v1/projects", tag="Projects", name="project_settings")

    @blp.endpoint("GET", URL, permission="projects.read", **ONE)
    def get_project_settings(reader: Reader, project_id: str) -> Row:
        """Get the settings of a project."""
        return service.show(reader, project_id)

    @blp.endpoint("PUT", URL, permission="projects.update", body=SettingsIn, **ONE)
    def replace_project_settings(uow: UnitOfWork, project_id: str, body: Any) -> Row:
        """Set all settings of a project; what is left out has its default again."""
        return service.replace(uow, project_id, body)

    @blp.endpoint("PATCH", URL, permission="projects.update", body=SettingsIn, **ONE)
    def change_project_settings(uow: UnitOfWork, project_id: str, body: Any) -> Row:
        """Change settings of a project; `null` brings a default back."""
        return service.merge(uow, project_id, body)

    return blp
